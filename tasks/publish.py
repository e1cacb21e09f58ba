"""Rollback Steps: 2. Emergency Manual Chart Publication."""

from __future__ import annotations

from functools import partial

from .toolkit.core.errors import BadInput
from .toolkit.core.versions import semantic_version
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import EACH_CHART, ONE_CHART, recipe

PACKAGE_HELP = {
    "ref": "package this commit, tag or branch; default: the merged revert, else the working copy",
    "version": "publish under this version instead of Chart.yaml's; `next` is the next free one",
    "app-version": "set this appVersion instead of Chart.yaml's",
}
ARCHIVE_HELP = {"archive": "the packaged chart to push; default: the one that was just packaged"}
OVERWRITE_HELP = {"overwrite": "a version that may be overwritten; its old manifest is kept"}
ALL_HELP = PACKAGE_HELP | OVERWRITE_HELP
ALIAS_HELP = {"version": "a pushed version; default: that of the incident, else of Chart.yaml"}
RESTORE_HELP = {"version": "the version to restore", "digest": "if no journal names its digest"}


@recipe(takes=EACH_CHART)
def check(incident: Incident) -> None:
    """Check before anything: references, push permission, public access, helm's version."""
    from .toolkit.console.findings import report, run_checks_of_charts
    from .toolkit.diagnosis.readiness import publish_checks

    findings = run_checks_of_charts(publish_checks(incident.project), "failed")
    report("Ready to publish?", findings)


@recipe(takes=EACH_CHART)
def good(incident: Incident) -> None:
    """Find the last known good release: run green, published, installable, versions in sync."""
    from .toolkit.diagnosis.release_history import find_good_releases, report_good_releases

    report_good_releases(find_good_releases(incident.project, incident.log))


@recipe(acts=True, takes=ONE_CHART, help=PACKAGE_HELP)
def package(incident: Incident, ref: str = "", version: str = "", app_version: str = "") -> None:
    """Package the chart locally: `cd helm/threek8s`, `helm package .`."""
    from .toolkit.recovery.package import package_chart

    package_chart(incident.project, incident.log, ref, version, app_version)


@recipe(acts=True)
def login(incident: Incident) -> None:
    """Login to GitHub Container Registry: `echo $GITHUB_TOKEN | helm registry login ...`."""
    from .toolkit.recovery.push import log_in

    log_in(incident.project, incident.log)


@recipe(acts=True, takes=ONE_CHART, help={**ARCHIVE_HELP, **OVERWRITE_HELP})
def push(incident: Incident, archive: str = "", overwrite: str = "") -> None:
    """Push manually to the registry: `helm push threek8s-*.tgz oci://ghcr.io/.../chart`."""
    from .toolkit.recovery.push import push_chart

    if not incident.project.helm.login.is_valid:  # a login ends with its process
        login(incident.context)
    push_chart(incident.project, incident.log, archive, overwrite)


@recipe(acts=True, takes=ONE_CHART, help={**ALIAS_HELP, **OVERWRITE_HELP})
def alias(incident: Incident, version: str = "", overwrite: str = "") -> None:
    """Publish the same manifest where users install from, CHART_REF: helm push cannot."""
    from .toolkit.recovery.alias import publish_alias

    publish_alias(incident.project, incident.log, overwrite, version)


@recipe(acts=True)
def logout(incident: Incident) -> None:
    """Log out of the registry; the login ends with its command in any case."""
    host = incident.project.push_reference.host
    incident.project.helm.login.log_out(host)
    incident.log.announce(f"logged out of {host}")


@recipe(acts=True, takes=EACH_CHART, name="all", default=True, help=ALL_HELP)
def everything(
    incident: Incident, ref: str = "", version: str = "", app_version: str = "", overwrite: str = ""
) -> None:
    """Release a chart immediately: package, login, push, alias, logout."""
    from .toolkit.recovery.several import publish_charts

    options = {"ref": ref, "version": version, "app_version": app_version}
    publish_charts(
        incident.project,
        incident.log,
        {**options, "overwrite": overwrite},
        package=partial(package, incident.context, **options),
        login=partial(login, incident.context),
        push=partial(push, incident.context, overwrite=overwrite),
        alias=partial(alias, incident.context, overwrite=overwrite),
    )


@recipe(acts=True, takes=ONE_CHART, help={"version": "such as 1.7.1", "delete": "really delete it"})
def withdraw(incident: Incident, version: str, delete: bool = False) -> None:
    """Withdraw a bad version, so that nobody installs it any more; its bytes are saved first."""
    from .toolkit.recovery.withdraw import withdraw_version

    semantic_version(version, "--version")
    if not delete:
        raise BadInput("users cannot install a withdrawn version", "if you want that, add --delete")
    withdraw_version(incident.project, incident.log, version)


@recipe(acts=True, takes=ONE_CHART, help=RESTORE_HELP)
def restore(incident: Incident, version: str, digest: str = "") -> None:
    """Restore a version that publish.withdraw deleted: the same bytes, the same digest."""
    from .toolkit.recovery.restore import restore_version

    semantic_version(version, "--version")
    restore_version(incident.project, incident.log, version, digest)
