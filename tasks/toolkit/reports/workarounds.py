"""What users can do until the chart can be installed again: only methods that were tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..clients.helm.chart import Chart
from ..clients.helm.chart_files import ensure_own_files
from ..clients.helm.dependency_build import DependencyBuild
from ..console.output import status
from ..core.errors import BadInput, RecipeError, Refused, ServiceError
from ..core.markdown import code_block, plain
from ..core.shell import join
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from .source_install import archive_folder, archive_url, clone_url, ensure_plain_name, release_tag


@dataclass(frozen=True)
class Method:
    """One way to install the chart: its shell commands, to be pasted."""

    title: str
    commands: Sequence[str]

    def markdown(self, heading: str) -> list[str]:
        """Return the commands below a heading, as lines of Markdown."""
        return [
            heading,
            "",
            *code_block(self.commands, "bash"),
            "",
        ]


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
    published = _published(project, log.facts)
    if version:
        tags = [release_tag(project, version)]
    else:
        newest = [release.tag for release in project.releases.newest()]
        tags = tags_to_test(own_tag, newest)
    project.git.tags.fetch()
    released = _first_installable(project, tags, required=bool(version))
    current = _from_repository(project, branch, tip)
    methods = [method for method in (current, released) if method]
    if not methods and not published:
        tested = [branch, *tags]
        raise Refused(
            f"neither {' nor '.join(tested)} can be installed",
            "correct the chart first, then notify users",
        )
    return as_markdown(published, methods, project.install_reference().oci)


def as_markdown(published: Method | None, methods: Sequence[Method], reference: str) -> str:
    """Return the text for users, who install from `reference` at other times."""
    lines = []
    start = f"Until `{reference}` can be installed again"
    if published:
        start = "Without the registry"
        lines += published.markdown(f"{published.title}:")
    if methods:
        ways = "there is one way" if len(methods) == 1 else f"there are {len(methods)} ways"
        upgrade = "If it is already installed, write `helm upgrade` instead of `helm install`."
        lines += [f"{start}, {ways} to install the chart. {upgrade}", ""]
    for number, method in enumerate(methods, 1):
        option = f"Option {number}: " if len(methods) > 1 else ""
        lines += method.markdown(f"**{option}{method.title}**")
    return "\n".join(lines)


def install_commands(chart: Chart, build: DependencyBuild, path: str) -> list[str]:
    """Return the commands that install the chart in the folder `path`, dependencies first."""
    commands = [*build.commands(path), ["install", chart.name, path]]
    return [join(["helm", *command]) for command in commands]


def published_method(facts: Facts, *, plain_http: bool) -> Method:
    """Return how to install the version that the incident published."""
    reference = facts.alias or facts.reference
    words = ["helm", "install", facts.name, reference, "--version", facts.version]
    if plain_http:
        words.append("--plain-http")
    title = f"Version {plain(facts.version)} can be installed from the registry"
    return Method(title, [join(words)])


def tags_to_test(own_tag: str, newest: Sequence[str]) -> list[str]:
    """Return the tags of the newest releases, after that of the release itself, if there is one."""
    if not own_tag:
        return list(newest)
    others = [tag for tag in newest if tag != own_tag]
    return [own_tag, *others]


def _from_repository(project: Project, branch: str, commit: str) -> Method | None:
    """Return how to install the chart from the branch's tip `commit`, if that is possible."""
    _, _, folder = project.slug.partition("/")
    install = _tested_commands(project, branch, commit, folder)
    if not install:
        return None
    clone = join(["git", "clone", clone_url(project)])
    return Method("From the repository, as it is now", [clone, *install])


def _first_installable(project: Project, tags: Sequence[str], *, required: bool) -> Method | None:
    """Return how to install the first release that can be installed; report the others.

    Raises Refused for the first that cannot if it is `required`.
    """
    for tag in tags:
        ref = f"refs/tags/{tag}"
        folder = archive_folder(project.slug, tag)
        install = _tested_commands(project, tag, ref, folder, required=required)
        if install:
            archive = tag.rpartition("/")[2]
            url = archive_url(project, tag)
            download = [
                join(["curl", "--fail", "--location", "--remote-name", url]),
                join(["tar", "-xzf", f"{archive}.tar.gz"]),
            ]
            return Method(f"The release {tag}", [*download, *install])
    return None


def _tested_commands(
    project: Project,
    name: str,
    ref: str,
    folder: str,
    *,
    required: bool = False,
) -> list[str]:
    """Return the commands that install the chart at a ref, whose tree users have in a folder.

    It is rendered as users would, without logins and repositories in helm. If that fails, report
    why, or raise Refused with helm's output if it is `required`.
    """
    try:
        if ref.startswith("refs/tags/"):
            ensure_plain_name(name)
        commit = project.git.resolve(ref)
        chart = project.chart_at(commit, name)
        with project.git.worktrees.checkout(commit, quiet=True) as tree:
            ensure_own_files(tree, project.chart_dir)
            build = project.helm.check_as_user(tree / project.chart_dir, chart, quiet=True)
    except (BadInput, Refused, ServiceError) as error:
        refusal = Refused(
            f"{name} cannot be installed: {error.what}",
            "give another --version, or none for the newest that can be installed",
        )
        if required:
            raise refusal from error
        status(f"left out: {refusal.what}", "warning")
        return []
    return install_commands(chart, build, f"./{folder}/{project.chart_dir}")


def _published(project: Project, facts: Facts) -> Method | None:
    """Return how to install the version that this incident published, if anybody can."""
    if not facts.published:
        return None
    reference = facts.alias or facts.reference
    settings = project.settings
    try:
        project.helm.installer.try_install(
            reference,
            facts.version,
            settings.release_name,
            settings.namespace,
        )
    except RecipeError as error:  # the other methods need no registry
        what = f"{reference} {facts.version} cannot be installed: {error.what}"
        status(f"left out: {what}", "warning")
        return None
    return published_method(facts, plain_http=settings.plain_http)
