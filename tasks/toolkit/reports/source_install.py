"""Install the chart from its source, without the registry: from the repository or a release."""

from __future__ import annotations

import re
from pathlib import Path

from ..clients.archive import MEBIBYTE
from ..clients.git.clones import clone_repository
from ..clients.helm.chart import Chart
from ..clients.helm.chart_files import ensure_own_files
from ..clients.source_archive import fetch_source
from ..console.output import status
from ..core.errors import BadInput, Refused, ServiceError
from ..core.invocation import current_step
from ..core.settings import VARIABLES
from ..incident.log import IncidentLog
from ..incident.project import Project


def ensure_release_name(name: str) -> None:
    """Raise BadInput for a name that Helm does not accept for a release; none is fine."""
    pattern = VARIABLES["RELEASE_NAME"].pattern
    if name and not re.fullmatch(pattern, name):
        raise BadInput(
            f"--release {name!r} is not the name of a Helm release",
            "use at most 53 lower case letters, digits and dashes",
        )


def ensure_plain_name(name: str) -> None:
    """Raise Refused for a tag or branch that a shell, a URL or Markdown would read as more."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._+/-]*", name):
        raise Refused(
            f"{name!r} is no plain name: users would paste it into a shell",
            "use a release whose tag has letters, digits, dots and dashes only",
        )


def clone_source(project: Project) -> Path:
    """Clone the repository without credentials, and return the chart's folder in the clone."""
    folder = project.scratch / "source"
    clone_repository(project.runner, clone_url(project), folder)
    ensure_own_files(folder, project.chart_dir)
    return folder / project.chart_dir


def download_source(project: Project, version: str) -> Path:
    """Download a release's source, by default the newest, and return the chart's folder in it.

    Raises BadInput, Refused, TookTooLong, ServiceError.
    """
    tag = release_tag(project, version)
    ensure_plain_name(tag)
    settings = project.settings
    folder = fetch_source(
        project.runner.executor,
        archive_url(project, tag),
        project.scratch,
        seconds=settings.command_timeout,
        size=round(settings.download_limit * MEBIBYTE),
    )
    top = folder / archive_folder(project.slug, tag)
    ensure_own_files(top, project.chart_dir)
    return top / project.chart_dir


def clone_url(project: Project) -> str:
    """Return the URL from which users clone the repository."""
    return f"{project.settings.github_server_url}/{project.slug}.git"


def archive_url(project: Project, tag: str) -> str:
    """Return the URL of GitHub's source archive of a tag."""
    return f"{project.settings.github_server_url}/{project.slug}/archive/refs/tags/{tag}.tar.gz"


def archive_folder(slug: str, tag: str) -> str:
    """Return the folder in GitHub's source archive of a tag: v1.7.0 becomes threek8s-1.7.0."""
    _, _, name = slug.partition("/")
    version = re.sub(r"^v(?=[0-9])", "", tag)
    return f"{name}-{version}"


def release_tag(project: Project, version: str) -> str:
    """Return the tag at origin of a version, by default of the newest release. Raises BadInput."""
    releases = project.releases.newest()
    if not version and releases:
        return releases[0].tag
    wanted = project.releases.version_of(version) or version.removeprefix("v")
    tag = project.releases.find_tag(wanted) if wanted else ""
    if tag:
        return tag
    tags = []
    for release in releases:
        tags.append(release.tag)
    raise missing_release(project.slug, wanted, tags)


def missing_release(slug: str, version: str, tags: list[str]) -> BadInput:
    """Return the error for a version without a tag, or for no release; `tags` are of releases."""
    newest = ", ".join(tags[:5])
    return BadInput(
        f"{slug} has no tag of {version}" if version else f"{slug} has no release",
        f"give --version; the releases are {newest or 'none yet'}",
    )


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
    chart = project.helm.read_chart(folder)
    project.helm.check_as_user(folder, chart)
    release = release or chart.name
    name = f"{chart.name} {chart.version}"
    if install and _is_installed(project, chart, release):
        status(f"{name} is already installed as {_place(project, release)}", "done")
        log.record_skipped()
        return
    objects = project.helm.installer.try_install(
        str(folder),
        "",
        release,
        project.settings.namespace,
    )
    status(f"{name} can be installed as {release}: {objects}", "done")
    if install:
        _install(project, log, folder, chart, release)
        log.announce(f"installed {name} as {_place(project, release)}")
    else:
        status(f"this was only a test; to install it: invoke {current_step()} --install", "next")


def _place(project: Project, release: str) -> str:
    return f"release {release} in namespace {project.settings.namespace}"


def _is_installed(project: Project, chart: Chart, release: str) -> bool:
    """Return whether a Helm release has this chart. Raises Refused if it has another one."""
    namespace = project.settings.namespace
    installed = project.helm.installer.installed_release(release, namespace)
    if installed and installed != (chart.name, chart.version, "deployed"):
        raise Refused(
            f"{_place(project, release)} is {' '.join(installed)}",
            f"choose another name with --release, or `helm upgrade {release}`",
        )
    return bool(installed)


def _install(
    project: Project,
    log: IncidentLog,
    folder: Path,
    chart: Chart,
    release: str,
) -> None:
    installer = project.helm.installer
    namespace = project.settings.namespace
    with log.recording_step(
        release=release,
        namespace=namespace,
        version=chart.version,
    ):
        is_done = installer.install(folder, release, namespace)
        wanted = (chart.name, chart.version, "deployed")
        if is_done and installer.installed_release(release, namespace) != wanted:
            raise ServiceError(
                f"{_place(project, release)} is not deployed",
                f"see `helm status {release} --namespace {namespace}`",
            )
