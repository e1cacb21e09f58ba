"""Find a chart at another reference than users install from: `helm push` appends its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from ..clients.github.releases import Release
from ..clients.github.workflow_paths import find_references
from ..clients.registry.reference import Reference
from ..console.finding import FIRST_AID
from ..console.waiting import run_parallel
from ..core.errors import RecipeError
from ..core.shell import quote
from ..incident.project import Project
from ..workflows.callers import workflows_at
from .releases import published_manifest

ALIAS = "invoke publish.alias"
TELL = "tell users"


@dataclass(frozen=True)
class Elsewhere:
    """The other reference that has the chart of a release, and the command that makes its alias."""

    reference: Reference
    advice: str


def find_elsewhere(project: Project, release: Release, name: str) -> Elsewhere | None:
    """Return another reference that has the chart `name` of a release, if there is one.

    An unreadable registry is skipped: this is only additional advice.
    """
    users = project.install_reference(name)
    places = list(dict.fromkeys(_places(project, release, users, name)))
    looks = []
    for place in places:
        versioned = place.with_version(release.version)
        looks.append(partial(_has_chart, project, versioned))
    found = run_parallel(looks)
    for reference, is_there in zip(places, found, strict=True):
        if is_there:
            versioned = reference.with_version(release.version)
            advice = alias_command(project, users, reference, release.version, name)
            return Elsewhere(versioned, advice)
    return None


def _has_chart(project: Project, reference: Reference) -> bool:
    with suppress(RecipeError):
        manifest, _ = published_manifest(project, reference)
        return manifest is not None and manifest.is_chart
    return False


def is_alias(advice: str) -> bool:
    """Return whether the advice only lets users install what is published elsewhere."""
    return ALIAS in advice or advice.startswith((TELL, FIRST_AID))


def as_first_aid(advice: str) -> str:
    """Return the advice of an alias as what helps users, and not the next release."""
    if advice.startswith(TELL):
        return f"{FIRST_AID}: {advice}"
    return f"{FIRST_AID}, users can install in seconds: {advice}"


def _places(project: Project, release: Release, users: Reference, name: str) -> Iterator[Reference]:
    """Yield references that may have the chart, only at hosts of the settings: a login is sent."""
    pushed = [project.push_reference]
    with suppress(RecipeError):
        workflows = workflows_at(project, release.commit)
        texts, _ = find_references(workflows, project.workflow_path, project.slug)
        pushed += [Reference.parse(text) for text in texts if "$" not in text]
    hosts = {users.host, project.push_reference.host}
    for reference in (users, *pushed):
        with_name = reference.with_chart(name)
        if reference.host in hosts and with_name != users:
            yield with_name


def alias_command(
    project: Project,
    users: Reference,
    found: Reference,
    version: str,
    name: str,
) -> str:
    """Return the command that publishes what was found where users install from.

    An alias is made within one registry, from where REGISTRY says that helm pushes.
    """
    if found.host != users.host:
        return f"{TELL} {found.oci}, and set CHART_REF to it"
    command = f"{ALIAS} --version {quote(version)}"
    if found == project.push_reference.with_chart(name):
        return command
    folder = found.oci.removesuffix(f"/{name}")
    return f"REGISTRY={quote(folder)} CHART_REF={quote(users.oci)} {command}"
