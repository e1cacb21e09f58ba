"""Environments: the jobs that deploy to one wait until a reviewer approves them.

https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
act knows no environments. A job gets a first step that waits, which on GitHub it does not have.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .runs import Run
from .workflow_files import WorkflowFile, environment_of, parse_spec

APPROVAL = "approval"
STATES = ("approved", "rejected")
SAFE_NAME = re.compile(r"[\w-]+")
WAIT = """\
- id: {step}
  name: Wait for a reviewer of {name}
  run: |
    until [ -e "$RUNNER_ARTIFACTS-{name}" ]; do sleep 0.1; done
    [ "$(cat "$RUNNER_ARTIFACTS-{name}")" = approved ]
"""


@dataclass
class Environment:
    """An environment; without `reviewers` its jobs do not wait. `secrets` are those of its jobs."""

    reviewers: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)


def with_approvals(file: WorkflowFile, protected: Collection[str]) -> WorkflowFile:
    """Return a workflow whose jobs wait for the reviewers of the protected environments."""
    lines = file.text.splitlines()
    text = file.text
    first_steps = list(_first_steps(file))
    for name, number in reversed(first_steps):
        if name not in protected:
            continue
        indent, _, _ = lines[number].partition("-")
        step = WAIT.format(step=APPROVAL, name=name)
        lines.insert(number, textwrap.indent(step, indent).rstrip())
        text = "\n".join([*lines, ""])
    if text == file.text:
        return file
    return WorkflowFile(text, parse_spec(text))


def _first_steps(file: WorkflowFile) -> Iterator[tuple[str, int]]:
    """Yield for each job with an environment its name, and the line of the job's first step."""
    document: Any = yaml.compose(file.text)
    jobs = _entries(document)["jobs"]
    for key, job in _entries(jobs).items():
        spec = file.spec["jobs"][key]
        name = environment_of(spec)
        steps = _entries(job).get("steps")
        if not SAFE_NAME.fullmatch(name) or not steps:
            continue
        first, *_ = steps.value
        yield name, first.start_mark.line


def _entries(node: Any) -> dict[str, Any]:
    """Return the nodes of a mapping by their keys."""
    entries = {}
    for key, value in node.value:
        entries[key.value] = value
    return entries


def waiting_for(run: Run) -> list[str]:
    """Return the environments for whose reviewers a run waits now."""
    names = []
    for job in run.jobs.values():
        step = job.steps.get(APPROVAL)
        if step and step.status == "in_progress":
            names.append(job.environment)
    return names


def approval_file(workdir: Path, run: int, name: str) -> Path:
    """Return the file that says what a reviewer of an environment has decided about a run."""
    return workdir / f"artifacts-{run}-{name}"


def secrets_of(file: WorkflowFile, environments: Mapping[str, Environment]) -> dict[str, str]:
    """Return the secrets that the environments of a workflow's jobs give."""
    secrets = dict[str, str]()
    for job in file.spec["jobs"].values():
        environment = environments.get(environment_of(job))
        if environment:
            secrets |= environment.secrets
    return secrets
