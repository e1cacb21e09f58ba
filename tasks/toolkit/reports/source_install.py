"""Install the chart from its source, without the registry: from the repository or a release."""

from __future__ import annotations

import re
from pathlib import Path

from ..clients.git.repository import clone_repository
from ..clients.source_archive import MEBIBYTE, fetch_source
from ..console.output import status
from ..core.errors import BadInput, Refused, ServiceError
from ..core.invocation import current_step
from ..core.settings import VARIABLES
from ..core.versions import version_of_tag
from ..incident.log import IncidentLog
from ..incident.project import Project


def ensure_release_name(name: str) -> None:
    """Raise BadInput for a name that Helm does not accept for a release; none is fine."""
    if name and not re.fullmatch(VARIABLES["RELEASE_NAME"].pattern, name):
        advice = "use at most 53 lower case letters, digits and dashes"
        raise BadInput(f"--release {name!r} is not the name of a Helm release", advice)


def clone_source(project: Project) -> Path:
    """Clone the repository without credentials, and return the chart's folder in the clone."""
    folder = project.scratch / "source"
    clone_repository(project.runner, clone_url(project), folder)
    return folder / project.chart_dir


def download_source(project: Project, version: str) -> Path:
    """Download a release's source, by default the newest, and return the chart's folder in it.

    Raises BadInput, Refused, TookTooLong, ServiceError.
    """
    tag = release_tag(project, version)
    url = archive_url(project, tag)
    folder = fetch_source(
        project.runner.executor,
        url,
        project.scratch,
        seconds=project.settings.command_timeout,
        size=round(project.settings.download_limit * MEBIBYTE),
    )
    return folder / archive_folder(project.slug, tag) / project.chart_dir


def clone_url(project: Project) -> str:
    """Return the URL from which users clone the repository."""
    return f"{project.settings.github_server_url}/{project.slug}.git"


def archive_url(project: Project, tag: str) -> str:
    """Return the URL of GitHub's source archive of a tag."""
    return f"{project.settings.github_server_url}/{project.slug}/archive/refs/tags/{tag}.tar.gz"


def archive_folder(slug: str, tag: str) -> str:
    """Return the folder in GitHub's source archive of a tag: v1.7.0 becomes threek8s-1.7.0."""
    name = slug.partition("/")[2]
    return f"{name}-{re.sub(r'^v(?=[0-9])', '', tag)}"


def release_tag(project: Project, version: str) -> str:
    """Return the tag at origin of a version, by default of the newest release. Raises BadInput."""
    releases = project.github.releases.newest()
    wanted = version_of_tag(version)
    if not wanted and releases:
        wanted = releases[0].version
    tag = project.git.tags.tag_of_version(wanted) if wanted else ""
    if tag:
        return tag
    what = f"{project.slug} has no tag v{wanted}" if wanted else f"{project.slug} has no release"
    newest = ", ".join(release.tag for release in releases[:5]) or "none yet"
    raise BadInput(what, f"give --version; the releases are {newest}")


def try_or_install(
    project: Project,
    log: IncidentLog,
    folder: Path,
    release: str,
    *,
    install: bool,
) -> None:
    """Test the installation of the chart in `folder`, and perform it if `install`, but only once.

    Raises BadInput, Refused, ServiceError.
    """
    installer = project.helm.installer
    namespace = project.settings.namespace
    chart = project.helm.read_chart(folder)
    project.helm.check_chart(folder, chart)
    name = f"{chart.name} {chart.version}"
    wanted = (chart.name, chart.version, "deployed")
    release = release or chart.name
    place = f"release {release} in namespace {namespace}"
    installed = installer.installed_release(release, namespace) if install else None
    if installed == wanted:
        status(f"{name} is already installed as {place}", "done")
        log.record_skipped()
        return
    if installed:
        advice = f"choose another name with --release, or `helm upgrade {release}`"
        raise Refused(f"{place} is {' '.join(installed)}", advice)
    objects = installer.try_install(str(folder), "", release, namespace)
    status(f"{name} can be installed as {release}: {objects}", "done")
    if not install:
        status(f"this was only a test; to install it: invoke {current_step()} --install", "next")
        return
    with log.recording_step(release=release, namespace=namespace, version=chart.version):
        is_done = installer.install(folder, release, namespace)
        if is_done and installer.installed_release(release, namespace) != wanted:
            advice = f"see `helm status {release} --namespace {namespace}`"
            raise ServiceError(f"{place} is not deployed", advice)
    log.announce(f"installed {name} as {place}")
