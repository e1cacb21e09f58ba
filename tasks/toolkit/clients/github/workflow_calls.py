"""Which workflows call others: https://docs.github.com/en/actions/how-tos/reuse-automations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .runs import Job
from .workflow_faults import as_mapping
from .workflow_file import Workflow

FOLDER = ".github/workflows"
DEEPEST = 10  # GitHub allows ten levels


@dataclass(frozen=True)
class Call:
    """A job of the workflow `caller` that calls another, as a run shows it: jobs in order."""

    caller: str
    jobs: tuple[str, ...]

    def called_jobs(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the jobs of the called workflow in a run of the caller; a skipped one is left out.

        A name that only a run knows, such as that of a matrix, matches each.
        """
        names = [_name_pattern(name) for name in self.jobs]
        called = re.compile(" / ".join(names) + " / .+")
        return [job for job in jobs if called.fullmatch(job.name)]


def _name_pattern(name: str) -> str:
    parts = re.split(r"\$\{\{.*?\}\}", name)
    return ".*?".join(map(re.escape, parts)) + r"(?: \(.*\))?"


def find_calls(
    workflows: Mapping[str, Workflow],
    file: str,
    slug: str,
    deepest: int = DEEPEST,
) -> Iterator[Call]:
    """Yield the calls of a workflow, also those through others; `workflows` are given by path.

    A caller's caller counts only if its own jobs lead there.
    """
    path = f"{FOLDER}/{file}"
    for caller, workflow in workflows.items():
        for name, used in _calling_jobs(workflow):
            if _called_path(used, slug) != path or caller == path:
                continue
            yield Call(caller, (name,))
            if deepest:
                outer = find_calls(workflows, caller.rpartition("/")[2], slug, deepest - 1)
                for call in outer:
                    yield Call(call.caller, (*call.jobs, name))


def called_files(workflow: Workflow, slug: str) -> list[str]:
    """Return the paths of the workflows of the repository that a workflow calls."""
    paths = [_called_path(used, slug) for _, used in _calling_jobs(workflow)]
    return [path for path in paths if path]


def _calling_jobs(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Yield the name and the `uses` of each job that calls a workflow."""
    for key, job in as_mapping(workflow.document.get("jobs")).items():
        fields = as_mapping(job)
        if isinstance(fields.get("uses"), str):
            yield str(fields.get("name") or key), fields["uses"]


def _called_path(used: str, slug: str) -> str:
    """Return the path of a workflow of the repository `slug`; nothing for another repository's."""
    path = used.partition("@")[0]
    if path.startswith("./"):
        return path.removeprefix("./")
    prefix = f"{slug}/"
    return path.removeprefix(prefix) if path.lower().startswith(prefix.lower()) else ""
