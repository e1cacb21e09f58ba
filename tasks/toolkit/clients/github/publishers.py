"""Which workflow of a repository publishes its charts, and where it pushes them to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .workflow_calls import WORKFLOWS
from .workflow_faults import as_list, as_mapping
from .workflow_file import Workflow
from .workflow_paths import find_references

# Events that publish nothing for users.
PROPOSALS = {"pull_request", "pull_request_target", "merge_group"}
# An action or a called workflow that publishes charts, by its name.
PUBLISHES = "(push|publish|release)"
ACTION = re.compile(rf"(helm|chart)[\w./-]*{PUBLISHES}|{PUBLISHES}[\w./-]*helm")
NO_PUBLISHER = f"no well-formed file in {WORKFLOWS} runs `helm push` or uses an action for it"
ORAS = re.compile(r"\boras\s+push\b")
Workflows = Mapping[str, Workflow]


@dataclass(frozen=True)
class Publisher:
    """A workflow that publishes charts: its path, where it pushes them to, and how."""

    path: str
    pushed: frozenset[str]
    how: str

    @property
    def file(self) -> str:
        """The name of the file, as WORKFLOW has it."""
        return self.path.rpartition("/")[2]


def find_publishers(workflows: Workflows, slug: str) -> list[Publisher]:
    """Return the workflows that push charts themselves; without one those that seem to.

    Of several, those that run for proposals only are left out.
    """
    found = list(_pushing(workflows, slug))
    if not found:
        found = list(_seeming(workflows))
    for_users = []
    for publisher in found:
        triggers = set(workflows[publisher.path].triggers)
        if triggers - PROPOSALS:
            for_users.append(publisher)
    return for_users or found


def _pushing(workflows: Workflows, slug: str) -> Iterator[Publisher]:
    for path, workflow in workflows.items():
        own, _ = workflow.references({})
        if not own:
            continue
        pushed, _ = find_references(workflows, path, slug)
        yield Publisher(path, frozenset(pushed), "the one that pushes charts")


def _seeming(workflows: Workflows) -> Iterator[Publisher]:
    for path, workflow in workflows.items():
        how = _seems_to(workflow)
        if how:
            yield Publisher(path, frozenset(), how)


def _seems_to(workflow: Workflow) -> str:
    """Return what a workflow publishes charts with, in words, or nothing."""
    for used in actions_used_by(workflow):
        if ACTION.search(used):
            name, _, _ = used.partition("@")
            return f"the one that uses {name}"
    text = str(workflow.document)
    if ORAS.search(text) and "helm" in text:
        return "the one that runs `oras push` and names helm"
    return ""


def actions_used_by(workflow: Workflow) -> Iterator[str]:
    """Yield the actions that steps use, and the workflows of other repositories that jobs call."""
    jobs = as_mapping(workflow.document.get("jobs"))
    for job in map(as_mapping, jobs.values()):
        called = str(job.get("uses", ""))
        if not called.startswith("./"):
            yield called
        steps = as_list(job.get("steps"))
        for step in map(as_mapping, steps):
            yield str(step.get("uses", ""))


def advise_any_workflow(_missing: str) -> str:
    """Return what to set WORKFLOW to where no workflows can be read."""
    return f"set WORKFLOW to the name of a file in {WORKFLOWS}"


def advise_workflow(workflows: Workflows, slug: str, missing: str) -> str:
    """Return what to set WORKFLOW to, since there is no workflow `missing`."""
    publishers = find_publishers(workflows, slug)
    files = [publisher.file for publisher in publishers]
    if not files:
        return f"set WORKFLOW to the file that publishes the chart; {NO_PUBLISHER}"
    if missing in files:  # the clone has it, and GitHub does not
        return advise_any_workflow(missing)
    if len(files) == 1:
        return f"set WORKFLOW={files[0]}, {publishers[0].how}"
    settings = [f"WORKFLOW={file}" for file in files]
    return f"set {' or '.join(settings)}: each publishes charts"
