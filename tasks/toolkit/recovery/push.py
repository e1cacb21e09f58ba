"""Push a chart's archive: `helm push`, unless its content is published already."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from ..clients.helm.program import NotCaughtUp
from ..clients.registry.manifest import LARGEST_BLOB
from ..clients.registry.reference import Reference
from ..console.output import status
from ..console.waiting import Pending
from ..core.errors import BadInput, Refused
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_publish
from ..incident.project import Project
from ..incident.published import CHECK_AGAIN
from .backup import find_backup
from .confirmation import push_and_confirm
from .kept_archive import find_packaged
from .other_operators import watch_for_others, yielding_to_others
from .package_access import warn_of_first_push
from .safeguards import Publication, ensure_overwrite_names

RETRIES = 6  # of a push; half a minute at POLL_INTERVAL's default


def log_in(project: Project, log: IncidentLog) -> None:
    """Log Helm in to the registry, for this invocation only."""
    user, token = project.login
    host = project.push_reference.host
    project.helm.login.log_in(host, user, token)
    log.announce(f"logged in to {host} as {user}, for this command only")


def push_chart(
    project: Project,
    log: IncidentLog,
    archive: str = "",
    overwrite: str = "",
) -> None:
    """Push `archive`, or what was packaged, unless its content is published; confirm the result.

    Raises BadInput, Refused, ServiceError.
    """
    file = _find_archive(log, archive)
    content = _read_archive(file)
    chart = project.helm.read_archive(file)
    ensure_overwrite_names(chart.version, overwrite)
    repository = project.push_reference.with_chart(chart.name)
    reference = repository.with_version(chart.version)
    publication = Publication(project, reference, content)
    packaged = Facts(name=chart.name, version=chart.version)
    published = replace(packaged, app_version=chart.app_version, reference=reference.oci)
    same = publication.digest_of_same_content()
    if same:
        status(f"already published with the same content: {reference}, {same}", "done")
        log.record_skipped(replace(published, digest=same))
        return
    ensure_may_publish(project, [reference])
    publication.back_up_tag(log, overwrite)
    if publication.before is None:
        _ensure_not_withdrawn(log, reference, chart.version)
    warn_of_first_push(publication)
    push = partial(_push, publication, file)
    with log.recording_step(reference=str(reference)) as outcome:
        digest = push_and_confirm(publication, push)
        if digest is None:
            outcome.learn(packaged)
            return
        outcome.learn(replace(published, digest=digest))
    watch_for_others(publication, log, digest)
    log.announce(f"published {reference}, {digest}")


def ensure_push_possible(project: Project, log: IncidentLog, overwrite: str) -> None:
    """Check that what was packaged would overwrite no other content. Raises Refused."""
    file = find_packaged(log.facts)
    reference = project.push_reference.with_chart(log.facts.name)
    reference = reference.with_version(log.facts.version)
    publication = Publication(project, reference, _read_archive(file))
    if not publication.digest_of_same_content():
        publication.ensure_overwrite_allowed(overwrite)


def _find_archive(log: IncidentLog, archive: str) -> Path:
    """Return the archive to push, as an absolute path: no program takes that for an option."""
    if not archive:
        return find_packaged(log.facts)
    file = Path(archive)
    if not file.is_file():
        example = ".rollback/.../threek8s-1.7.1.tgz"
        advice = f"give the archive that publish.package made, such as {example}"
        raise BadInput(f"{archive} is not a file", advice)
    return file.absolute()


def _read_archive(file: Path) -> bytes:
    if file.stat().st_size > LARGEST_BLOB:
        most = f"{LARGEST_BLOB >> 20} MiB"
        raise BadInput(f"{file} is larger than {most}", "that is not a chart: package it again")
    return file.read_bytes()


def _ensure_not_withdrawn(log: IncidentLog, reference: Reference, version: str) -> None:
    if find_backup(log.state, reference):
        advice = f"to publish the same bytes again: invoke publish.restore --version {version}"
        what = f"{reference} was withdrawn on purpose"
        raise Refused(what, f"{advice}; or publish under another: --version next")


def _push(publication: Publication, archive: Path) -> str | None:
    """Push an archive and return its digest; None if that was only planned.

    GHCR may not know at once what it was given: https://github.com/helm/helm/issues/31223.
    """
    project = publication.project
    registry = project.push_reference
    retries = iter(range(RETRIES))

    def try_push() -> str | Pending | None:
        try:
            with yielding_to_others(publication) as on_start:
                pushed = project.helm.push(archive, registry, on_start)
        except NotCaughtUp:
            if next(retries, None) is None:
                raise
            return Pending(f"{registry.host} to know what was just pushed, to push again")
        if pushed is None:
            return None
        _, digest = pushed
        return digest

    return project.wait(try_push, CHECK_AGAIN)
