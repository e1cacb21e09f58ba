"""Find the changes that may have caused the trouble of a release, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property

from ..clients.git.landings import Landing
from ..incident.project import Project
from ..workflows.callers import related_files
from .bumps import ReleaseBumps, chart_prefix
from .change import Change, Order, Position
from .trouble import Trouble

DOCUMENTATION = (".md", "/LICENSE")
REVERT_TITLE = re.compile(r"(\w+(\([^)]*\))?!?: )?revert\b", re.I)


class Changes:
    """The changes since the last good release before the trouble, up to the commit `tip`.

    `named` are the files that the log of the failed steps names.
    """

    def __init__(
        self,
        project: Project,
        trouble: Trouble,
        tip: str,
        named: Collection[str] = (),
    ) -> None:
        self._project = project
        self._trouble = trouble
        self._tip = tip
        self._named = set(named)
        self._history = project.git.history
        self._since = trouble.since
        self._chart_prefix = chart_prefix(project)

    @cached_property
    def workflows(self) -> dict[str, str]:
        """The files of the workflow and of what belongs to it, with words for each."""
        release = self._trouble.release.commit
        bad = self._trouble.first_bad
        commits = [release, bad.commit if bad else self._tip, self._since]
        related: dict[str, str] = {}
        for commit in filter(None, commits):
            related = related_files(self._project, commit) | related
        return related

    @cached_property
    def landed(self) -> list[tuple[Landing, Position]]:
        """What landed since the last good release, newest first."""
        paths = [*self.workflows, self._project.chart_dir, *sorted(self._named)]
        release = self._trouble.release.commit
        bad = self._trouble.first_bad
        last = bad.commit if bad and self._trouble.last_good else release
        first = self._history.between(self._since, last)
        found = [
            (landing, Position.LATER)
            for landing in self._history.landings(release, self._tip, paths)
        ]
        for landing in self._history.landings(self._since, release, paths):
            position = Position.WITHIN if landing.commit in first else Position.AFTER
            found.append((landing, position))
        return [(landing, position) for landing, position in found if landing.parents]

    @cached_property
    def reverts(self) -> dict[str, list[str]]:
        """Which commits since then say that they revert one, by the reverted commit."""
        return self._history.claimed_reverts(self._since, self._tip)

    def candidates(self, order: Order) -> list[Change]:
        """Return the changes that may be at fault, the likeliest first.

        It leaves out releases, and reverts of what landed since then.
        """
        landed = [landing for landing, _ in self.landed]
        bumps = ReleaseBumps(self._project, landed, self._trouble.releases)
        undoing = self._undoing()
        changes = []
        for landing, position in self.landed:
            if landing.commit in undoing or bumps.is_release(landing, self.workflows):
                continue
            files = self._by_kind(landing, bumps)
            is_named = bool(self._named.intersection(landing.files))
            change = Change(landing, position, files, order, is_named)
            if change.rank < len(order):
                changes.append(change)
        changes.sort(key=lambda change: (change.position, change.rank, not change.is_named))
        return changes

    def _undoing(self) -> set[str]:
        """Return those that revert what landed since then, and nothing from before."""
        landed = [landing for landing, _ in self.landed]
        commits = set()
        for landing in landed:  # a merge's other parents were brought by it
            commits |= {landing.commit, *landing.parents[1:]}
        found = set()
        for landing in landed:
            reverted = self._reverted_by(landing)
            is_of_these = not reverted or not commits.isdisjoint(reverted)
            if is_revert(landing) and is_of_these:
                found.add(landing.commit)
        return found

    def _reverted_by(self, landing: Landing) -> list[str]:
        """Return the commits that what landed, or what it merged, says it reverts."""
        reverted = landing.reverts
        merged = landing.parents[1:]
        for commit, claims in self.reverts.items():
            if not set(claims).isdisjoint(merged):
                reverted.append(commit)
        return reverted

    def _by_kind(self, landing: Landing, bumps: ReleaseBumps) -> dict[str, tuple[str, ...]]:
        """Return the files of what landed that may matter, by kind."""
        kinds: dict[str, list[str]] = {}
        for file in landing.files:
            kind = self._kind_of(file)
            if file == bumps.chart_file and bumps.changes_versions(landing):
                kind = "versions"
            if kind:
                kinds.setdefault(kind, []).append(file)
        return {kind: tuple(files) for kind, files in kinds.items()}

    def _kind_of(self, file: str) -> str:
        if file in self.workflows:
            return "workflow"
        is_in_chart = file.startswith(self._chart_prefix) and not file.startswith(".github/")
        if is_in_chart and not file.endswith(DOCUMENTATION):
            return "chart"
        return "log" if file in self._named else ""


def is_revert(landing: Landing) -> bool:
    """Return whether what landed says that it reverts something."""
    return bool(landing.reverts) or bool(REVERT_TITLE.match(landing.subject))
