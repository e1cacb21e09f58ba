"""Publishing a chart's archive: looked at first, never overwritten unless told to, and looked at again."""

from __future__ import annotations

import shlex
import time
from datetime import UTC, datetime
from pathlib import Path

from .chart import Chart, contents
from .errors import AccessDenied, BadInput, RecipeError, Refused, ServiceError
from .incident import Incident
from .polling import NotYet
from .reference import Reference, next_free
from .registry import MANIFEST, Manifest, digest_of
from .screen import command, say

CANNOT_TELL = "run the same command again: it looks first"
SETTLE = 0.4  # seconds


def push(incident: Incident, archive: str, overwrite: str) -> None:
    """Look what is published, push unless it is there, look again."""
    step, known = "publish.push", incident.known
    file = Path(archive or known.get("archive", ""))
    if not (archive or known.get("archive")):
        raise BadInput("nothing was packaged in this chain", "`invoke publish.package publish.push`, or give --archive FILE")
    if not file.is_file():
        raise BadInput(f"{file} is not a file", "give the archive that publish.package made, such as .rollback/.../threek8s-1.7.1.tgz")
    chart = incident.helm.chart_in(file)
    place = incident.target.chart(chart.name).at(chart.version)
    registry = incident.registry(place, anonymous=False)
    published, content = registry.manifest(place), file.read_bytes()
    if published:
        differing = _differing(incident, content, place, published)
        if not differing:
            say(step, f"{place} is published already with the same content, {published.digest}", "done")
            incident.found_done(step, **_facts(chart, place, published.digest))
            return
        _replace(incident, step, place, published, overwrite, content, differing)
    looked = time.monotonic()
    with incident.acting(step, reference=str(place)) as learned:
        shown = incident.archives / file.name if incident.dry and not archive else file
        try:
            place, digest = incident.helm.push(shown, incident.target) or (place, "")
        except RecipeError as error:
            digest = _after_all(incident, place, error, contents(content))
        if not digest:
            learned.update(planned_push=str(place), name=chart.name, version=chart.version)
            return
        digest = look_again(incident, step, place, digest, looked, content)
        learned.update(_facts(chart, place, digest))
    say(step, f"published {place}, {digest}", "done")


def alias(incident: Incident, overwrite: str = "") -> None:
    """Put the manifest that is published under the reference that users are told, too: the same bytes, so the same digest."""
    step, known = "publish.alias", incident.known
    name, version = known.get("name") or incident.chart.name, known.get("version") or incident.chart.version
    source, target = incident.target.chart(name).at(version), incident.told.at(version)
    if source == target:
        say(step, f"users install from where helm publishes, {source.oci}: no alias is needed", "done")
        return
    if source.host != target.host:
        raise BadInput(f"CHART_REF is at {target.host}, and REGISTRY at {source.host}", "an alias is made within one registry only")
    registry = incident.registry(target, anonymous=False)
    if incident.dry:
        _plan(incident, source, target)
        return
    manifest = registry.manifest(source)
    if not manifest:
        raise Refused(f"{source} is not published, so that {target} can stand for nothing", "invoke publish.all")
    there = registry.manifest(target)
    if there and there.digest == manifest.digest:
        say(step, f"{target} is there already, {there.digest}", "done")
        incident.found_done(step, alias=target.oci)
        return
    archive = registry.archive(source, manifest)
    if there:
        _replace(incident, step, target, there, overwrite, archive, _differing(incident, archive, target, there))
    looked = time.monotonic()
    with incident.acting(step, reference=str(target)) as learned:
        try:
            for digest in manifest.blobs:
                if location := registry.mount(target.repository, digest, source.repository):
                    registry.upload(target.repository, digest, registry.blob(source.repository, digest), location)
            registry.put(target, manifest)
        except RecipeError as error:
            _after_all(incident, target, error, contents(archive))
        look_again(incident, step, target, manifest.digest, looked, archive)
        learned["alias"] = target.oci
    say(step, f"published {target} too, {manifest.digest}", "done")


def _plan(incident: Incident, source: Reference, target: Reference) -> None:
    """Print what makes the alias: the manifest is read when the lines are run, since a dry run has pushed nothing."""
    registry = incident.registry(target, anonymous=False)
    command(registry.curl("GET", source.repository, f"manifests/{source.tag}", f"--header 'Accept: {MANIFEST}'") + " > manifest.json")
    mount = f"blobs/uploads/?mount=$digest&from={source.repository}"
    command("for digest in $(grep -o 'sha256:[0-9a-f]*' manifest.json); do")
    command(f"  {registry.curl('POST', target.repository, mount, source=source.repository)}; done")
    kind = f"--header 'Content-Type: {MANIFEST}' --data-binary @manifest.json"
    command(registry.curl("PUT", target.repository, f"manifests/{target.tag}", kind) + " && rm manifest.json")


