"""Why a run failed: which of its steps did, and whether the chart was pushed before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..clients.github.helm_commands import helm_commands
from ..clients.github.releases import Release
from ..clients.github.runs import FAILED, Job, Run, steps_of
from ..clients.github.workflow_faults import as_list, as_mapping
from ..clients.github.workflow_file import Workflow
from ..core.errors import BadInput, RecipeError
from ..core.printable import one_line
from ..incident.project import Project
from ..workflows.callers import calls_at, workflow_at
from ..workflows.outcomes import jobs_of

PUSHING_ACTION = re.compile(r"(?=.*(helm|chart))(?=.*(push|publish|release|pages|oci))", re.I)
ON_CHART = {"lint", "template", "package", "dependency", "dep"}
GETS_CHART = {"show", "pull", "fetch", "install", "upgrade"}
EXPRESSION = re.compile(r"\$\{\{[^{}]*\}\}")


@dataclass(frozen=True)
class Failure:
    """The failed steps of a run, such as `publish: Push`, and the `jobs` that they are of.

    `has_pushed` tells whether every step that pushes the chart passed, and none that handles it
    failed; `is_about_chart` whether a step failed that lints, renders or packages the chart.
    """

    run: Run
    steps: tuple[str, ...] = ()
    jobs: tuple[Job, ...] = ()
    has_pushed: bool = False
    is_about_chart: bool = False

    def __str__(self) -> str:
        if not self.steps:
            return ""
        noun = "failed step" if len(self.steps) == 1 else "failed steps"
        text = f"{noun}: {', '.join(self.steps)}"
        return f"{text}, after the chart was pushed" if self.has_pushed else text


@dataclass
class ChartSteps:
    """The steps of a workflow that handle the chart, as patterns of their names in a run."""

    pushing: list[re.Pattern[str]] = field(default_factory=list)
    others: list[re.Pattern[str]] = field(default_factory=list)
    on_chart: list[re.Pattern[str]] = field(default_factory=list)


def find_failure(project: Project, release: Release, run: Run | None) -> Failure | None:
    """Return why the run of a release failed, if it did; the steps as far as they are known."""
    if run is None or run.conclusion not in FAILED:
        return None
    commit = release.commit or run.commit
    try:
        return explain_failure(project, commit, run)
    except RecipeError:  # that it failed is known
        return Failure(run)


def explain_failure(project: Project, commit: str, run: Run) -> Failure:
    """Return why a run failed, where the callers are those at a commit. Raises RecipeError."""
    jobs = _own_jobs(project, commit, run)
    steps = ChartSteps()
    with suppress(BadInput):
        workflow = workflow_at(project, commit)
        steps = chart_steps(workflow)
    return describe_failure(run, jobs, steps)


def _own_jobs(project: Project, commit: str, run: Run) -> list[Job]:
    """Return the jobs of a run; of a caller's only those of the workflow that publishes."""
    jobs = jobs_of(project, run)
    if run.path == project.workflow_path:
        return jobs
    for call in calls_at(project, commit):
        called = call.called_jobs(jobs)
        if call.caller == run.path and called:
            return called
    return jobs


def describe_failure(run: Run, jobs: Sequence[Job], steps: ChartSteps) -> Failure:
    """Return why a run with these jobs failed, whose workflow has these steps."""
    failed = [job for job in jobs if job.conclusion in FAILED]
    names = steps_of(failed, failed=True)
    failed_steps: list[str] = []
    passed_steps: list[str] = []
    for job in failed:
        failed_steps += job.failed_steps
        if not job.failed_steps:
            names.append(job.name)
    for job in jobs:
        passed_steps += job.passed_steps
    has_pushed = bool(failed and steps.pushing)
    for pushing in steps.pushing:
        has_pushed = has_pushed and matches([pushing], passed_steps)
    return Failure(
        run,
        tuple(map(one_line, names)),
        tuple(failed),
        has_pushed=has_pushed and not matches(steps.pushing + steps.others, failed_steps),
        is_about_chart=matches(steps.on_chart, failed_steps),
    )


def matches(patterns: Sequence[re.Pattern[str]], names: Sequence[str]) -> bool:
    """Return whether one of the names is that of a step."""
    return any(pattern.fullmatch(name) for pattern in patterns for name in names)


def chart_steps(workflow: Workflow) -> ChartSteps:
    """Return the steps of a workflow that push the chart, that get it, and that work on it."""
    found = ChartSteps()
    for step in _steps(workflow):
        script = str(step.get("run", ""))
        action = str(step.get("uses", ""))
        name = _name_pattern(step, action or script)
        commands = set(_commands(script))
        if "push" in commands or PUSHING_ACTION.match(action):
            found.pushing.append(name)
        elif commands & GETS_CHART:
            found.others.append(name)
        elif commands & ON_CHART:
            found.on_chart.append(name)
    return found


def _steps(workflow: Workflow) -> Iterator[Mapping[Any, Any]]:
    jobs = as_mapping(workflow.document.get("jobs"))
    for job in map(as_mapping, jobs.values()):
        yield from map(as_mapping, as_list(job.get("steps")))


def _commands(script: str) -> Iterator[str]:
    """Yield the command of each call of helm in a script, such as `push`."""
    for words in helm_commands(script, {}, {}):
        commands = []
        for word in words[1:]:
            if not word.startswith("-"):
                commands.append(word)
        yield from commands[:1]


def _name_pattern(step: Mapping[Any, Any], does: str) -> re.Pattern[str]:
    """Return a pattern of a step's name in a run, which fills in the expressions.

    Each part but the last is looked for once: names and expressions are somebody else's.
    """
    first_line, _, _ = does.strip().partition("\n")
    name = str(step.get("name") or f"Run {first_line}")
    first, *others = [re.escape(part) for part in EXPRESSION.split(name)]
    if not others:
        return re.compile(first)
    *middle, last = others
    parts = [f"(?>.*?{part})" for part in middle]
    return re.compile(f"{first}{''.join(parts)}.*{last}")
