"""Rollback Steps: 2. Emergency Manual Chart Publication."""

from __future__ import annotations

from .toolkit.console.findings import report, run_checks, show_findings
from .toolkit.core.errors import BadInput, CheckFailed
from .toolkit.core.versions import semantic_version
from .toolkit.diagnosis.readiness import publish_checks
from .toolkit.diagnosis.release_checks import find_good_release
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe
from .toolkit.recovery.alias import ensure_alias_possible, needs_alias, publish_alias
from .toolkit.recovery.package import package_chart
from .toolkit.recovery.push import log_in, push_chart
from .toolkit.recovery.restore import restore_version
from .toolkit.recovery.withdraw import withdraw_version

JSON_HELP = {"json": "print the result as JSON on stdout"}
PACKAGE_HELP = {
    "ref": "package this commit, tag or branch; default: the merged revert, else the working copy",
    "version": "publish under this version instead of Chart.yaml's; `next` is the next free one",
    "app-version": "set this appVersion instead of Chart.yaml's",
}
ARCHIVE_HELP = {"archive": "the packaged chart to push; default: the one that was just packaged"}
OVERWRITE_HELP = {"overwrite": "a version that may be overwritten; its old manifest is kept"}
ALIAS_HELP = {"version": "a pushed version; default: that of the incident, else of Chart.yaml"}
RESTORE_HELP = {"version": "the version to restore", "digest": "if no journal names its digest"}


@recipe(help=JSON_HELP)
def check(incident: Incident, json: bool = False) -> None:
    """Check before anything: references, push permission, public access, helm's version."""
    findings = run_checks(publish_checks(incident.project), "failed")
    report("Ready to publish?", findings, json)


@recipe(help=JSON_HELP)
def good(incident: Incident, json: bool = False) -> None:
    """Find the last known good release: run green, published, installable, versions in sync."""
    findings, tag = find_good_release(incident.project, incident.log.facts.name)
    show_findings("The last known good release", findings, json, "releases", good=tag)
    if not tag:
        what = f"none of the {len(findings)} newest releases is good"
        raise CheckFailed(what, "choose a commit with --ref")


@recipe(acts=True, help=PACKAGE_HELP)
def package(
    incident: Incident,
    ref: str = "",
    version: str = "",
    app_version: str = "",
) -> None:
    """Package the chart locally: `cd helm/threek8s`, `helm package .`."""
    package_chart(incident.project, incident.log, ref, version, app_version)


@recipe(acts=True)
def login(incident: Incident) -> None:
    """Login to GitHub Container Registry: `echo $GITHUB_TOKEN | helm registry login ...`."""
    log_in(incident.project, incident.log)


@recipe(acts=True, help={**ARCHIVE_HELP, **OVERWRITE_HELP})
def push(incident: Incident, archive: str = "", overwrite: str = "") -> None:
    """Push manually to the registry: `helm push threek8s-*.tgz oci://ghcr.io/.../chart`."""
    if not incident.project.helm.logged_in:  # a login ends with its process
        login(incident.context)
    push_chart(incident.project, incident.log, archive, overwrite)


@recipe(acts=True, help={**ALIAS_HELP, **OVERWRITE_HELP})
def alias(incident: Incident, version: str = "", overwrite: str = "") -> None:
    """Publish the same manifest where users install from, CHART_REF: helm push cannot."""
    publish_alias(incident.project, incident.log, overwrite, version)


@recipe(acts=True)
def logout(incident: Incident) -> None:
    """Log out of the registry; the login ends with its command in any case."""
    host = incident.project.push_reference.host
    incident.project.helm.logout(host)
    incident.log.announce(f"logged out of {host}")


@recipe(acts=True, name="all", default=True, help={**PACKAGE_HELP, **OVERWRITE_HELP})
def everything(
    incident: Incident,
    ref: str = "",
    version: str = "",
    app_version: str = "",
    overwrite: str = "",
) -> None:
    """Release a chart immediately: package, login, push, alias, logout."""
    package(incident.context, ref=ref, version=version, app_version=app_version)
    ensure_alias_possible(incident.project, incident.log, overwrite)
    login(incident.context)
    try:
        push(incident.context, overwrite=overwrite)
        if needs_alias(incident.project, incident.log.facts.name):
            alias(incident.context, overwrite=overwrite)
    finally:
        incident.project.helm.logout(incident.project.push_reference.host)


@recipe(acts=True, help={"version": "such as 1.7.1", "delete": "really delete it"})
def withdraw(incident: Incident, version: str, delete: bool = False) -> None:
    """Withdraw a bad version, so that nobody installs it any more; its bytes are saved first."""
    semantic_version(version, "--version")
    if not delete:
        raise BadInput("users cannot install a withdrawn version", "if you want that, add --delete")
    withdraw_version(incident.project, incident.log, version)


@recipe(acts=True, help=RESTORE_HELP)
def restore(incident: Incident, version: str, digest: str = "") -> None:
    """Restore a version that publish.withdraw deleted: the same bytes, the same digest."""
    semantic_version(version, "--version")
    restore_version(incident.project, incident.log, version, digest)
