"""The workflow files of a repository, and what they say.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import yaml

from .repository import Repository

FOLDER = ".github/workflows/"
Spec = dict[str, Any]
LARGEST = 1 << 19  # characters
ALIAS = re.compile(r"(?:^|[\s,\[{:-])\*[\w-]+")
MOST_ALIASES = 100  # nested ones would fill the memory


@dataclass(frozen=True)
class WorkflowFile:
    """A workflow file: its text, and what that says, with the filters of events under `on`."""

    text: str
    spec: Spec


@dataclass
class WorkflowFiles:
    """The workflow files of a repository; what was read once is kept."""

    repository: Repository
    _files: dict[str, WorkflowFile] = field(default_factory=dict)  # by the id of the blob

    def at(self, commit: str) -> dict[str, WorkflowFile]:
        """Return the workflow files at a commit by their paths, without those that are none."""
        found = {}
        for line in self.repository.git("ls-tree", commit, FOLDER).splitlines():
            entry, path = line.split("\t")
            if path.endswith((".yml", ".yaml")):
                with suppress(NotAWorkflow):
                    found[path] = self._read(entry.split()[2])
        return found

    def _read(self, blob: str) -> WorkflowFile:
        if blob not in self._files:
            text = self.repository.git("cat-file", "blob", blob)
            self._files[blob] = WorkflowFile(text, parse_spec(text))
        return self._files[blob]


class NotAWorkflow(ValueError):
    """GitHub would not run a file."""


def parse_spec(text: str) -> Spec:
    """Return what a workflow file says. Raises NotAWorkflow."""
    if len(text) > LARGEST or len(ALIAS.findall(text)) > MOST_ALIASES:
        raise NotAWorkflow
    try:
        spec: Any = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise NotAWorkflow from None
    if not isinstance(spec, dict) or not _has_jobs(spec):
        raise NotAWorkflow
    events = spec.pop(True, None) or spec.pop("on", None)  # YAML 1.1 reads `on` as a boolean
    if not isinstance(events, str | list | dict):
        raise NotAWorkflow
    if isinstance(events, str):
        events = [events]
    if isinstance(events, list):
        events = dict.fromkeys(events)
    spec["on"] = {event: filters or {} for event, filters in events.items()}
    return spec


def _has_jobs(spec: Spec) -> bool:
    """Return whether all jobs, and their steps, are such by their form."""
    jobs = spec.get("jobs")
    if not isinstance(jobs, dict):
        return False
    for job in jobs.values():
        steps = job.get("steps", []) if isinstance(job, dict) else None
        if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
            return False
    return True


def environment_of(job: Spec) -> str:
    """Return the name of the environment of a job, or nothing."""
    named: Any = job.get("environment", "")
    if isinstance(named, dict):
        named = named.get("name", "")
    return str(named)


def concurrency_group(spec: Spec) -> str:
    """Return the group of which one run at a time goes on, or nothing; expressions are ignored."""
    concurrency: Any = spec.get("concurrency", "")
    group = concurrency.get("group", "") if isinstance(concurrency, dict) else concurrency
    return "" if "${{" in str(group) else str(group)


def called_path(job: Spec) -> str:
    """Return the path of the workflow file that a job calls, or nothing."""
    path = str(job.get("uses", ""))
    return path.removeprefix("./") if path.startswith("./") else ""


def called_paths(spec: Spec) -> list[str]:
    """Return the paths of the workflow files that a workflow calls, each once."""
    paths = []
    for job in spec["jobs"].values():
        paths.append(called_path(job))
    return list(dict.fromkeys(path for path in paths if path))


def actions_of(spec: Spec) -> set[tuple[str, str]]:
    """Return the actions that a workflow uses: the repository as owner/name, and the ref."""
    actions = set()
    for job in spec["jobs"].values():
        for step in job.get("steps", []):
            name, _, ref = step.get("uses", "").partition("@")
            if ref:
                owner, repository = name.split("/")[:2]
                actions.add((f"{owner}/{repository}", ref))
    return actions
