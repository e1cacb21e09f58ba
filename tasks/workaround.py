"""Rollback Steps: 3. Temporary Workaround Instructions."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from .toolkit.clients.git.repository import clone_repository
from .toolkit.clients.source_archive import download_archive, unpack_archive
from .toolkit.console.output import print_line, status
from .toolkit.core.errors import BadInput, Refused, ServiceError
from .toolkit.core.settings import VARIABLES
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe
from .toolkit.reports.workarounds import archive_folder, release_tag, workaround_instructions

MEBIBYTE = 1 << 20
INSTALL_HELP = {
    "release": "name of the Helm release, instead of the chart's",
    "install": "install it into the cluster of KUBECONFIG, namespace NAMESPACE; without it the installation is only tried",
}


@recipe(acts=True, help=INSTALL_HELP)
def source(incident: Incident, release: str = "", install: bool = False) -> None:
    """Option 1: Install from GitHub repository directly: `git clone`, `helm install threek8s ./threek8s/helm/threek8s`."""
    _check(release)
    url, folder = (
        f"{incident.settings.github_server_url}/{incident.slug}.git",
        incident.scratch / "source",
    )
    clone_repository(incident.commands, url, folder)
    _install(incident, "workaround.source", folder / incident.chart_dir, release, install)


@recipe(
    acts=True,
    help={"version": "the release's version, such as 1.7.0; without it the newest", **INSTALL_HELP},
)
def tarball(
    incident: Incident, version: str = "", release: str = "", install: bool = False
) -> None:
    """Option 2: Download chart manually: `wget .../v<VERSION>.tar.gz`, `tar -xzf`, `helm install ./threek8s-<VERSION>/helm/threek8s`."""
    _check(release)
    settings, tag, file = (
        incident.settings,
        release_tag(incident, version),
        incident.scratch / "source.tar.gz",
    )
    size = round(settings.download_limit * MEBIBYTE)
    url = f"{settings.github_server_url}/{incident.slug}/archive/refs/tags/{tag}.tar.gz"
    download_archive(url, file, seconds=settings.command_timeout, size=size)
    folder = (
        incident.scratch / "unpacked"
    )  # of its own: in the scratch folder itself it could replace helm's login
    unpack_archive(file, folder, size=size)
    if incident.dry:
        to = shlex.quote(str(folder))
        incident.commands.plan.add(f"mkdir -p {to}\ncurl --fail --location {url} | tar -xz -C {to}")
    _install(
        incident,
        "workaround.tarball",
        folder / archive_folder(incident.slug, tag) / incident.chart_dir,
        release,
        install,
    )


@recipe(
    help={
        "version": "the release's version, such as 1.7.0; without it the newest that can be installed"
    }
)
def instructions(incident: Incident, version: str = "") -> None:
    """If users need to install while the issue is being fixed: both options as Markdown, to be pasted into an issue or release notes."""
    print_line(workaround_instructions(incident, version))


def _check(release: str) -> None:
    if release and not re.fullmatch(VARIABLES["RELEASE_NAME"].pattern, release):
        raise BadInput(
            f"--release {release!r} is no name of a Helm release",
            "give 53 lower case letters, digits and dashes at the most",
        )


def _install(incident: Incident, step: str, folder: Path, release: str, install: bool) -> None:
    """Check the chart in `folder`, try to install it, and only then, if asked to, do so, and look again."""
    helm, space = incident.helm, incident.settings.namespace
    chart = helm.chart(folder)
    what, name = f"{chart.name} {chart.version}", release or chart.name
    helm.check(folder, chart)
    if install and (found := helm.release(name, space)):
        if found != (chart.name, chart.version, "deployed"):
            raise Refused(
                f"release {name} in namespace {space} is {' '.join(found)}",
                f"choose another name with --release, or `helm upgrade {name}`",
            )
        status(step, f"{what} is installed already as release {name} in namespace {space}", "done")
        incident.found_done(step)
        return
    status(
        step,
        f"{what} can be installed as {name}: {helm.try_install(str(folder), '', name, space)}",
        "done",
    )
    if not install:
        status(step, f"it was only tried; to do it: invoke {step} --install", "next")
        return
    with incident.acting(step, release=name, namespace=space, version=chart.version):
        helm.install(folder, name, space)
        if not incident.dry and helm.release(name, space) != (
            chart.name,
            chart.version,
            "deployed",
        ):
            raise ServiceError(
                f"release {name} is not deployed in namespace {space}",
                f"see `helm status {name} --namespace {space}`",
            )
    status(
        step,
        f"installed {what} as release {name} in namespace {space}",
        "note" if incident.dry else "done",
    )
