"""Which workflow of a repository publishes its charts, and where it pushes them to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..clients.github.workflow_calls import WORKFLOWS
from ..clients.github.workflow_faults import as_list, as_mapping
from ..clients.github.workflow_file import Workflow
from ..clients.github.workflow_paths import find_references
from ..core.env_entry import Entry, is_valid
from .paths import join_words

# Events that publish nothing for users.
PROPOSALS = {"pull_request", "pull_request_target", "merge_group"}
# An action or a called workflow that publishes charts, by its name.
PUBLISHES = "(push|publish|release)"
ACTION = re.compile(rf"(helm|chart)[\w./-]*{PUBLISHES}|{PUBLISHES}[\w./-]*helm")
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
    for used in _used_by(workflow):
        if ACTION.search(used):
            name, _, _ = used.partition("@")
            return f"the one that uses {name}"
    text = str(workflow.document)
    if ORAS.search(text) and "helm" in text:
        return "the one that runs `oras push` and names helm"
    return ""


def _used_by(workflow: Workflow) -> Iterator[str]:
    """Yield the actions that steps use, and the workflows of other repositories that jobs call."""
    jobs = as_mapping(workflow.document.get("jobs"))
    for job in map(as_mapping, jobs.values()):
        called = str(job.get("uses", ""))
        if not called.startswith("./"):
            yield called
        steps = as_list(job.get("steps"))
        for step in map(as_mapping, steps):
            yield str(step.get("uses", ""))


def workflow_entry(publishers: list[Publisher]) -> Entry:
    """Return WORKFLOW: the only workflow that publishes charts."""
    if len(publishers) == 1:
        (only,) = publishers
        source = f"of the files in {WORKFLOWS}, {only.how}"
        return Entry("WORKFLOW", only.file, source)
    if not publishers:
        reason = f"no well-formed file in {WORKFLOWS} runs `helm push` or uses an action for it"
        return Entry("WORKFLOW", "", reason)
    files = [publisher.file for publisher in publishers]
    reason = f"{len(files)} workflows publish charts"
    return Entry("WORKFLOW", "", reason, candidates=files)


def registry_entry(publishers: list[Publisher]) -> Entry:
    """Return REGISTRY: the only place that the workflows push charts to."""
    pushed: set[str] = set()
    for publisher in publishers:
        pushed |= publisher.pushed
    candidates = sorted(pushed)
    files = join_words(publisher.file for publisher in publishers)
    if not pushed:
        reason = "no step of a workflow pushes charts to a reference that starts with oci://"
        return Entry("REGISTRY", "", reason)
    if len(pushed) > 1:
        reason = f"{files} pushes to {len(pushed)} places"
        return Entry("REGISTRY", "", reason, candidates=candidates)
    (place,) = pushed
    if not is_valid("REGISTRY", place):
        reason = f"only a run knows what {files} pushes to"
        return Entry("REGISTRY", "", reason, candidates=candidates)
    source = f"{files} pushes there; helm appends the chart's name"
    return Entry("REGISTRY", place, source)
