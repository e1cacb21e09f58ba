"""Whether the run of a test tag publishes the tag's version, or the one in Chart.yaml."""

from __future__ import annotations

import re

from ..clients.github.workflow_calls import WORKFLOWS, called_files
from ..core.errors import Refused
from ..incident.chart_history import CHART_FILE, SETS_VERSION
from ..incident.project import Project
from .callers import workflows_at

PACKAGES = re.compile(r"helm\s+package|helm/chart-releaser-action")


def ensure_test_version(project: Project, tag: str, version: str, commit: str) -> None:
    """Refuse a test tag on `commit` whose run would publish another version than the tag's.

    That is so where the workflow takes the version from Chart.yaml. Raises Refused, BadInput.
    """
    text = _publishing_text(project, commit)
    if not PACKAGES.search(text):
        return
    if SETS_VERSION.search(text):
        return
    found = project.chart_at(commit).version
    if found == version:
        return
    file = f"{project.chart_dir}/{CHART_FILE}"
    takes = f"{project.settings.workflow} takes the version from {file}"
    what = f"{takes}: the run of {tag} would package {found}, and may publish it"
    advice = f"on a branch, write `version: {version}` there, push it, and add --ref BRANCH"
    raise Refused(what, f"{advice}; nothing was changed")


def _publishing_text(project: Project, commit: str) -> str:
    """Return the text of the workflow that publishes the chart, and of those that it calls."""
    paths = {project.workflow_path}
    workflows = workflows_at(project, commit)
    own = workflows.get(project.workflow_path)
    if own:
        called = called_files(own, project.slug)
        paths.update(called)
    texts = project.git.files.in_folder(commit, WORKFLOWS)
    found = []
    for path in sorted(paths & texts.keys()):
        found.append(texts[path])
    return "\n".join(found)
