"""Whether users have what a recovery published, and since when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ..clients.github.releases import Release
from ..clients.registry.reference import Reference
from ..core.errors import RecipeError
from ..core.versions import is_higher, same_precedence
from ..incident.incidents import own_journals
from ..incident.journal import Journal
from ..incident.log import IncidentLog
from ..incident.project import Project
from .changes import Position
from .published_revert import Revert, has_app_version, reaches_users
from .suspects import Suspect
from .suspicion import Recovery


@dataclass(frozen=True)
class UsersChart:
    """What users get: the newest version at the reference that they install from."""

    reference: Reference
    version: str


def find_recovery(
    project: Project,
    release: Release,
    users: UsersChart,
    suspect: Suspect,
    tip: str,
) -> Recovery | None:
    """Return the recovery that the revert of a suspect is a part of; None until users get it."""
    undoing = suspect.undoing
    if undoing is None or not undoing.commit or suspect.change.position is Position.LATER:
        return None
    revert = Revert(f"{undoing.commit}^", (undoing.commit, tip))
    if not undoing.is_revert:
        revert = Revert(release.commit, (undoing.commit,), suspect.change.chart_files)
    if not reaches_users(project, release, revert, users.reference, users.version):
        return None
    what = f"{suspect.name} {undoing.what}"
    reverted_at = project.git.history.commit_time(undoing.commit)
    return Recovery(what, users.version, _published_at(project, users) or reverted_at)


def _published_at(project: Project, users: UsersChart) -> datetime | None:
    """Return when what users get was pushed, as its manifest says, but not in the future."""
    reference = users.reference.with_version(users.version)
    manifest = project.registry(reference, anonymous=True).manifest(reference)
    created = manifest.created_at if manifest else None
    return min(created, datetime.now(UTC)) if created else None


def find_recorded_recovery(
    project: Project,
    log: IncidentLog,
    release: Release,
    users: UsersChart,
    tip: str,
) -> Recovery | None:
    """Return the recovery of a release that an incident recorded, open or closed.

    What it reverted is on the default branch and not in the release, and users get what it
    published, by its digest.
    """
    if is_higher(release.version, users.version):
        return None
    for journal in _journals(log):
        facts = journal.facts
        if not facts.good_commit or not same_precedence(facts.version, users.version):
            continue
        history = project.git.history
        is_merged = history.contains(tip, facts.good_commit)
        if not is_merged or history.contains(release.commit, facts.good_commit):
            continue
        if not _is_published(project, users, facts.digest):
            continue
        if has_app_version(project, release, users.reference, users.version):
            what = f"incident {journal.id} merged {facts.good_commit[:12]}"
            return Recovery(what, users.version, _recorded_at(journal))
    return None


def _journals(log: IncidentLog) -> Iterator[Journal]:
    try:
        yield from own_journals(log.state, log.owner)
    except RecipeError:  # outside a clone, or unreadable: the world is asked
        return


def _is_published(project: Project, users: UsersChart, digest: str) -> bool:
    reference = users.reference.with_version(users.version)
    manifest = project.registry(reference, anonymous=True).manifest(reference)
    return bool(digest) and manifest is not None and manifest.digest == digest


def _recorded_at(journal: Journal) -> datetime:
    """Return when an incident recorded the digest of what it published last."""
    times = [event.at for event in journal.events if event.data.get("digest")]
    return max(times, default=journal.opened.at)
