"""Why a run failed: which steps did, whether the chart was pushed before, what the log says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from ..clients.github.helm_commands import helm_commands
from ..clients.github.releases import Release
from ..clients.github.runs import FAILED, Job, Run, steps_of
from ..clients.github.workflow_faults import as_list, as_mapping
from ..clients.github.workflow_file import Workflow
from ..core.errors import BadInput, RecipeError
from ..core.printable import one_line
from ..incident.project import Project
from ..workflows.callers import calls_at, workflow_at

PUSHING_ACTION = re.compile(r"(?=.*(helm|chart))(?=.*(push|publish|release|pages|oci))", re.I)
ON_CHART = {"lint", "template", "package", "dependency", "dep"}
MOST_LOGS = 2
TIME = r"(?m)^\d{4}-\d\d-\d\dT[\d:.]+Z "
COLOUR = "\x1b\\[[0-9;]*m"
LONGEST_LINE = 160


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
    try:
        jobs = _own_jobs(project, release, run)
    except RecipeError:  # that it failed is known
        return Failure(run)
    failed = [job for job in jobs if job.conclusion in FAILED]
    names = steps_of(failed, failed=True)
    names += [job.name for job in failed if not job.failed_steps]
    steps = ChartSteps()
    with suppress(BadInput):
        steps = chart_steps(workflow_at(project, release.commit or run.commit))
    failed_steps = [step for job in failed for step in job.failed_steps]
    handling = [*steps.pushing, *steps.others]
    has_pushed = bool(failed) and _have_passed(steps.pushing, jobs)
    return Failure(
        run,
        tuple(map(one_line, names)),
        tuple(failed),
        has_pushed=has_pushed and not _any_of(handling, failed_steps),
        is_about_chart=_any_of(steps.on_chart, failed_steps),
    )


def _own_jobs(project: Project, release: Release, run: Run) -> list[Job]:
    """Return the jobs of a run; of a caller's only those of the workflow that publishes."""
    jobs = project.github.actions.jobs(run.id)
    if run.path == project.workflow_path:
        return jobs
    for call in calls_at(project, release.commit or run.commit):
        called = call.called_jobs(jobs)
        if call.caller == run.path and called:
            return called
    return jobs


def chart_steps(workflow: Workflow) -> ChartSteps:
    """Return the steps of a workflow that push the chart, that get it, and that work on it."""
    found = ChartSteps()
    for job in map(as_mapping, as_mapping(workflow.document.get("jobs")).values()):
        for step in map(as_mapping, as_list(job.get("steps"))):
            script, action = str(step.get("run", "")), str(step.get("uses", ""))
            name = _name_pattern(str(step.get("name") or f"Run {action or _first_line(script)}"))
            commands = set(_commands(script))
            if "push" in commands or PUSHING_ACTION.match(action):
                found.pushing.append(name)
            elif commands & {"show", "pull", "fetch", "install", "upgrade"}:
                found.others.append(name)
            elif commands & ON_CHART:
                found.on_chart.append(name)
    return found


def _commands(script: str) -> Iterator[str]:
    """Yield the command of each call of helm in a script, such as `push`."""
    for words in helm_commands(script, {}, {}):
        commands = [word for word in words[1:] if not word.startswith("-")]
        yield from commands[:1]


def _first_line(script: str) -> str:
    return script.strip().partition("\n")[0]


def _name_pattern(name: str) -> re.Pattern[str]:
    parts = re.split(r"\$\{\{.*?\}\}", name)
    return re.compile(".*".join(map(re.escape, parts)))


def _have_passed(patterns: Sequence[re.Pattern[str]], jobs: Sequence[Job]) -> bool:
    """Return whether there are steps of these names, and each has passed."""
    passed = [step for job in jobs for step in job.passed_steps]
    return bool(patterns) and all(_any_of([pattern], passed) for pattern in patterns)


def _any_of(patterns: Sequence[re.Pattern[str]], names: Sequence[str]) -> bool:
    return any(pattern.fullmatch(name) for pattern in patterns for name in names)


def read_log(project: Project, failure: Failure) -> str:
    """Return what the failed steps printed, with their commands; nothing if that is gone."""
    sections = []
    for job in failure.jobs[:MOST_LOGS]:
        with suppress(RecipeError):
            sections += failed_sections(project.github.actions.job_log(job.id))
    return "\n".join(sections)


def failed_sections(log: str) -> list[str]:
    """Return the part of each failed step in the log of a job: from its command to its error."""
    plain = re.sub(COLOUR, "", re.sub(TIME, "", log))
    parts = re.split(r"(?m)^(?=##\[group\]Run )", plain)
    return [part.partition("##[error]Process")[0] for part in parts if "##[error]" in part]


def last_line(section: str) -> str:
    """Return the last line that a failed step printed, made harmless; or nothing."""
    printed = section.rpartition("##[endgroup]")[2]
    lines = [line.strip().removeprefix("##[error]") for line in printed.split("\n")]
    lines = [line for line in lines if line]
    return one_line(lines[-1])[:LONGEST_LINE] if lines else ""


def mentioned_files(
    section: str,
    paths: set[str],
    chart_prefix: str,
    chart: str,
    repository: str,
) -> set[str]:
    """Return which of a repository's files, by `paths`, the failed steps name.

    Helm names the chart's as `chart/templates/...`, other programs as they are in the working copy.
    """
    found = set()
    for word in re.findall(r"[\w./@+-]+/[\w./@+-]+", section):
        name = word.rstrip(".:,").removeprefix("./")
        name = name.rpartition(f"/{repository}/{repository}/")[2]  # the runner's working copy
        if name in paths:
            found.add(name)
        in_chart = f"{chart_prefix}{name.removeprefix(f'{chart}/')}"
        if name.startswith(f"{chart}/") and in_chart in paths:
            found.add(in_chart)
    return found
