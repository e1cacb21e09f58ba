"""Identify suspects: which pull request a change was, and what became of its revert."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from ..clients.github.pulls import PullRequest
from ..clients.github.releases import Release
from ..console.waiting import meanwhile, run_parallel
from ..core.errors import BadInput, RecipeError
from ..incident.project import Project
from .bumps import chart_prefix
from .change import ONLY_VERSIONS, Change, Order
from .changes import Changes
from .options import RecoverOptions
from .releases import PlacedChart
from .suspects import Suspect, describe_files
from .undone import Undoings, newest_pulls
from .version_sync import tip_is_in_sync

LOOKED_UP = 15  # commits whose pull request is asked for
REVERTS = 6  # suspects whose revert is asked for


@dataclass(frozen=True)
class Identification:
    """The suspects of a release among its changes, those of the first kind in `order` first."""

    project: Project
    release: Release
    changes: Changes
    undoings: Undoings
    order: Order

    def suspects(self, options: RecoverOptions) -> list[Suspect]:
        """Return the suspects, each with its options of `recover`.

        Commits of one pull request are one suspect. Of the first ones their reverts are asked for.
        """
        changes = self._changes()[:LOOKED_UP]
        pulls = self._pulls_of(changes)
        prefix = chart_prefix(self.project)
        found: dict[str, Suspect] = {}
        for change in changes:
            suspect = Suspect(
                change,
                describe_files(change, self.changes.workflows, prefix),
                pulls.get(change.landing.commit),
                options=options.for_change(change),
            )
            found.setdefault(suspect.short_name, suspect)
        return self._with_reverts(list(found.values()))

    def _changes(self) -> list[Change]:
        """Return the changes that the release has, or that landed after it."""
        candidates = self.changes.candidates(self.order)
        self.undoings.read(candidates)
        left = []
        for change in candidates:
            if not self.undoings.was_undone_before_release(change):
                left.append(change)
        if self.order != ONLY_VERSIONS:
            return left
        breaking = [change for change in left if self._breaks_sync(change)]
        return breaking or left

    def _breaks_sync(self, change: Change) -> bool:
        """Return whether the versions agreed with the release before a change, but not after it."""
        before, after = change.landing.parents[0], change.landing.commit
        return self._is_in_sync(before) and not self._is_in_sync(after)

    def _is_in_sync(self, commit: str) -> bool:
        release = self.release
        try:
            placed = PlacedChart("", commit, self.project.chart_at(commit))
        except BadInput:  # it is no chart there
            return False
        return tip_is_in_sync(self.project.releases.rule_of(release.tag), release, placed)

    def _pulls_of(self, changes: Sequence[Change]) -> dict[str, PullRequest]:
        """Return the pull requests of changes; what GitHub does not tell is named by its hash."""
        if not changes:
            return {}
        commits = [change.landing.commit for change in changes]
        branch = self.project.default_branch
        ask = partial(self.project.github.pulls.of_commits, commits, branch)
        with meanwhile(partial(newest_pulls, self.project)), suppress(RecipeError):
            return self.project.ask_once(("pulls of", *commits), ask)
        return {}

    def _with_reverts(self, suspects: Sequence[Suspect]) -> list[Suspect]:
        """Return suspects with what reverts the first of them since the release."""
        asked = suspects[:REVERTS]
        finds = []
        for one in asked:
            finds.append(partial(self.undoings.find, one.change, one.pull))
        found = run_parallel(finds)
        left = []
        for suspect, undoing in zip(asked, found, strict=True):
            if not self.undoings.is_before_release(suspect.change, undoing):
                left.append(replace(suspect, undoing=undoing))
        return [*left, *suspects[REVERTS:]]
