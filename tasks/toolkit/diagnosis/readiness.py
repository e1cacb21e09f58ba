"""Whether everything is there that a rollback needs, whether a chart can be published, and which release was sound, as findings."""

from __future__ import annotations

import re

from ..clients.github.actions import Run, run_of_release
from ..clients.github.issues import Release
from ..clients.process import INSTALL
from ..console.findings import Finding
from ..console.output import format_duration
from ..core.errors import AccessDenied, RecipeError, Refused
from ..core.versions import newest_release, same_precedence
from ..incident.context import Incident
from ..incident.lock import Lock
from ..recovery.package import ensure_well_formed
from ..recovery.push import publicity_advice


def check_references(incident: Incident) -> Finding:
    """The references are well formed, which the settings demand, and lie in one registry."""
    told = [place.oci for place in incident.places()]
    if len({place.host for place in incident.places()}) > 1:
        return Finding(
            "references",
            "failed",
            " and ".join(told),
            "let REGISTRY and CHART_REF name one registry",
        )
    alias = (
        "; helm appends the chart's name, so that publish.all makes an alias"
        if len(told) > 1
        else ""
    )
    return Finding("references", "passed", f"{' and '.join(told)}{alias}")


def check_token(incident: Incident) -> Finding:
    """The token may push: an upload is begun, and cancelled."""
    for place in incident.places():
        try:
            incident.registry(place, anonymous=False).may_push(place.repository)
        except AccessDenied as error:
            return Finding(
                "token",
                "failed",
                error.what,
                "give it write:packages, and the package's Manage Actions access this repository",
            )
    return Finding("token", "passed", f"{incident.login[0]} may push to {incident.target.host}")


def check_public(incident: Incident) -> Finding:
    """Anybody may read the package."""
    for place in incident.places():
        try:
            tags = incident.registry(place, anonymous=True).tags(place)
        except AccessDenied as error:
            return Finding("public", "failed", error.what, publicity_advice(place, incident))
        if tags is None:
            return Finding(
                "public",
                "unverified",
                f"{place.oci} is not there yet; on GHCR it will be private at first",
            )
    return Finding(
        "public",
        "passed",
        f"anybody may read {' and '.join(place.oci for place in incident.places())}",
    )


def check_helm(incident: Incident) -> Finding:
    """Which helm it is, and what that means."""
    version = incident.helm.version
    means = (
        "the same tree makes the same bytes each time"
        if version >= (4, 3)
        else "the archive is kept, and pushed again as it is"
    )
    means += f"; what it pushed it tells on {'stdout' if version >= (4, 3) else 'stderr'}"
    if incident.settings.plain_http:
        means += (
            "; for plain HTTP it is given --plain-http"
            if version >= (4, 0)
            else "; on loopback it finds plain HTTP by itself"
        )
    known = (3, 17) <= version < (5, 0)
    return Finding(
        "helm",
        "passed" if known else "unverified",
        f"helm {version[0]}.{version[1]}: {means}",
        "" if known else "helm 3.17 to 4.3 are tried",
    )


def ensure_publishable(incident: Incident, version: str, app_version: str) -> None:
    """See, before anything is reverted, that the chart can be published afterwards. Raises BadInput, Refused."""
    ensure_well_formed(version, app_version)
    incident.git.fetch(incident.branch)
    for found in (check_references(incident), check_token(incident)):
        if found.outcome == "failed":
            raise Refused(found.evidence, found.next)


CHECKS = {
    "references": check_references,
    "token": check_token,
    "public": check_public,
    "helm": check_helm,
}


def check_programs(incident: Incident) -> Finding:
    """git, gh and helm are there."""
    found, missing = [], []
    for name in INSTALL:
        try:
            version = re.search(
                r"\d+\.[\d.]*\d", incident.commands.run([name, "version"], env={}).stdout
            )
            found.append(f"{name} {version[0] if version else ''}")
        except RecipeError as error:
            missing.append(str(error))
    return Finding(
        "programs", "failed" if missing else "passed", ", ".join(found), "\n".join(missing)
    )


def check_repository(incident: Incident) -> Finding:
    """The clone, its chart and its workflow are there, and the login may change the repository on GitHub."""
    file, chart, permission = (
        incident.settings.workflow,
        incident.chart,
        incident.github.permission(),
    )
    title, state = incident.github.workflow(file)
    told = [
        f"{incident.slug}, cloned to {incident.root}, branch {incident.branch}",
        f"chart {chart.name} {chart.version} in {incident.chart_dir}; workflow {title} ({file}) is {state}",
        f"the login has the permission {permission}",
    ]
    if permission not in ("ADMIN", "MAINTAIN", "WRITE"):
        return Finding(
            "repository",
            "failed",
            "\n".join(told),
            "ask an owner of the repository for write access, or set another GITHUB_TOKEN",
        )
    if state != "active":
        return Finding(
            "repository",
            "failed",
            "\n".join(told),
            f"gh workflow enable {file} --repo {incident.slug}",
        )
    return Finding("repository", "passed", "\n".join(told))


def check_incident(incident: Incident) -> Finding:
    """Whether an incident is open here, and who acted last."""
    journal = incident.journal
    if not journal.file:
        return Finding("incident", "passed", "none is open here")
    told = f"{journal.id} is open, begun {format_duration(journal.elapsed())} ago; last at work: {Lock(incident.state / 'lock').told()}"
    return Finding("incident", "passed", told, "invoke timeline")


SET_UP = {
    "programs": check_programs,
    "repository": check_repository,
    **CHECKS,
    "incident": check_incident,
}


def check_release_health(
    incident: Incident, release: Release, releases: list[Release], runs: list[Run]
) -> Finding:
    """A release is sound: anybody gets its chart, which can be installed, says its version, and came of a run that succeeded."""
    place, settings = incident.told.at(release.version), incident.settings
    wrong = []
    run = run_of_release(release, releases, runs, incident.branch)
    if not run or run.conclusion != "success":
        wrong.append(
            f"run {run.id}: {run.conclusion or run.status}" if run else "no run of the workflow"
        )
    registry = incident.registry(place, anonymous=True)
    manifest = registry.manifest(place)
    if manifest is None:
        wrong.append(f"{place} is not there")
    else:
        try:
            chart = incident.helm.show(incident.told, release.version)
            incident.helm.try_install(
                incident.told.oci, release.version, settings.release_name, settings.namespace
            )
            if {chart.version, chart.app_version} != {release.version}:
                wrong.append(f"version {chart.version}, but appVersion {chart.app_version}")
        except RecipeError as error:
            wrong.append(f"it cannot be installed: {error.what}")
    if wrong:
        return Finding(release.tag, "failed", "\n".join(wrong))
    told = f"run {run.id if run else ''}: success\n{place}, {manifest.digest if manifest else ''}"
    return Finding(
        release.tag,
        "passed",
        told,
        _again(release, releases, newest_release(registry.tags(incident.told) or [])),
    )


def _again(release: Release, releases: list[Release], published: str) -> str:
    """Return what publishes a sound release again; of one that users get already, nothing.

    What is published above every release a recovery published: publishing an older one again would bury it.
    """
    if same_precedence(published, release.version):
        return ""
    command = f"invoke publish.all --ref {release.tag} --version next"
    if any(same_precedence(published, other.version) for other in releases):
        return command
    return f"users get {published}, which is no release, as after a recovery; only if that is bad too: {command}"
