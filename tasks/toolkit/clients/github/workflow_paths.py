"""Where a workflow pushes charts to and gets them from, with the workflows that it calls.

Its inputs are filled in for each way to start it: an event, a run by hand, a call by another
workflow: https://docs.github.com/en/actions/reference/workflows-and-actions/reusing-workflows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .helm_commands import LONGEST_VALUE, fill_expressions
from .workflow_calls import called_path, calling_jobs
from .workflow_faults import as_mapping
from .workflow_file import Workflow

Values = dict[str, str]  # what an expression's name stands for, such as inputs.registry
MOST_STEPS = 1_000
CALL = "workflow_call"
BY_HAND = "workflow_dispatch"


def find_references(
    workflows: Mapping[str, Workflow],
    path: str,
    slug: str,
) -> tuple[set[str], set[str]]:
    """Return where a workflow pushes charts to, and where it gets charts from, with oci://.

    `workflows` are those of the repository `slug` by path. What only a run knows keeps its `$`.
    """
    starts = _Starts(workflows, slug.lower())  # registries take nothing else
    pushed: set[str] = set()
    used: set[str] = set()
    for values in starts.of(path):
        for workflow, given in starts.parts(path, values):
            some_pushed, some_used = workflow.references(given)
            pushed |= some_pushed
            used |= some_used
    return {text for text in pushed if not text.startswith("oci:///")}, used


def repository_values(slug: str) -> Values:
    """Return what expressions about the repository stand for."""
    owner, _, name = slug.partition("/")
    return {
        "github.repository": slug,
        "github.event.repository.full_name": slug,
        "github.repository_owner": owner,
        "github.event.repository.owner.login": owner,
        "github.event.repository.name": name,
    }


class _Starts:
    """The ways to start each of the workflows, as the values of its inputs."""

    def __init__(self, workflows: Mapping[str, Workflow], slug: str) -> None:
        self._workflows = workflows
        self._slug = slug
        self._calls = list(self._find_calls())
        self._steps_left = MOST_STEPS

    def of(self, path: str) -> list[Values]:
        """Return the values for each way to start a workflow."""
        found = list(self._starts(path, (path,)))
        if not found and path in self._workflows:  # only other repositories call it
            found.append(self._defaults(path, CALL))
        return found

    def parts(self, path: str, values: Values) -> Iterator[tuple[Workflow, Values]]:
        """Yield a workflow and those that it calls, with the values that each gets."""
        if path in self._workflows:
            yield from self._parts(path, values, (path,))

    def _parts(
        self,
        path: str,
        values: Values,
        outer: tuple[str, ...],
    ) -> Iterator[tuple[Workflow, Values]]:
        yield self._workflows[path], values
        for caller, called, job in self._calls:
            if caller == path and called not in outer and self._may_step():
                given = self._given(called, job, values)
                yield from self._parts(called, given, (*outer, called))

    def _starts(self, path: str, inner: tuple[str, ...]) -> Iterator[Values]:
        if path not in self._workflows:
            return
        triggers = self._workflows[path].triggers
        if set(triggers) - {CALL, BY_HAND}:
            yield self._without_inputs(path)
        if BY_HAND in triggers:
            yield self._defaults(path, BY_HAND)
        for caller, called, job in self._calls:
            if called == path and caller not in inner and self._may_step():
                for values in self._starts(caller, (*inner, caller)):
                    yield self._given(path, job, values)

    def _may_step(self) -> bool:
        """Count a step from one workflow to another; people write files with few of them."""
        self._steps_left -= 1
        return self._steps_left >= 0

    def _find_calls(self) -> Iterator[tuple[str, str, Mapping[Any, Any]]]:
        """Yield each workflow that calls another of them, that other one, and the job that does."""
        for caller, workflow in self._workflows.items():
            for _, job in calling_jobs(workflow):
                path = called_path(job["uses"], self._slug)
                if path in self._workflows:
                    yield caller, path, job

    def _given(self, path: str, job: Mapping[Any, Any], caller: Values) -> Values:
        """Return the values that a job gives to the workflow that it calls."""
        values = self._defaults(path, CALL)
        for name, value in as_mapping(job.get("with")).items():
            values[f"inputs.{name}"] = fill_expressions(str(value)[:LONGEST_VALUE], caller)
        return values

    def _defaults(self, path: str, trigger: str) -> Values:
        """Return the values that inputs have if none are given; one without a default is open."""
        values = repository_values(self._slug)
        for name, options in self._inputs(path, trigger).items():
            default = as_mapping(options).get("default")
            if default is not None:
                values[f"inputs.{name}"] = str(default)[:LONGEST_VALUE]
        return values

    def _without_inputs(self, path: str) -> Values:
        """Return the values for an event, which gives no inputs."""
        names = {*self._inputs(path, CALL), *self._inputs(path, BY_HAND)}
        empty = {}
        for name in names:
            empty[f"inputs.{name}"] = ""
        return repository_values(self._slug) | empty

    def _inputs(self, path: str, trigger: str) -> dict[Any, Any]:
        options = as_mapping(self._workflows[path].triggers.get(trigger))
        return as_mapping(options.get("inputs"))
