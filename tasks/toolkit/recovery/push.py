"""Publishing a chart's archive: looked at first, never overwritten unless told to, and looked at again."""

from __future__ import annotations

import contextlib
import shlex
import time
from datetime import UTC, datetime
from pathlib import Path

from ..clients.helm.chart import Chart, archive_contents
from ..clients.helm.cli import NotCaughtUp
from ..clients.registry.api import Manifest, digest_of
from ..clients.registry.reference import GHCR, Reference
from ..console.output import status
from ..console.waiting import Pending
from ..core.errors import AccessDenied, BadInput, RecipeError, Refused, ServiceError
from ..core.versions import next_free
from ..incident.context import Incident
from . import backup

CANNOT_TELL = "run the same command again: it looks first"
SETTLE = 0.4  # seconds
TRIES = 6  # more of a push; at POLL_INTERVAL's default that is half a minute


def push_chart(incident: Incident, archive: str, overwrite: str) -> None:
    """Look what is published, push unless it is there, look again."""
    step, file = "publish.push", _file(incident, archive)
    chart = incident.helm.chart_in(file)
    place = incident.target.chart(chart.name).at(chart.version)
    registry = incident.registry(place, anonymous=False)
    published, content = registry.manifest(place), file.read_bytes()
    if published:
        if not differing_files(incident, content, place, published):
            status(
                step,
                f"{place} is published already with the same content, {published.digest}",
                "done",
            )
            incident.found_done(step, **_facts(chart, place, published.digest))
            return
        backup_tag(incident, step, place, published, overwrite, content)
    elif backup.find_saved_version(incident, place):
        again = f"invoke publish.restore --version {chart.version} puts the same bytes back; or publish under another: --version next"
        raise Refused(f"{place} was withdrawn on purpose", again)
    looked = time.monotonic()
    with incident.acting(step, reference=str(place)) as learned:
        shown = incident.archives / file.name if incident.dry and not archive else file
        try:
            place, digest = _push(incident, step, shown) or (place, "")
        except RecipeError as error:
            digest = recover_from_failed_push(incident, place, error, archive_contents(content))
        if not digest:
            learned.update(name=chart.name, version=chart.version)
            return
        digest = confirm_pushed(
            incident, step, place, digest, looked, content, published.digest if published else ""
        )
        learned.update(_facts(chart, place, digest))
    status(step, f"published {place}, {digest}", "done")


def _file(incident: Incident, archive: str) -> Path:
    """Return the archive to push: the one that is given, or that this chain packaged. Raises BadInput."""
    wanted = archive or incident.known.get("archive")
    if not wanted:
        raise BadInput(
            "nothing was packaged in this chain",
            "`invoke publish.package publish.push`, or give --archive FILE",
        )
    if not Path(wanted).is_file():
        raise BadInput(
            f"{wanted} is not a file",
            "give the archive that publish.package made, such as .rollback/.../threek8s-1.7.1.tgz",
        )
    return Path(wanted).absolute()  # so that no program takes it for an option


def _push(incident: Incident, step: str, archive: Path) -> tuple[Reference, str] | None:
    """Push, again while GHCR does not know yet what it was just given: https://github.com/helm/helm/issues/31223."""
    left = [*range(TRIES)]

    def pushed() -> tuple[Reference, str] | Pending | None:
        try:
            return incident.helm.push(archive, incident.target)
        except NotCaughtUp:
            if not left:
                raise
            left.pop()
            return Pending(f"{incident.target.host} to know what was just pushed, to push again")

    return incident.wait(step, pushed, CANNOT_TELL)


def differing_files(
    incident: Incident, archive: bytes, place: Reference, published: Manifest
) -> list[str]:
    """Return the files in which a published chart differs from an archive."""
    theirs = archive_contents(incident.registry(place, anonymous=False).archive(place, published))
    ours = archive_contents(archive)
    return sorted(
        name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name)
    )


def ensure_overwrite_allowed(
    incident: Incident, place: Reference, published: Manifest, overwrite: str, archive: bytes
) -> None:
    """Raise Refused, saying what differs, unless `overwrite` names the version under which other content stands."""
    version = place.tag.replace("_", "+")
    if overwrite == version:
        return
    files = differing_files(incident, archive, place, published) or ["its packaging alone"]
    told = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
    theirs, ours = published.layer[:19], digest_of(archive)[:19]
    what = f"{place} is published already with other content ({published.digest}, archive {theirs}, not {ours}; {told} differ)"
    free = next_free(version, incident.registry(place, anonymous=False).tags(place) or [])
    raise Refused(
        what,
        f"a published version is never overwritten; publish under the next that is free: --version {free}",
    )


