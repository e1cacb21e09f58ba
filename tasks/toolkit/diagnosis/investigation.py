"""Find the suspects of a bad release: in git first, then on GitHub the few that remain."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from ..clients.github.releases import Release
from ..console.waiting import in_background
from ..core.errors import AccessDenied, RecipeError
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..workflows.deployments import Deployments
from .bumps import chart_prefix
from .change import ONLY_VERSIONS, Position, likeliest
from .changes import Changes
from .failure import Failure, find_failure
from .failure_log import last_line, mentioned_files, read_log
from .identification import Identification
from .installability import check_installation
from .options import RecoverOptions
from .partial_revert import prefer_revertible_part
from .recovered import Recovering, UsersChart
from .releases import charts_of_release, newest_published
from .suspects import Suspect, choose
from .suspicion import Suspicion
from .trouble import Trouble, find_trouble
from .undone import Undoings


@dataclass(frozen=True)
class Investigation:
    """The search for what caused a release's trouble, for which the triggers `fired`.

    With `is_settled`, users get what a recovery published: what it reverted is not at fault.
    """

    project: Project
    log: IncidentLog
    releases: Sequence[Release]
    release: Release
    fired: tuple[str, ...]
    is_settled: bool = False

    def find(self) -> Suspicion:
        """Return who is suspected, or the recovery that users have. Raises RecipeError."""
        self.project.git.ensure_complete()
        tagged, tip = charts_of_release(self.project, self.release)
        failing = in_background(self._read_failure)
        trouble = self._find_trouble()
        failure, section = failing.result()
        is_tip_only = trouble.first_bad is None
        order = ONLY_VERSIONS if is_tip_only else likeliest(self.fired, failure)
        changes = Changes(self.project, trouble, tip.commit, self._named(trouble, section))
        options = RecoverOptions(
            self.project,
            self.log,
            self.release,
            self._users,
            tagged,
            tip,
            self.fired,
            is_healthy=is_tip_only,
        )
        undoings = Undoings(self.project, changes, self.release.commit, tip.commit)
        found = Identification(self.project, self.release, changes, undoings, order)
        suspects = found.suspects(options)
        suspicion = Suspicion(
            trouble,
            tuple(suspects),
            published=self._users.version,
            options=options.usual,
            last_line=last_line(section),
            run=failure.run.id if failure else 0,
            gh=self.project.github.typed,
        )
        if self.is_settled and not is_tip_only:  # what was reverted was not all that is wrong
            left = [suspect for suspect in suspects if not suspect.is_reverted]
            return replace(suspicion, suspects=tuple(left))
        clear = choose(suspects, trouble, self._after(suspects, undoings.before_release))
        return self._conclude(suspicion, clear, tip.commit)

    def _conclude(self, suspicion: Suspicion, clear: Suspect | None, tip: str) -> Suspicion:
        """Return the suspicion with the one that is to be reverted, or with the recovery."""
        if not self.is_settled:
            recovering = Recovering(self.project, self.log, self.release, self._users, tip)
            recovery = recovering.find(suspicion.suspects, self.fired)
            suspicion = replace(suspicion, recovery=recovery)
        if clear is None or suspicion.recovery:
            return suspicion
        preferred = prefer_revertible_part(self.project, clear)
        suspects = []
        for one in suspicion.suspects:
            suspects.append(preferred if one == clear else one)
        return replace(suspicion, suspects=tuple(suspects), clear=preferred)

    @cached_property
    def _users(self) -> UsersChart:
        reference = self.project.install_reference(self.log.facts.name)
        try:
            return UsersChart(reference, newest_published(self.project, reference))
        except AccessDenied:  # users get nothing
            return UsersChart(reference, "")

    def _find_trouble(self) -> Trouble:
        if self.is_settled and "versions" in self.fired:  # which only the branch can have now
            return Trouble(self.release, self.release, None, tuple(self.releases))
        return find_trouble(self.project, self.release, self.fired, self.log.facts.name)

    def _read_failure(self) -> tuple[Failure | None, str]:
        """Return why the run of the release failed, if it did, and what the failed step printed."""
        if "publish" not in self.fired:
            return None, ""
        run = Deployments(self.project).of(self.release, self.releases)
        failure = find_failure(self.project, self.release, run)
        return failure, read_log(self.project, failure) if failure else ""

    def _named(self, trouble: Trouble, section: str) -> set[str]:
        """Return the files that the failed step names, or else helm when it cannot install."""
        if "users" in self.fired and not section:
            with suppress(RecipeError):
                section = check_installation(self.project, self.log, self.releases).evidence
        if not section:
            return set()
        release = trouble.first_bad or self.release
        paths = set(self.project.git.files.listed(release.commit))
        _, _, repository = self.project.slug.partition("/")
        name = self.project.releases.name
        return mentioned_files(section, paths, chart_prefix(self.project), name, repository)

    def _after(self, suspects: Sequence[Suspect], ends: Sequence[str]) -> list[Suspect]:
        """Return the suspects of the release that landed after all commits of `ends`, if any."""
        fresh = []
        history = self.project.git.history
        since_ends = []
        for end in ends:
            since_ends.append(history.between(end, self.release.commit))
        for suspect in suspects:
            commit = suspect.change.landing.commit
            is_after = suspect.change.position is Position.AFTER
            if ends and is_after and all(commit in commits for commits in since_ends):
                fresh.append(suspect)
        return fresh
