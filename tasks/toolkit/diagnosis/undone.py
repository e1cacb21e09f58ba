"""Find whether a change was reverted, by what, and whether that was before the release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..clients.github.pulls import PullRequest
from ..incident.project import Project
from .change import Change, Position
from .changes import Changes


@dataclass(frozen=True)
class Undoing:
    """What became of a change, such as `is reverted by #43`, and what reverts it, in words.

    `commit` is where that is on the default branch; without one it is open. `is_revert` tells
    whether that commit is the revert, and not only one in which nothing of the change is left.
    """

    what: str
    by: str
    commit: str = ""
    is_revert: bool = True

    @classmethod
    def reverted(cls, by: str, commit: str = "") -> Undoing:
        """Return that something reverts a change."""
        return cls(f"is reverted by {by}", by, commit)


class Undoings:
    """What became of changes up to the commit `tip`, and up to that of the release."""

    def __init__(
        self,
        project: Project,
        changes: Changes,
        release: str,
        tip: str,
    ) -> None:
        self._project = project
        self._history = project.git.history
        self._claims = changes.reverts
        self._release = release
        self._tip = tip
        self.before_release: list[str] = []  # the commits that undid something before the release
        self._blobs: Mapping[str, str] = {}

    def read(self, candidates: Iterable[Change]) -> None:
        """Read which files the changes have, before and after them, and now."""
        names = []
        for change in candidates:
            commits = [*self._sides(change), self._release, self._tip]
            for file in change.decisive_files:
                names += [f"{commit}:{file}" for commit in commits]
        self._blobs = self._project.git.files.ids(names)

    def _sides(self, change: Change) -> tuple[str, str]:
        return change.landing.parents[0], change.landing.commit

    def _is_same(self, change: Change, one: str, other: str) -> bool:
        """Return whether the files that decide are the same at two commits."""
        for file in change.decisive_files:
            blob = self._blobs.get(f"{one}:{file}")
            if blob != self._blobs.get(f"{other}:{file}"):
                return False
        return True

    def was_undone_before_release(self, change: Change) -> bool:
        """Return whether the release does not have a change any more: it is not at fault."""
        if change.position is Position.LATER:
            return False
        before, after = self._sides(change)
        if self._is_same(change, before, self._release):
            self.before_release += self._effective(after)
            return True
        return self._note_before_release(change, self._effective(after))

    def _note_before_release(self, change: Change, reverts: Sequence[str]) -> bool:
        """Note those of the reverts of a change that the release has; return whether any does."""
        _, after = self._sides(change)
        if self._is_same(change, after, self._release):
            return False
        found = []
        for revert in reverts:
            if self._history.contains(self._release, revert):
                found.append(revert)
        self.before_release += found
        return bool(found)

    def find(self, change: Change, pull: PullRequest | None) -> Undoing | None:
        """Return what reverted a change since the release, or would if it were merged."""
        before, after = self._sides(change)
        revert = self._claimed_on_github(after, pull)
        is_there = self._is_same(change, after, self._tip)
        if not is_there:
            if revert and revert.merge_commit:
                return Undoing.reverted(f"#{revert.number}", revert.merge_commit)
            undoing = self._undoing_commit(after)
            if undoing:
                return undoing
        if self._is_same(change, before, self._tip):
            branch = self._project.default_branch
            what = f"is undone: nothing of it is left on {branch}"
            return Undoing(what, branch, self._tip, is_revert=False)
        if revert and not revert.merge_commit:
            return Undoing.reverted(f"#{revert.number}")
        return None

    def _undoing_commit(self, commit: str) -> Undoing | None:
        """Return the revert of a commit that no pull request says it is, if there is one."""
        history = self._history
        for revert in self._effective(commit):
            if history.contains(self._tip, revert):
                landing = history.landing_commit(self._tip, revert, commit)
                return Undoing.reverted(f'"{history.summary(revert)}"', landing)
        return None

    def _claimed_on_github(self, commit: str, pull: PullRequest | None) -> PullRequest | None:
        pulls = self._project.github.pulls
        newest = newest_pulls(self._project)
        if pull:
            return pulls.revert_of(pull, newest)
        for claim in pulls.reverts_of_commit(commit, newest):
            if claim.state == "MERGED" or not claim.from_fork:
                return claim
        return None

    def _effective(self, commit: str) -> list[str]:
        """Return the commits that say they revert one, and that none says it reverted."""
        claims = self._claims.get(commit, [])
        return [claim for claim in claims if not self._effective(claim)]

    def is_before_release(self, change: Change, undoing: Undoing | None) -> bool:
        """Return whether the release has the revert that GitHub knows."""
        if undoing is None or not undoing.commit or change.position is Position.LATER:
            return False
        return self._note_before_release(change, [undoing.commit])


def newest_pulls(project: Project) -> list[PullRequest]:
    """Return the newest pull requests, among which reverts are looked for. Raises ServiceError."""
    return project.ask_once("pulls", project.github.pulls.newest)
