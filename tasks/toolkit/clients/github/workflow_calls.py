"""Which workflows call others: https://docs.github.com/en/actions/how-tos/reuse-automations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .runs import Job
from .workflow_faults import as_mapping
from .workflow_file import Workflow

WORKFLOWS = ".github/workflows"
DEEPEST = 10  # GitHub allows ten levels


@dataclass(frozen=True)
class Call:
    """Jobs of the workflow `caller` that lead to another, as a run shows them: outermost first.

    `inputs` are the values that they give, one a line.
    """

    caller: str
    jobs: tuple[str, ...]
    inputs: str = ""

    def called_jobs(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the jobs of the called workflow in a run of the caller; a skipped one is left out.

        A name that only a run knows, such as that of a matrix, matches each.
        """
        called = re.compile(self._pattern + " / .+")
        return [job for job in jobs if called.fullmatch(job.name)]

    def is_skipped(self, jobs: Sequence[Job]) -> bool:
        """Return whether a run of the caller passed the call over: it has one job for it then."""
        skipped = re.compile(self._pattern)
        return any(job.conclusion == "skipped" and skipped.fullmatch(job.name) for job in jobs)

    @property
    def _pattern(self) -> str:
        return " / ".join(_name_pattern(name) for name in self.jobs)


def _name_pattern(name: str) -> str:
    parts = re.split(r"\$\{\{.*?\}\}", name)
    return ".*?".join(map(re.escape, parts)) + r"(?: \(.*\))?"


def find_calls(
    workflows: Mapping[str, Workflow],
    file: str,
    slug: str,
    inner: tuple[str, ...] = (),
) -> Iterator[Call]:
    """Yield the calls of a workflow, also those through others; `workflows` are given by path.

    `inner` are the workflows through which it is called already: a circle ends there.
    """
    path = f"{WORKFLOWS}/{file}"
    through = (*inner, path)
    for caller, workflow in workflows.items():
        if caller in through or len(through) > DEEPEST:
            continue
        for name, job in calling_jobs(workflow):
            if called_path(job["uses"], slug) != path:
                continue
            inputs = "\n".join(map(str, as_mapping(job.get("with")).values()))
            yield Call(caller, (name,), inputs)
            for call in find_calls(workflows, caller.rpartition("/")[2], slug, through):
                yield Call(call.caller, (*call.jobs, name), f"{call.inputs}\n{inputs}")


def called_files(workflow: Workflow, slug: str) -> list[str]:
    """Return the paths of the workflows of the repository that a workflow calls."""
    paths = []
    for _, job in calling_jobs(workflow):
        path = called_path(job["uses"], slug)
        if path:
            paths.append(path)
    return paths


def calling_jobs(workflow: Workflow) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the name and the fields of each job that calls a workflow."""
    for key, job in as_mapping(workflow.document.get("jobs")).items():
        fields = as_mapping(job)
        if isinstance(fields.get("uses"), str):
            yield str(fields.get("name") or key), fields


def called_path(used: str, slug: str) -> str:
    """Return the path of a workflow of the repository `slug`; nothing for another repository's."""
    path = used.partition("@")[0]
    if path.startswith("./"):
        return path.removeprefix("./")
    prefix = f"{slug}/"
    return path[len(prefix) :] if path.lower().startswith(prefix.lower()) else ""
