"""Find the suspects of a bad release: in git first, then on GitHub the few that remain."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial

from ..clients.github.pulls import PullRequest
from ..clients.github.releases import Release
from ..console.waiting import in_background, run_parallel
from ..core.errors import AccessDenied, BadInput, RecipeError
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..workflows.deployments import Deployments
from .bumps import chart_prefix
from .changes import Change, Changes, Position, likeliest
from .failure import Failure, find_failure, last_line, mentioned_files, read_log
from .options import RecoverOptions
from .partial_revert import prefer_revertible_part
from .recovered import UsersChart, find_recorded_recovery, find_recovery
from .releases import PlacedChart, charts_of_release, newest_published
from .suspects import Suspect, choose, describe_files
from .suspicion import Recovery, Suspicion
from .trouble import Trouble, find_trouble
from .undone import Undoings
from .version_sync import compare_tip, differences

LOOKED_UP = 15  # commits whose pull request is asked for
REVERTS = 6  # suspects whose revert is asked for
ONLY_VERSIONS = (("versions",),)


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
            is_sound=is_tip_only,
        )
        undoings = Undoings(self.project, changes, self.release.commit, tip.commit)
        suspects = self._identify(changes, order, undoings, options)
        suspicion = Suspicion(
            trouble,
            tuple(suspects),
            published=self._users.version,
            options=options.usual,
            last_line=last_line(section),
            run=failure.run.id if failure else 0,
            slug=self.project.slug,
        )
        if self.is_settled and not is_tip_only:  # what was reverted was not all that is wrong
            left = [suspect for suspect in suspects if not suspect.is_reverted]
            return replace(suspicion, suspects=tuple(left))
        clear = choose(suspects, trouble, self._after(suspects, undoings.before_release))
        return self._conclude(suspicion, clear, tip.commit)

    def _conclude(self, suspicion: Suspicion, clear: Suspect | None, tip: str) -> Suspicion:
        """Return the suspicion with the one that is to be reverted, or with the recovery."""
        if not self.is_settled:
            recovery = self._find_recovery(suspicion.suspects, tip)
            suspicion = replace(suspicion, recovery=recovery)
        if clear is None or suspicion.recovery:
            return suspicion
        preferred = prefer_revertible_part(self.project, clear)
        suspects = [preferred if one == clear else one for one in suspicion.suspects]
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
        """Return the files that the failed step names."""
        if not section:
            return set()
        release = trouble.first_bad or self.release
        paths = set(self.project.git.files.listed(release.commit))
        _, _, repository = self.project.slug.partition("/")
        name = self.project.releases.name
        return mentioned_files(section, paths, chart_prefix(self.project), name, repository)

    def _identify(
        self,
        changes: Changes,
        order: tuple[tuple[str, ...], ...],
        undoings: Undoings,
        options: RecoverOptions,
    ) -> list[Suspect]:
        """Return the suspects, those of one pull request together, and what reverts the first."""
        candidates = changes.candidates(order)
        undoings.read(candidates)
        left = [change for change in candidates if not undoings.was_undone_before_release(change)]
        if order == ONLY_VERSIONS:
            left = [change for change in left if self._breaks_sync(change)] or left
        pulls = self._pulls_of(left[:LOOKED_UP])
        suspects: dict[str, Suspect] = {}
        for change in left[:LOOKED_UP]:
            pull = pulls.get(change.landing.commit)
            what = describe_files(change, changes.workflows, chart_prefix(self.project))
            suspect = Suspect(change, what, pull, options=options.for_change(change))
            suspects.setdefault(suspect.short_name, suspect)
        listed = list(suspects.values())
        finds = [partial(undoings.find, one.change, one.pull) for one in listed[:REVERTS]]
        found = run_parallel(finds)
        first = [replace(one, undoing=undoing) for one, undoing in zip(listed, found, strict=False)]
        first = [one for one in first if not undoings.is_before_release(one.change, one.undoing)]
        return first + listed[REVERTS:]

    def _breaks_sync(self, change: Change) -> bool:
        """Return whether the versions agreed with the release before a change, but not after it."""
        rule = self.project.releases.rule_of(self.release.tag)
        found = []
        for commit in (change.landing.parents[0], change.landing.commit):
            try:
                placed = PlacedChart("", commit, self.project.chart_at(commit))
            except BadInput:  # it is no chart there
                found.append(True)
                continue
            compared = compare_tip(rule, self.release, placed)
            found.append(bool(differences(compared, self.release.version)))
        return found == [False, True]

    def _pulls_of(self, changes: Sequence[Change]) -> dict[str, PullRequest]:
        """Return the pull requests of changes; what GitHub does not tell is named by its hash."""
        commits = [change.landing.commit for change in changes]
        with suppress(RecipeError):
            return self.project.github.pulls.of_commits(commits, self.project.default_branch)
        return {}

    def _find_recovery(self, suspects: Sequence[Suspect], tip: str) -> Recovery | None:
        """Return the recovery that users have, if any.

        Where the run failed, only the revert of a likeliest suspect makes the next one succeed.
        """
        if not self._users.version:
            return None
        best = min((one.change.rank for one in suspects), default=0)
        for suspect in suspects:
            if "publish" in self.fired and suspect.change.rank > best:
                continue
            recovery = find_recovery(self.project, self.release, self._users, suspect, tip)
            if recovery:
                return recovery
        return find_recorded_recovery(self.project, self.log, self.release, self._users, tip)

    def _after(self, suspects: Sequence[Suspect], ends: Sequence[str]) -> list[Suspect]:
        """Return the suspects of the release that landed after all commits of `ends`, if any."""
        if not ends:
            return []
        history = self.project.git.history
        fresh = set.intersection(*[history.between(end, self.release.commit) for end in ends])
        return [
            suspect
            for suspect in suspects
            if suspect.change.position is Position.AFTER and suspect.change.landing.commit in fresh
        ]
