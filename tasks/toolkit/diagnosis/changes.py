"""The changes that may have caused the trouble of a release, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from ..clients.git.landings import Landing
from ..incident.project import Project
from ..workflows.callers import related_files
from .bumps import ReleaseBumps, chart_prefix
from .failure import Failure
from .trouble import Trouble

DOCUMENTATION = (".md", "/LICENSE")
REVERT_TITLE = re.compile(r"(\w+(\([^)]*\))?!?: )?revert\b", re.I)


class Position(IntEnum):
    """When a change landed; a release cannot have what landed after it."""

    WITHIN = 0  # since the last sound release, and in the first bad one
    AFTER = 1  # in the release, but not in the first bad one
    LATER = 2  # after the release


@dataclass(frozen=True)
class Change:
    """What landed, when, and its files by kind: `workflow`, `versions`, `chart` and `log`.

    The files decide: those of the first kind in `order`, the likeliest. `is_named` tells whether
    the log of the failed steps names one of its files.
    """

    landing: Landing
    position: Position
    files: Mapping[str, tuple[str, ...]]
    order: tuple[tuple[str, ...], ...]
    is_named: bool = False

    @cached_property
    def rank(self) -> int:
        """The place in `order` of the first kind that it changed."""
        for place, kinds in enumerate(self.order):
            if any(self.files.get(kind) for kind in kinds):
                return place
        return len(self.order)

    @property
    def decisive_files(self) -> list[str]:
        """The files of the likeliest kind."""
        kinds = self.order[self.rank] if self.rank < len(self.order) else ()
        return [file for kind in kinds for file in self.files.get(kind, ())]

    @property
    def chart_files(self) -> list[str]:
        """The files of the chart that it changed."""
        return [*self.files.get("chart", ()), *self.files.get("versions", ())]


def likeliest(fired: Collection[str], failure: Failure | None) -> tuple[tuple[str, ...], ...]:
    """Return the kinds of changes that may have caused what fired, the likeliest first.

    Where a step failed that works on the chart, the chart is as likely as the workflow.
    """
    if "publish" in fired and failure and failure.is_about_chart:
        return ("workflow", "chart", "versions"), ("log",)
    if "publish" in fired:
        return ("workflow",), ("chart", "versions"), ("log",)
    if "versions" in fired:
        return ("workflow", "versions"), ("chart",)
    return ("chart", "versions"), ("workflow",)


class Changes:
    """The changes since the last sound release before the trouble, up to the commit `tip`.

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
        """What landed since the last sound release, newest first."""
        paths = [*self.workflows, self._project.chart_dir, *sorted(self._named)]
        release = self._trouble.release.commit
        bad = self._trouble.first_bad
        last = bad.commit if bad and self._trouble.sound else release
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

    def candidates(self, order: tuple[tuple[str, ...], ...]) -> list[Change]:
        """Return the changes that may be at fault, the likeliest first.

        No releases, and no reverts of what landed since then.
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
        commits = {landing.commit for landing, _ in self.landed}
        brought = {
            parent: landing.commit for landing, _ in self.landed for parent in landing.parents[1:]
        }
        found = set()
        for landing, _ in self.landed:
            reverted = landing.reverts
            for parent in landing.parents[1:]:
                reverted += self._reverted_by(parent)
            known = [commit for commit in reverted if commit in commits or commit in brought]
            if is_revert(landing) and (known or not reverted):
                found.add(landing.commit)
        return found

    def _reverted_by(self, revert: str) -> list[str]:
        return [commit for commit, claims in self.reverts.items() if revert in claims]

    def _by_kind(self, landing: Landing, bumps: ReleaseBumps) -> dict[str, tuple[str, ...]]:
        prefix = chart_prefix(self._project)
        workflow, chart, log = [], [], []
        for file in landing.files:
            if file in self.workflows:
                workflow.append(file)
            elif file.startswith(prefix) and not file.endswith(DOCUMENTATION):
                chart.append(file)
            elif file in self._named:
                log.append(file)
        versions = []
        if bumps.changes_versions(landing):
            versions = [bumps.chart_file]
            chart.remove(bumps.chart_file)
        kinds = {"workflow": workflow, "versions": versions, "chart": chart, "log": log}
        return {kind: tuple(files) for kind, files in kinds.items() if files}


def is_revert(landing: Landing) -> bool:
    """Return whether what landed says that it reverts something."""
    return bool(landing.reverts) or bool(REVERT_TITLE.match(landing.subject))
