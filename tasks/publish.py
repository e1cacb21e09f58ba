"""Rollback Steps: 2. Emergency Manual Chart Publication."""

from __future__ import annotations

from functools import partial

from .toolkit.console.findings import report, run_checks, show_findings
from .toolkit.console.output import status
from .toolkit.core.errors import BadInput, CheckFailed
from .toolkit.core.versions import semantic_version
from .toolkit.diagnosis import readiness
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe
from .toolkit.recovery import alias as aliasing
from .toolkit.recovery import package as packaging
from .toolkit.recovery import push as publication
from .toolkit.recovery import withdraw as withdrawal

PACKAGE_HELP = {
    "ref": "the commit, tag or branch to package; without it the merged revert of this chain, else the working copy",
    "version": "publish under this version instead of Chart.yaml's, such as 1.7.1; `next` is the next free one",
    "app-version": "set this appVersion instead of Chart.yaml's",
}
OVERWRITE_HELP = {
    "overwrite": "a version that may be overwritten; what stood there is kept under a tag of its own"
}
ARCHIVE_HELP = {
    "archive": "the packaged chart to push; without it the one that publish.package just made"
}


@recipe(help={"json": "print the result as JSON on stdout"})
def check(incident: Incident, json: bool = False) -> None:
    """Before anything: may this token push, is the package public, are the references well formed, which helm is it."""
    found = run_checks(
        {name: partial(check, incident) for name, check in readiness.CHECKS.items()}, "failed"
    )
    report("Ready to publish?", found, json)


@recipe(help={"json": "print the result as JSON on stdout"})
def good(incident: Incident, json: bool = False) -> None:
    """Find the last known good release: published, installable, its versions in step, its run green; and why no newer one is."""
    found, releases = [], incident.github.releases()
    runs = incident.github.deployments(incident.branch, incident.settings.workflow)
    for release in releases:
        found += run_checks(
            {
                release.tag: partial(
                    readiness.check_release_health, incident, release, releases, runs
                )
            },
            "unverified",
        )
        if found[-1].outcome == "passed":
            break
    wanted = next((one.name for one in found if one.outcome == "passed"), "")
    show_findings("The last known good release", found, json, "releases", good=wanted)
    if not wanted:
        raise CheckFailed(
            f"none of the {len(found)} newest releases is sound", "choose a commit with --ref"
        )


@recipe(acts=True, help=PACKAGE_HELP)
def package(incident: Incident, ref: str = "", version: str = "", app_version: str = "") -> None:
    """Package the chart locally: `cd helm/threek8s`, `helm package .`."""
    packaging.package_chart(incident, ref, version, app_version)


@recipe(acts=True)
def login(incident: Incident) -> None:
    """Login to GitHub Container Registry: `echo $GITHUB_TOKEN | helm registry login ghcr.io --password-stdin`."""
    _login(incident)


@recipe(acts=True, help={**ARCHIVE_HELP, **OVERWRITE_HELP})
def push(incident: Incident, archive: str = "", overwrite: str = "") -> None:
    """Push manually to the registry: `helm push threek8s-*.tgz oci://ghcr.io/stianfro/threek8s/chart`."""
    if not incident.helm.logged_in:  # a login ends with the process that made it
        _login(incident)
    publication.push_chart(incident, archive, overwrite)


@recipe(acts=True, help=OVERWRITE_HELP)
def alias(incident: Incident, overwrite: str = "") -> None:
    """Make the reference that users are told (CHART_REF) work too: the same manifest there, since helm push appends the chart's name."""
    aliasing.publish_alias(incident, overwrite)


@recipe(acts=True)
def logout(incident: Incident) -> None:
    """Forget the registry login, which this process alone knows; it is forgotten at its end in any case."""
    incident.helm.logout(incident.target.host)
    if not incident.dry:
        status("publish.logout", f"logged out of {incident.target.host}", "done")


@recipe(acts=True, name="all", default=True, help={**PACKAGE_HELP, **OVERWRITE_HELP})
def everything(
    incident: Incident, ref: str = "", version: str = "", app_version: str = "", overwrite: str = ""
) -> None:
    """Release a chart immediately: package, login, push, alias, logout."""
    packaging.package_chart(incident, ref, version, app_version)
    aliasing.ensure_alias_possible(incident, overwrite)
    _login(incident)
    try:
        publication.push_chart(incident, "", overwrite)
        if incident.told != incident.target.chart(incident.known["name"]):
            aliasing.publish_alias(incident, overwrite)
    finally:
        incident.helm.logout(incident.target.host)


@recipe(
    acts=True,
    help={
        "version": "the version to take away, such as 1.7.1",
        "delete": "really delete it; its bytes are saved first",
    },
)
def withdraw(incident: Incident, version: str, delete: bool = False) -> None:
    """Take a bad version away, so that nobody installs it any more; its bytes are saved beside the record."""
    semantic_version(version, "--version")
    if not delete:
        raise BadInput(
            "a version that is withdrawn cannot be installed any more",
            "if that is wanted, add --delete",
        )
    withdrawal.withdraw_version(incident, version)


@recipe(acts=True, help={"version": "the version to put back"})
def restore(incident: Incident, version: str) -> None:
    """Put back a version that publish.withdraw took away: the same bytes, the same digest."""
    withdrawal.restore_version(incident, semantic_version(version, "--version"))


def _login(incident: Incident) -> None:
    user, token = incident.login
    incident.helm.login(incident.target.host, user, token, "gh auth token")
    if not incident.dry:
        status(
            "publish.login",
            f"logged in to {incident.target.host} as {user}, for this command alone",
            "done",
        )
