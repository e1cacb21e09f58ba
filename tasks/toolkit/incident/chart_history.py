"""Read a chart's history in the clone: its Chart.yaml at a commit, and what publishes it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from ..clients.git.repository import Repository
from ..clients.github.workflow_calls import WORKFLOWS
from ..clients.helm.chart import Chart
from ..core.errors import BadInput
from ..core.recipes_files import is_of_sandbox

CHART_FILE = "Chart.yaml"
MOST_SEARCHED = 20  # commits, in which the chart is in another folder
# `helm package --version`, `sed` and `yq` on Chart.yaml, and an action that does the first.
SETS_VERSION = re.compile(
    r"helm\s+package(?:[^\n]|\\\n)*--version"
    r"|\bsed\b[^\n]*\bversion:"
    r"|\byq\b[^\n]*\.version\s*="
    r"|helm-oci-chart-releaser"
)


@dataclass
class ChartHistory:
    """The chart `name` in the commits of a clone, in `folder` or wherever it was."""

    git: Repository
    name: str
    folder: str
    _known: dict[str, Chart | None] = field(default_factory=dict)

    def charts_at(self, commits: Sequence[str]) -> Mapping[str, Chart]:
        """Return the chart at each of the commits that has it; a malformed one is left out."""
        new = [commit for commit in dict.fromkeys(commits) if commit not in self._known]
        path = f"{self.folder}/{CHART_FILE}"
        texts = self.git.files.of_commits(new, path)
        searched = 0
        for commit in new:
            self._known[commit] = None
            if commit in texts:
                self._known[commit] = _parse(texts[commit])
            elif searched < MOST_SEARCHED:
                searched += 1
                self._known[commit] = self._named(commit).get(self.name)
        found = {commit: self._known[commit] for commit in commits}
        return {commit: chart for commit, chart in found.items() if chart}

    def names_at(self, commit: str) -> Collection[str]:
        """Return the names of all charts at a commit."""
        return self._named(commit).keys()

    def sets_version(self, commit: str) -> bool:
        """Return whether a workflow at a commit gives a chart its version."""
        texts = self.git.files.in_folder(commit, WORKFLOWS).values()
        return any(SETS_VERSION.search(text) for text in texts)

    def _named(self, commit: str) -> dict[str, Chart]:
        named = self.git.files.named(commit, CHART_FILE)
        paths = [path for path in named if not is_of_sandbox(path)]
        texts = self.git.files.of_paths(commit, paths).values()
        charts = []
        for text in texts:
            charts.append(_parse(text))
        return {chart.name: chart for chart in charts if chart}


def _parse(text: str) -> Chart | None:
    with suppress(BadInput):
        return Chart.parse(text, CHART_FILE)
    return None
