"""What users can do until the chart can be installed again: only methods that were tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..clients.helm.chart import Chart
from ..console.output import status
from ..core.errors import BadInput, RecipeError, Refused
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from .source_install import archive_folder, archive_url, clone_url, release_tag


@dataclass(frozen=True)
class Method:
    """One way to install the chart: its shell commands, to be pasted."""

    title: str
    commands: Sequence[str]

    def code_block(self) -> list[str]:
        """Return the commands as lines of Markdown."""
        return ["```bash", *self.commands, "```", ""]


def workaround_instructions(
    project: Project,
    log: IncidentLog,
    version: str = "",
    own_tag: str = "",
) -> str:
    """Return as Markdown how to install what was published, the repository as it is, a release.

    The release is that of `version`, or else the first of `own_tag` and the newest that can be
    installed. Raises BadInput; Refused if that version cannot be installed, or nothing can.
    """
    branch = project.default_branch
    tip = project.git.fetch(branch)
    published = _published_method(project, log.facts)
    tags = _candidate_tags(project, version, own_tag)
    project.git.tags.fetch()
    refs = {tag: f"refs/tags/{tag}" for tag in tags}
    released = _first_installable(project, refs, required=bool(version))
    current = _first_installable(project, {branch: tip})
    methods = []
    if current:
        methods.append(_repository_method(project, current[1]))
    if released:
        methods.append(_release_method(project, *released))
    if not methods and not published:
        what = f"neither {' nor '.join([branch, *tags])} can be installed"
        raise Refused(what, "correct the chart first, then notify users")
    return as_markdown(published, methods, project.install_reference().oci)


def as_markdown(published: Method | None, methods: Sequence[Method], reference: str) -> str:
    """Return the text for users, who install from `reference` at other times."""
    lines = []
    start = f"Until `{reference}` can be installed again"
    if published:
        lines += [f"{published.title}:", "", *published.code_block()]
        start = "Without the registry"
    if methods:
        ways = "there is one way" if len(methods) == 1 else f"there are {len(methods)} ways"
        upgrade = "If it is already installed, write `helm upgrade` instead of `helm install`."
        lines += [f"{start}, {ways} to install the chart. {upgrade}", ""]
    for number, method in enumerate(methods, 1):
        option = f"Option {number}: " if len(methods) > 1 else ""
        lines += [f"**{option}{method.title}**", "", *method.code_block()]
    return "\n".join(lines)


def _candidate_tags(project: Project, version: str, own_tag: str) -> list[str]:
    """Return the tag of `version`, or without one `own_tag` and the newest. Raises BadInput."""
    if version:
        return [release_tag(project, version)]
    tags = [release.tag for release in project.github.releases.newest()]
    if own_tag:
        tags.insert(0, own_tag)
    return list(dict.fromkeys(tags))


def _repository_method(project: Project, chart: Chart) -> Method:
    commands = _install_commands(project, chart, project.slug.partition("/")[2])
    clone = f"git clone {clone_url(project)}"
    return Method("From the repository, as it is now", [clone, *commands])


def _release_method(project: Project, tag: str, chart: Chart) -> Method:
    commands = _install_commands(project, chart, archive_folder(project.slug, tag))
    download = f"curl --fail --location --remote-name {archive_url(project, tag)}"
    unpack = f"tar -xzf {tag.rpartition('/')[2]}.tar.gz"
    return Method(f"The release {tag}", [download, unpack, *commands])


def _install_commands(project: Project, chart: Chart, folder: str) -> list[str]:
    path = f"./{folder}/{project.chart_dir}"
    install = f"helm install {chart.name} {path}"
    if chart.has_dependencies:
        return [f"helm dependency build {path}", install]
    return [install]


def _first_installable(
    project: Project, refs: Mapping[str, str], *, required: bool = False
) -> tuple[str, Chart] | None:
    """Return the name and the chart of the first ref that can be installed; report the others.

    Raises Refused for the first that cannot if it is `required`.
    """
    for name, ref in refs.items():
        try:
            return name, _tested_chart(project, name, ref)
        except Refused as error:
            if required:
                raise
            status(f"left out: {error.what}", "warning")
    return None


def _tested_chart(project: Project, name: str, ref: str) -> Chart:
    """Return the chart at a ref after helm rendered it. Raises Refused with helm's output."""
    try:
        commit = project.git.resolve(ref)
        chart = project.chart_at(commit, name)
        with project.git.worktrees.checkout(commit, quiet=True) as tree:
            project.helm.check_chart(tree / project.chart_dir, chart)
    except (BadInput, Refused) as error:
        advice = "give another --version, or none for the newest that can be installed"
        raise Refused(f"{name} cannot be installed: {error.what}", advice) from error
    return chart


def _published_method(project: Project, facts: Facts) -> Method | None:
    """Return how to install the version that this incident published, if anybody can."""
    if not facts.published:
        return None
    reference = facts.alias or facts.reference
    version = facts.version
    settings = project.settings
    try:
        project.helm.installer.try_install(
            reference, version, settings.release_name, settings.namespace
        )
    except RecipeError as error:  # the other methods need no registry
        what = f"{reference} {version} cannot be installed: {error.what}"
        status(f"left out: {what}", "warning")
        return None
    command = f"helm install {facts.name} {reference} --version {version}"
    if settings.plain_http:
        command += " --plain-http"
    return Method(f"Version {version} can be installed from the registry", [command])
