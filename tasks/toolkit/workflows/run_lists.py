"""GitHub's lists of the runs that publish for users, each asked for once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial

from ..clients.github.actions import LISTED
from ..clients.github.runs import Run
from ..console.waiting import meanwhile
from ..core.errors import RecipeError
from ..core.once import Once
from ..core.versions import is_prerelease
from ..incident.chart_tags import ChartTags
from ..incident.project import Project


class RunLists:
    """The newest runs of workflows, and those of a commit, without those that do not publish."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._asked = Once()
        self._has_more: dict[str, bool] = {}  # by workflow

    @cached_property
    def own_tags(self) -> ChartTags | None:
        """Which tags are the chart's; None if origin cannot be read."""
        try:
            return self._project.releases.own_tags
        except RecipeError:
            return None

    def newest(self, file: str) -> list[Run]:
        """Return the newest runs of a workflow. Raises WorkflowMissing, ServiceError."""
        branch = self._project.default_branch
        ask = partial(self._project.github.actions.newest, file, branch)
        listed = self._ask(("runs", file), ask)
        self._has_more[file] = len(listed) >= LISTED
        return self._publishing(listed)

    def at(self, commit: str, file: str) -> list[Run]:
        """Return the newest runs of a workflow at a commit. Raises as `newest` does.

        GitHub is asked for them only if none is among the newest, and there are more.
        """
        newest = self.newest(file)
        found = [run for run in newest if run.commit == commit]
        if found or not self._has_more[file]:
            return found
        ask = partial(self._project.github.actions.runs, file, at=commit)
        listed = self._ask(("runs", file, commit), ask)
        return self._publishing(listed)

    def _ask(self, key: tuple[str, ...], ask: Callable[[], list[Run]]) -> list[Run]:
        shared = partial(self._project.ask_once, key, ask, changes=True)
        return self._asked.ask(key, shared)

    def _publishing(self, listed: Sequence[Run]) -> list[Run]:
        publishing = []
        for run in listed:
            if self._publishes(run):
                publishing.append(run)
        return publishing

    def _publishes(self, run: Run) -> bool:
        """Return whether a run is on the default branch, or on a tag of the chart's releases."""
        branch = self._project.default_branch
        if run.event.startswith("pull_request"):
            return False
        if run.branch == branch:
            return True
        if self.own_tags is None:
            return run.is_deployment(branch)
        version = self.own_tags.version_of(run.branch)
        return bool(version) and not is_prerelease(version)

    @contextmanager
    def reading_ahead(self, files: Sequence[str]) -> Iterator[None]:
        """Ask for the newest runs of several workflows at once, beside the block."""
        calls = []
        for file in files:
            calls.append(partial(self.newest, file))
        with meanwhile(*calls):
            yield
