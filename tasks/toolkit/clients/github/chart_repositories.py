"""Which workflows publish charts to a chart repository, such as one on GitHub Pages.

https://helm.sh/docs/topics/chart_repository
"""

from __future__ import annotations

import re

from .publishers import Workflows, actions_used_by

ACTION = re.compile(r"/chart-releaser-action|(helm|chart)[\w-]*gh-pages|gh-pages[\w-]*(helm|chart)")
COMMAND = re.compile(r"\bhelm\s+repo\s+index\b|\bcr\s+(upload|index)\b")


def find_chart_repository_publishers(workflows: Workflows) -> list[str]:
    """Return the files of the workflows that do so, sorted by name."""
    files = []
    for path, workflow in workflows.items():
        actions = "\n".join(actions_used_by(workflow))
        scripts = "\n".join(workflow.scripts())
        if ACTION.search(actions) or COMMAND.search(scripts):
            files.append(path.rpartition("/")[2])
    return sorted(files)
