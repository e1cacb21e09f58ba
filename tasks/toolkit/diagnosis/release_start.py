"""How a release starts the workflow that publishes the chart, directly or through a caller."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, product

from ..clients.github.ref_filters import starts_on_push
from ..clients.github.workflow_calls import WORKFLOWS, called_files
from ..clients.github.workflow_faults import as_mapping, as_names
from ..clients.github.workflow_file import Workflow
from ..core.errors import BadInput
from ..incident.project import Project
from ..recovery.automation import CHART_RELEASER, RELEASE_PLEASE, started_by
from ..workflows.callers import calls_at, workflow_at, workflows_at

AUTOMATED = "a push that an automation releases"
RELEASE = "release"
TAG = "tag"
BRANCH = "push"
BY_HAND = "dispatch"
WAYS = (RELEASE, TAG, BY_HAND)
OF_A_RELEASE = (AUTOMATED, RELEASE, TAG)  # the likeliest first
AUTOMATIONS = {RELEASE_PLEASE, CHART_RELEASER}  # that release what is pushed to a branch
INDIRECT = {"workflow_run", "repository_dispatch", "schedule"}  # what a rehearsal cannot start
PUBLISHING = {"published", "released", "created"}  # activities of the event `release`


@dataclass(frozen=True)
class Starter:
    """A workflow that a release may start: that of WORKFLOW, or one that calls it.

    `depth` is how many calls lead from it to that one.
    """

    path: str
    workflow: Workflow
    depth: int
    is_automated: bool

    @property
    def file(self) -> str:
        """The name of its file."""
        return self.path.rpartition("/")[2]

    @property
    def tag_filters(self) -> list[str]:
        """The patterns of the tags whose push starts it."""
        push = as_mapping(self.workflow.triggers.get("push"))
        return as_names(push.get("tags"))

    def starts_on(self, kind: str, tag: str, branch: str) -> bool:
        """Return whether a release of that kind starts it."""
        triggers = self.workflow.triggers
        if kind == BY_HAND:
            return "workflow_dispatch" in triggers
        if kind == RELEASE:
            return "release" in triggers and self._starts_on_publication()
        if kind == AUTOMATED and not self.is_automated:
            return False
        if "push" not in triggers:
            return False
        ref = f"refs/heads/{branch}"
        if kind == TAG:
            ref = f"refs/tags/{tag}"
        filters = as_mapping(triggers["push"])
        return starts_on_push(filters, ref)

    def _starts_on_publication(self) -> bool:
        event = as_mapping(self.workflow.triggers["release"])
        types = as_names(event.get("types"))
        return not types or not PUBLISHING.isdisjoint(types)


def find_starters(project: Project, commit: str) -> list[Starter]:
    """Return the workflow that publishes the chart, and those that call it, outermost first.

    Raises BadInput if the commit does not have it.
    """
    paths = {project.workflow_path: 0}
    workflows = {
        project.workflow_path: workflow_at(project, commit),
        **workflows_at(project, commit),
    }
    for call in calls_at(project, commit):
        depth = paths.get(call.caller, 0)
        paths[call.caller] = max(len(call.jobs), depth)
    texts = project.git.files.in_folder(commit, WORKFLOWS)
    starters = []
    for path, depth in paths.items():
        workflow = workflows[path]
        started: set[str] = set()
        for file in (path, *called_files(workflow, project.slug)):
            text = texts.get(file, "")
            started |= started_by(text)
        is_automated = not started.isdisjoint(AUTOMATIONS)
        found = Starter(path, workflow, depth, is_automated)
        starters.append(found)
    return sorted(starters, key=lambda starter: -starter.depth)


def choose_start(
    starters: Sequence[Starter], way: str, tag: str, branch: str
) -> tuple[Starter, str]:
    """Return which workflow a release starts in a way, and by what event. Raises BadInput."""
    for kind, starter in _in_order(starters, way):
        if starter.starts_on(kind, tag, branch):
            return starter, kind
    raise _not_offered(starters[-1], way, tag)


def _in_order(starters: Sequence[Starter], way: str) -> Iterable[tuple[str, Starter]]:
    """Return what a release may start, the likeliest first; by hand, the called workflow first."""
    if way == BY_HAND:
        return product([BY_HAND], reversed(starters))
    if way == TAG:
        return product([TAG], starters)
    callers, own = starters[:-1], starters[-1:]
    return chain(
        product(OF_A_RELEASE, callers),
        product(OF_A_RELEASE, own),
        product((BRANCH, BY_HAND), starters),
    )


def _not_offered(own: Starter, way: str, tag: str) -> BadInput:
    """Return the error for a way in which no release starts the workflow."""
    if way == BY_HAND:
        what = f"{own.file} cannot be run by hand: it has no workflow_dispatch"
        return BadInput(what, "leave out --as, or add `workflow_dispatch:` under `on:`")
    if way == TAG:
        filters = ", ".join(own.tag_filters) or "none"
        what = (
            f"the push of the tag {tag} does not start {own.file}, whose tag filters are: {filters}"
        )
        return BadInput(what, f"leave out --as, or let `on: push: tags:` take {tag}")
    if own.tag_filters:
        filters = ", ".join(own.tag_filters)
        what = f"no release starts {own.file}: {tag} is the next tag, its tag filters are {filters}"
        return BadInput(
            what, "set TAG_PATTERN to how the tags of the chart's releases name versions"
        )
    names = ", ".join(own.workflow.triggers) or "nothing"
    what = f"no release starts {own.file}: it is started by {names}"
    if not INDIRECT.isdisjoint(own.workflow.triggers):
        return BadInput(what, "add `workflow_dispatch:` under `on:`, to rehearse a run by hand")
    return BadInput(what, "set WORKFLOW to the workflow that publishes the chart")
