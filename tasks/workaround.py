"""Rollback Steps: 3. Temporary Workaround Instructions."""

from __future__ import annotations

from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import ONE_CHART, recipe

INSTALL_HELP = {
    "release": "name of the Helm release, instead of the chart's",
    "install": "install it in NAMESPACE of the cluster of KUBECONFIG, after the test",
}
TARBALL_HELP = {"version": "the version of a release, such as 1.7.0; default: the newest"}
INSTRUCTIONS_HELP = {"version": "the version of a release; default: the newest that works"}


@recipe(acts=True, takes=ONE_CHART, help=INSTALL_HELP)
def source(incident: Incident, release: str = "", install: bool = False) -> None:
    """Option 1: Install from GitHub repository directly.

    Test it, or with --install do it: `git clone`, `helm install threek8s ./threek8s/helm/threek8s`.
    """
    from .toolkit.reports.source_install import clone_source, ensure_release_name, try_or_install

    ensure_release_name(release)
    folder = clone_source(incident.project)
    try_or_install(incident.project, incident.log, folder, release, install=install)


@recipe(acts=True, takes=ONE_CHART, help=TARBALL_HELP | INSTALL_HELP)
def tarball(
    incident: Incident, version: str = "", release: str = "", install: bool = False
) -> None:
    """Option 2: Download chart manually.

    Test it, or with --install do it: `wget .../v<VERSION>.tar.gz`, `tar -xzf v<VERSION>.tar.gz`,
    `helm install threek8s ./threek8s-<VERSION>/helm/threek8s`.
    """
    from .toolkit.reports.source_install import download_source, ensure_release_name, try_or_install

    ensure_release_name(release)
    folder = download_source(incident.project, version)
    try_or_install(incident.project, incident.log, folder, release, install=install)


@recipe(takes=ONE_CHART, help=INSTRUCTIONS_HELP)
def instructions(incident: Incident, version: str = "") -> None:
    """If users need to install while the issue is being fixed: print both options as Markdown.

    They can be pasted into an issue or into release notes.
    """
    from .toolkit.console.output import print_line
    from .toolkit.reports.workarounds import workaround_instructions

    print_line(workaround_instructions(incident.project, incident.log, version))