def backup_tag(
    incident: Incident,
    step: str,
    place: Reference,
    published: Manifest,
    overwrite: str,
    archive: bytes,
) -> None:
    """Keep what will be overwritten under a tag of its own, which is no version to helm. Raises Refused unless that is allowed."""
    ensure_overwrite_allowed(incident, place, published, overwrite, archive)
    registry, own = (
        incident.registry(place, anonymous=False),
        f"-{published.digest.partition(':')[2][:12]}",
    )
    older = [
        place.at(tag)
        for tag in registry.tags(place) or []
        if tag.startswith("replaced-") and tag.endswith(own)
    ]
    if any(found and found.digest == published.digest for found in map(registry.manifest, older)):
        return
    kept = place.at(f"replaced-{place.tag}-{datetime.now(UTC):%Y%m%d%H%M%S}{own}")
    if incident.dry:
        kind = f"--header 'Content-Type: {published.kind}' --data-binary {shlex.quote(published.body.decode())}"
        incident.commands.plan.add(
            registry.curl("PUT", kept.repository, f"manifests/{kept.tag}", kind)
        )
        return
    with incident.acting(step, overwrite=str(place), replaced=published.digest) as learned:
        registry.put(kept, published)
        learned["replaced"] = str(kept)
    status(step, f"what stood under {place} is kept as {kept}, {published.digest}", "look")


def recover_from_failed_push(
    incident: Incident, place: Reference, error: RecipeError, wanted: dict[str, str]
) -> str:
    """Return the digest if what failed was published all the same. Raises ServiceError that says what is there, if that can be told."""
    registry = incident.registry(place, anonymous=False)
    try:
        found = registry.manifest(place)
        if found and archive_contents(registry.archive(place, found)) == wanted:
            status("publish", f"{error.what}; but {place} is published, {found.digest}", "look")
            return found.digest
        state = (
            f"{place} is {found.digest} now, which is something else"
            if found
            else f"nothing was published at {place}"
        )
    except RecipeError as again:
        state = f"whether {place} is published could not be looked at: {again.what}"
    raise ServiceError(f"{error.what}; {state}", error.advice or CANNOT_TELL) from error


def confirm_pushed(
    incident: Incident,
    step: str,
    place: Reference,
    digest: str,
    looked: float,
    archive: bytes,
    before: str = "",
) -> str:
    """Wait until the registry shows what was pushed, to anybody: GHCR lags, and makes new packages private. Returns its digest.

    While it shows what stood there `before`, it lags. A registry's tags are not atomic: who looked when we did, at `looked`, and pushes
    after us, overwrites us. So we look for longer than we took ourselves. Raises ServiceError when other content stands there.
    """
    registry, took = incident.registry(place, anonymous=True), time.monotonic() - looked

    def shown() -> Manifest | Pending:
        found = registry.manifest(place)
        return (
            found if found and found.digest != before else Pending(f"{place.host} to show {place}")
        )

    try:
        found = incident.wait(step, shown, CANNOT_TELL)
    except AccessDenied:
        registry = incident.registry(place, anonymous=False)
        found = incident.wait(step, shown, CANNOT_TELL)
        status(step, f"{place.oci} is private: users cannot install it", "look")
        status(step, publicity_advice(place, incident), "next")
    until = time.monotonic() + 2 * took + SETTLE
    while found.digest == digest and time.monotonic() < until:
        time.sleep(SETTLE / 2)
        seen = registry.manifest(place)
        found = seen if seen and seen.digest != before else found
    if found.digest != digest:
        if archive_contents(registry.archive(place, found)) != archive_contents(archive):
            what = f"{place} has the digest {found.digest}, but {digest} was pushed"
            raise ServiceError(
                what,
                "somebody else published it at the same moment: agree on one, then publish a new version",
            )
        status(
            step,
            f"somebody else published the same content at the same moment, {found.digest}",
            "look",
        )
    return found.digest


def publicity_advice(place: Reference, incident: Incident) -> str:
    """Return where a package is made public: on GHCR by hand only, since it has no API for it; of no known owner a user's."""
    if place.host != GHCR:
        return f"let anybody read {place.oci}"
    (owner, _, package), kind = place.repository.partition("/"), "users"
    with contextlib.suppress(RecipeError):
        kind = incident.github.kind_of(owner)
    return f"make the package public: https://github.com/{kind}/{owner}/packages/container/{package.replace('/', '%2F')}/settings"


def _facts(chart: Chart, place: Reference, digest: str) -> dict[str, object]:
    return {
        "name": chart.name,
        "version": chart.version,
        "app_version": chart.app_version,
        "reference": place.oci,
        "digest": digest,
    }
