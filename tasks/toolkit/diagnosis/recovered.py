"""Whether users have what a recovery published, and since when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..clients.github.releases import Release
from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..core.errors import RecipeError
from ..core.versions import is_higher, same_precedence
from ..incident.facts import Facts
from ..incident.incidents import own_journals
from ..incident.journal import Journal
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..workflows.public import public_manifest
from .change import Position
from .published_revert import Revert, has_app_version, reaches_users
from .suspects import Suspect
from .suspicion import Recovery


@dataclass(frozen=True)
class UsersChart:
    """What users get: the newest version at the reference that they install from."""

    reference: Reference
    version: str


@dataclass(frozen=True)
class Recovering:
    """The search for a recovery of a release: that `users` get what is on the commit `tip` now."""

    project: Project
    log: IncidentLog
    release: Release
    users: UsersChart
    tip: str

    def find(self, suspects: Sequence[Suspect], fired: Collection[str]) -> Recovery | None:
        """Return the recovery that users have, if any.

        Where the run failed, only the revert of a likeliest suspect makes the next one succeed.
        """
        if not self.users.version:
            return None
        best = min((suspect.change.rank for suspect in suspects), default=0)
        for suspect in suspects:
            is_likeliest = suspect.change.rank == best
            if is_likeliest or "publish" not in fired:
                recovery = self._of_revert(suspect)
                if recovery:
                    return recovery
        return self._recorded() or self._landed()

    def _of_revert(self, suspect: Suspect) -> Recovery | None:
        """Return the recovery that a suspect's revert is a part of; None until users get it."""
        undoing = suspect.undoing
        is_later = suspect.change.position is Position.LATER
        if undoing is None or not undoing.commit or is_later:
            return None
        revert = Revert(f"{undoing.commit}^", (undoing.commit, self.tip))
        if not undoing.is_revert:
            files = suspect.change.chart_files
            revert = Revert(self.release.commit, (undoing.commit,), files)
        users = self.users
        if not reaches_users(self.project, self.release, revert, users.reference, users.version):
            return None
        reverted_at = self.project.git.history.commit_time(undoing.commit)
        what = f"{suspect.name} {undoing.what}"
        commit = undoing.commit if undoing.is_revert else ""
        return Recovery(what, users.version, self._published_at() or reverted_at, commit)

    def _manifest(self) -> Manifest | None:
        reference = self.users.reference.with_version(self.users.version)
        return public_manifest(self.project, reference)

    def _published_at(self) -> datetime | None:
        """Return when what users get was pushed, as its manifest says, but not in the future."""
        manifest = self._manifest()
        created = manifest.created_at if manifest else None
        if created is None:
            return None
        return min(created, datetime.now(UTC))

    def _recorded(self) -> Recovery | None:
        """Return the recovery that an incident recorded, open or closed.

        What it reverted is on the default branch and not in the release, and users get what it
        published, by its digest.
        """
        users = self.users
        if is_higher(self.release.version, users.version):
            return None
        for journal in self._journals():
            if self._is_recovery(journal.facts):
                commit = journal.facts.good_commit
                what = f"incident {journal.id} merged {commit[:12]}"
                return Recovery(what, users.version, _recorded_at(journal), commit)
        return None

    def _landed(self) -> Recovery | None:
        """Return the recovery that users have above the release, with a revert of its chart.

        So it is found where nobody is suspected any more, and no journal tells of it.
        """
        users = self.users
        history = self.project.git.history
        if not is_higher(users.version, self.release.version):
            return None
        claims = history.claimed_reverts(self.release.commit, self.tip)
        for reverted, reverts in claims.items():
            if not history.contains(self.release.commit, reverted):
                continue
            for commit in reverts:
                if self._users_have(commit):
                    what = f"{history.summary(commit)} landed"
                    at = self._published_at() or history.commit_time(commit)
                    return Recovery(what, users.version, at, commit)
        return None

    def _users_have(self, commit: str) -> bool:
        """Return whether a commit changes the chart, and users get it changed."""
        parent = f"{commit}^"
        if not self.project.git.differing_files(parent, commit, self.project.chart_dir):
            return False
        revert = Revert(parent, (commit, self.tip))
        users = self.users
        return reaches_users(self.project, self.release, revert, users.reference, users.version)

    def _journals(self) -> Iterator[Journal]:
        try:
            yield from own_journals(self.log.state, self.log.owner)
        except RecipeError:  # outside a clone, or unreadable: GitHub and the registry are asked
            return

    def _is_recovery(self, facts: Facts) -> bool:
        """Return whether what an incident learned means that users have a recovery."""
        users = self.users
        good = facts.good_commit
        if not good or not facts.digest or not same_precedence(facts.version, users.version):
            return False
        history = self.project.git.history
        is_merged = history.contains(self.tip, good)
        if not is_merged or history.contains(self.release.commit, good):
            return False
        manifest = self._manifest()
        if manifest is None or manifest.digest != facts.digest:
            return False
        return has_app_version(self.project, self.release, users.reference, users.version)


def _recorded_at(journal: Journal) -> datetime:
    """Return when an incident recorded the digest of what it published last."""
    times = []
    for event in journal.events:
        if event.data.get("digest"):
            times.append(event.at)
    return max(times, default=journal.opened.at)
