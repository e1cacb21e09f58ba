"""The reference that users are told, where helm push cannot publish: the manifest that it published is put there too."""

from __future__ import annotations

import time
from pathlib import Path

from ..clients.helm.chart import archive_contents
from ..clients.registry.api import MANIFEST
from ..clients.registry.reference import Reference
from ..console.output import status
from ..core.errors import BadInput, RecipeError, Refused
from ..incident.context import Incident
from .push import backup_tag, confirm_pushed, ensure_overwrite_allowed, recover_from_failed_push


def ensure_alias_possible(incident: Incident, overwrite: str) -> None:
    """See before a push that what is packaged can have its alias then. Raises BadInput, and Refused for other content there."""
    known = incident.known
    source, target = _ends(incident, known["name"], known["version"])
    registry = incident.registry(target, anonymous=False)
    there = registry.manifest(target) if source != target else None
    if not there or ((published := registry.manifest(source)) and published.digest == there.digest):
        return
    ensure_overwrite_allowed(
        incident, target, there, overwrite, Path(known["archive"]).read_bytes()
    )


def publish_alias(incident: Incident, overwrite: str = "") -> None:
    """Put the manifest that is published under the reference that users are told, too: the same bytes, so the same digest."""
    step, known = "publish.alias", incident.known
    source, target = _ends(
        incident,
        known.get("name") or incident.chart.name,
        known.get("version") or incident.chart.version,
    )
    if source == target:
        status(
            step,
            f"users install from where helm publishes, {source.oci}: no alias is needed",
            "done",
        )
        return
    registry = incident.registry(target, anonymous=False)
    if incident.dry:
        _plan(incident, source, target)
        return
    manifest = registry.manifest(source)
    if not manifest:
        raise Refused(
            f"{source} is not published, so that {target} can stand for nothing",
            "invoke publish.all",
        )
    there = registry.manifest(target)
    if there and there.digest == manifest.digest:
        status(step, f"{target} is there already, {there.digest}", "done")
        incident.found_done(step, publish_alias=target.oci)
        return
    archive = registry.archive(source, manifest)
    if there:
        backup_tag(incident, step, target, there, overwrite, archive)
    looked = time.monotonic()
    with incident.acting(step, reference=str(target)) as learned:
        try:
            for digest in manifest.blobs:
                if location := registry.mount(target.repository, digest, source.repository):
                    registry.upload(
                        target.repository,
                        digest,
                        registry.blob(source.repository, digest),
                        location,
                    )
            registry.put(target, manifest)
        except RecipeError as error:
            recover_from_failed_push(incident, target, error, archive_contents(archive))
        confirm_pushed(
            incident, step, target, manifest.digest, looked, archive, there.digest if there else ""
        )
        learned["alias"] = target.oci
    status(step, f"published {target} too, {manifest.digest}", "done")


def _ends(incident: Incident, name: str, version: str) -> tuple[Reference, Reference]:
    """Return where helm push publishes, and what users are told. Raises BadInput when that is another registry."""
    source, target = incident.target.chart(name).at(version), incident.told.at(version)
    if source.host != target.host:
        raise BadInput(
            f"CHART_REF is at {target.host}, and REGISTRY at {source.host}",
            "an alias is made within one registry only",
        )
    return source, target


def _plan(incident: Incident, source: Reference, target: Reference) -> None:
    """Print what makes the alias: the manifest is read when the lines are run, since a dry run has pushed nothing."""
    registry, plan = incident.registry(target, anonymous=False), incident.commands.plan
    asked = registry.curl(
        "GET", source.repository, f"manifests/{source.tag}", f"--header 'Accept: {MANIFEST}'"
    )
    plan.add(f"{asked} > manifest.json")
    mount = f"blobs/uploads/?mount=$digest&from={source.repository}"
    plan.add("for digest in $(grep -o 'sha256:[0-9a-f]*' manifest.json); do")
    plan.add(f"  {registry.curl('POST', target.repository, mount, source=source.repository)}; done")
    kind = f"--header 'Content-Type: {MANIFEST}' --data-binary @manifest.json"
    plan.add(
        registry.curl("PUT", target.repository, f"manifests/{target.tag}", kind)
        + " && rm manifest.json"
    )
