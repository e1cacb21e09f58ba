"""Find the settings of a repository in its clone, without asking a server."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from ..clients.git.origin import repository_in_url
from ..clients.github.chart_repositories import find_chart_repository_publishers
from ..clients.github.publishers import Publisher, find_publishers
from ..core.env_entry import Entry
from ..core.errors import BadInput
from ..incident.charts import chart_name, only_folder
from ..incident.project import Project
from ..incident.recipes_place import is_checkout
from ..workflows.callers import workflows_at
from ..workflows.chart_candidates import chart_dir_entry, named_in, published_charts
from ..workflows.publishers import registry_entry, with_chart_repositories, workflow_entry
from .documented_reference import chart_ref_entry, with_documented_registries
from .user_texts import read_documents


def find_entries(project: Project) -> list[Entry]:
    """Return the settings for the clone of `project`, which has none of them yet.

    Raises BadInput if it has no chart, or no commit.
    """
    charts = _tracked_charts(project)
    branch = project.git.recorded_default_branch()
    tip = project.git.resolve(f"origin/{branch}" if branch else "HEAD")
    repository = _repository_entry(project)
    workflows = workflows_at(project, tip)
    publishers = find_publishers(workflows, repository.value)
    chosen = published_charts(project.root, charts)
    chosen = named_in(chosen, _text_of(project, tip, publishers))
    names = {folder: chart_name(project.root, folder) for folder in charts}
    documents = read_documents(project, tip)
    published = [names[folder] for folder in chosen]
    registry = registry_entry(publishers)
    if not registry.value and not registry.candidates:
        registry = with_documented_registries(registry, published, documents)
    registry = with_chart_repositories(registry, find_chart_repository_publishers(workflows))
    return [
        repository,
        *_branch_entries(branch),
        workflow_entry(publishers),
        chart_dir_entry(charts, chosen, names),
        registry,
        chart_ref_entry(registry.value, published, documents),
    ]


def _tracked_charts(project: Project) -> list[str]:
    """Return the folders of all charts. Raises BadInput if there is none."""
    charts = project.git.chart_folders()
    if not charts and is_checkout(project.root):
        what = f"{project.root} is the recipes' own repository, and has no chart"
        raise BadInput(what, "cd into the clone of your chart's repository, and run init there")
    if not charts:
        only_folder(project.root, charts)
    return charts


def _text_of(project: Project, tip: str, publishers: list[Publisher]) -> str:
    """Return the text of the workflow that publishes, if there is only one."""
    if len(publishers) != 1:
        return ""
    path = publishers[0].path
    return project.git.files.read(tip, path)


def _repository_entry(project: Project) -> Entry:
    """Return GITHUB_REPOSITORY: what origin is on GitHub."""
    url = project.git.origin.url()
    host = urlsplit(project.settings.github_server_url).hostname or ""
    name = repository_in_url(url, host)
    if name:
        source = "the origin of the clone"
        upstream = repository_in_url(project.git.origin.url("upstream"), host)
        if upstream and upstream.lower() != name.lower():
            source += f"; if that is a fork of {upstream}, clone {upstream} itself"
        return Entry("GITHUB_REPOSITORY", name, source, derived=True)
    if project.settings.github_repository:
        source = "as it is set; origin is no repository of GitHub"
        return Entry("GITHUB_REPOSITORY", project.settings.github_repository, source)
    reason = f"origin is {url}, which is not on {host}" if url else "the clone has no origin"
    return Entry("GITHUB_REPOSITORY", "", reason)


def _branch_entries(branch: str) -> Iterator[Entry]:
    if branch:
        source = "the default branch of origin, as the clone has recorded it"
        yield Entry("DEFAULT_BRANCH", branch, source, derived=True)
