"""The workflows of a commit, and those that call the one that publishes the chart."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

from ..clients.github.publishers import advise_workflow
from ..clients.github.workflow_calls import WORKFLOWS, Call, called_files, find_calls
from ..clients.github.workflow_file import Workflow, parse_workflows
from ..core.errors import BadInput
from ..core.yaml_file import read_yaml_text
from ..incident.project import Project

MOST_CALLS = 100


def workflows_at(project: Project, commit: str) -> dict[str, Workflow]:
    """Return the well-formed workflows at a commit by path."""

    def read() -> dict[str, Workflow]:
        return parse_workflows(project.git.files.in_folder(commit, WORKFLOWS))

    return project.ask_once(("workflows", commit), read)


def workflows_in(root: Path) -> dict[str, Workflow]:
    """Return the well-formed workflows of the working copy by path."""
    texts = {}
    for file in sorted((root / WORKFLOWS).glob("*.y*ml")):
        with suppress(BadInput, OSError):
            texts[f"{WORKFLOWS}/{file.name}"] = read_yaml_text(file)
    return parse_workflows(texts)


def missing_workflow(
    project: Project,
    workflows: Mapping[str, Workflow],
    place: str,
) -> BadInput:
    """Return the error for a place that has some workflows, and not the one of WORKFLOW."""
    advice = advise_workflow(workflows, project.slug, project.settings.workflow)
    return BadInput(f"{place} has no {project.workflow_path}", advice)


def workflow_at(project: Project, commit: str, label: str = "") -> Workflow:
    """Return the workflow that publishes the chart at a commit. Raises BadInput.

    An error names the commit by its `label`.
    """
    text = project.git.files.read(commit, project.workflow_path)
    if not text:
        workflows = workflows_at(project, commit)
        raise missing_workflow(project, workflows, label or commit[:12])
    return Workflow.parse(text, project.workflow_path)


def calls_at(project: Project, commit: str) -> list[Call]:
    """Return the calls of the workflow that publishes the chart, as they are at a commit."""
    workflows = workflows_at(project, commit)
    calls = find_calls(workflows, project.settings.workflow, project.slug)
    return list(islice(calls, MOST_CALLS))


def related_files(project: Project, commit: str) -> dict[str, str]:
    """Return the files of the workflow, its callers and what it calls, with words for each."""
    workflows = workflows_at(project, commit)
    file = project.settings.workflow
    related = {project.workflow_path: "the workflow"}
    for call in find_calls(workflows, file, project.slug):
        related.setdefault(call.caller, f"it calls {file}")
    own = workflows.get(project.workflow_path)
    for path in called_files(own, project.slug) if own else []:
        related.setdefault(path, f"{file} calls it")
    return related