def _differing(incident: Incident, archive: bytes, place: Reference, published: Manifest) -> list[str]:
    """Return the files in which a published chart differs from an archive."""
    theirs = contents(incident.registry(place, anonymous=False).archive(place, published))
    ours = contents(archive)
    return sorted(name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name))


def _replace(
    incident: Incident, step: str, place: Reference, published: Manifest, overwrite: str, archive: bytes, differing: list[str]
) -> None:
    """Keep what will be overwritten under a tag of its own. Raises Refused unless `overwrite` names the version."""
    registry, version = incident.registry(place, anonymous=False), place.tag.replace("_", "+")
    tags = registry.tags(place) or []
    if overwrite != version:
        files = ", ".join(differing[:3] or ["its packaging alone"]) + (f" and {len(differing) - 3} more" if len(differing) > 3 else "")
        theirs, ours = published.layer[:19], digest_of(archive)[:19]
        what = f"{place} is published already with other content ({published.digest}, archive {theirs}, not {ours}; {files} differ)"
        free = next_free(version, tags)
        raise Refused(what, f"a published version is never overwritten; publish under the next that is free: --version {free}")
    older = [place.at(tag) for tag in tags if tag.startswith(f"{place.tag}-replaced-")]
    if any(found and found.digest == published.digest for found in map(registry.manifest, older)):
        return
    kept = place.at(f"{place.tag}-replaced-{datetime.now(UTC):%Y%m%d%H%M%S}")
    if incident.dry:
        kind = f"--header 'Content-Type: {published.kind}' --data-binary @-"
        put = registry.curl("PUT", kept.repository, f"manifests/{kept.tag}", kind)
        command(f"printf %s {shlex.quote(published.body.decode())} | {put}")
        return
    with incident.acting(step, overwrite=str(place), replaced=published.digest) as learned:
        registry.put(kept, published)
        learned["replaced"] = str(kept)
    say(step, f"what stood under {place} is kept as {kept}, {published.digest}", "look")


def _after_all(incident: Incident, place: Reference, error: RecipeError, wanted: dict[str, str]) -> str:
    """Return the digest if what failed was published all the same. Raises ServiceError that says what is there, if that can be told."""
    registry = incident.registry(place, anonymous=False)
    try:
        found = registry.manifest(place)
        if found and contents(registry.archive(place, found)) == wanted:
            say("publish", f"{error.what}; but {place} is published, {found.digest}", "look")
            return found.digest
        state = f"{place} is {found.digest} now, which is something else" if found else f"nothing was published at {place}"
    except RecipeError as again:
        state = f"whether {place} is published could not be looked at: {again.what}"
    raise ServiceError(f"{error.what}; {state}", error.advice or CANNOT_TELL) from error


def look_again(incident: Incident, step: str, place: Reference, digest: str, looked: float, archive: bytes) -> str:
    """Wait until the registry shows what was pushed, to anybody: GHCR lags, and makes new packages private. Returns its digest.

    A registry's tags are not atomic: who looked when we did, at `looked`, and pushes after us, overwrites us. So we look for longer
    than we took ourselves. Raises ServiceError when other content stands there.
    """
    registry = incident.registry(place, anonymous=True)

    def shown() -> Manifest | NotYet:
        return registry.manifest(place) or NotYet(f"{place.host} to show {place}")

    try:
        found = incident.wait(step, shown, CANNOT_TELL)
    except AccessDenied:
        registry = incident.registry(place, anonymous=False)
        found = incident.wait(step, shown, CANNOT_TELL)
        say(step, f"{place.oci} is private: users cannot install it", "look")
        say(step, make_public(place), "next")
    until = time.monotonic() + 2 * (time.monotonic() - looked) + SETTLE
    while found.digest == digest and time.monotonic() < until:
        time.sleep(SETTLE / 2)
        found = registry.manifest(place) or found
    if found.digest != digest:
        if contents(registry.archive(place, found)) != contents(archive):
            what = f"{place} has the digest {found.digest}, but {digest} was pushed"
            raise ServiceError(what, "somebody else published it at the same moment: agree on one, then publish a new version")
        say(step, f"somebody else published the same content at the same moment, {found.digest}", "look")
    return found.digest


def make_public(place: Reference) -> str:
    """Return where a package is made public: on GHCR by hand only, since it has no API for it."""
    owner, _, package = place.repository.partition("/")
    link = f"https://github.com/users/{owner}/packages/container/{package.replace('/', '%2F')}/settings"
    return f"make the package public: {link}" if place.host == "ghcr.io" else f"let anybody read {place.oci}"


def _facts(chart: Chart, place: Reference, digest: str) -> dict[str, object]:
    return {"name": chart.name, "version": chart.version, "app_version": chart.app_version, "reference": place.oci, "digest": digest}
