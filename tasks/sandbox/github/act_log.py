"""Fill the records of a run, its jobs and their steps from what act prints as JSON."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from .records import Execution
from .runs import Job, Run

Line = Mapping[str, Any]
MOST_LOG = 1 << 18  # characters that are kept of what a step prints
LONGEST_LINE = 1 << 20  # characters; the rest is left out
MOST_OUTPUTS = 1000


def read_lines(stream: TextIO) -> Iterator[str]:
    """Yield the lines of a stream; only the beginning of one that is too long."""
    while line := stream.readline(LONGEST_LINE):
        yield line
        while line and not line.endswith("\n"):
            line = stream.readline(LONGEST_LINE)


def _parse(text: str) -> Line:
    """Return what a line says; nothing if it is not of act."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return line if isinstance(line, dict) else {}


@dataclass
class ActLog:
    """What act prints about a run. A job with a matrix is recorded once for each of its values."""

    run: Run

    def __post_init__(self) -> None:
        queued = {name: job for name, job in self.run.jobs.items() if job.status == "queued"}
        self._expected = copy.deepcopy(queued)

    def read(self, text: str) -> None:
        """Record a line."""
        line = _parse(text)
        if not line:
            self._log(text)
            return
        job = self._find_job(line)
        if not job:
            self._log(f"{line.get('msg')}\n")
            return
        if job.status == "queued":
            job.start()
        self._record_step(job, line)
        if "jobResult" in line:
            job.end("failure")
            job.complete(self._conclusion(line["jobResult"]))

    def _log(self, text: str) -> None:
        self.run.log = f"{self.run.log}{text}"[-MOST_LOG:]

    def complete(self, exit_code: int) -> None:
        """Record the end of act."""
        conclusion = "success"
        if self.run.cancelled:
            conclusion = "cancelled"
        elif exit_code:
            conclusion = "failure"
        for job in self.run.jobs.values():
            job.end(conclusion)
        self.run.jobs = _with_skipped_calls(self.run.jobs)
        self.run.complete(conclusion)

    def _find_job(self, line: Line) -> Job | None:
        for job in self._expected.values():
            if job.key == line.get("jobID") and line["job"].startswith(self._prefixes(job)):
                return self._job_with(job, line["matrix"])
        return None

    def _prefixes(self, job: Job) -> tuple[str, ...]:
        """Return what a job's name in act may begin with: a workflow may have no name."""
        if job.caller:
            return (f"{job.caller}/",)
        file = self.run.path.rpartition("/")[2]
        return (f"{self.run.name}/", f"{file}/")

    def _job_with(self, expected: Job, matrix: Mapping[str, Any]) -> Job:
        if not matrix:
            return self.run.jobs[expected.name]
        values = ", ".join(map(str, matrix.values()))
        name = f"{expected.name} ({values})"
        if name not in self.run.jobs:
            job = copy.deepcopy(expected)
            job.name = name
            job.id = 1 + max(other.id for other in self.run.jobs.values())
            jobs = {**self.run.jobs, name: job}
            jobs.pop(expected.name, None)
            self.run.jobs = jobs
        return self.run.jobs[name]

    def _record_step(self, job: Job, line: Line) -> None:
        step = _find_step(job, line)
        if not step:
            return
        if step.status == "queued":
            step.start()
        if line.get("raw_output"):
            step.log = f"{step.log}{line['msg']}"[-MOST_LOG:]
        elif line["level"] == "error":
            step.log = f"{step.log}{line['msg']}\n"[-MOST_LOG:]
        if line.get("command") == "set-output" and len(step.outputs) < MOST_OUTPUTS:
            step.outputs[line["name"]] = line["arg"]
        if "stepResult" in line and len(line["stepID"]) == 1:
            step.complete(self._conclusion(line["stepResult"]))

    def _conclusion(self, result: str) -> str:
        """Return the conclusion of what act has stopped, if it was told to, or its result."""
        if self.run.cancelled and result == "failure":
            return "cancelled"
        return result


def _find_step(job: Job, line: Line) -> Execution | None:
    """Return the step that a line is about; the steps of an action are not recorded."""
    if line.get("stage") != "Main":
        return None
    return job.steps.get(line["stepID"][0])


def _with_skipped_calls(jobs: Mapping[str, Job]) -> dict[str, Job]:
    """Return the jobs at the end of a run: a call that was not needed is one skipped job."""
    needed = {job.caller for job in jobs.values() if job.started_at}
    shown = dict[str, Job]()
    for job in jobs.values():
        if job.caller in needed | {""}:
            shown[job.name] = job
        elif job.caller not in shown:
            shown[job.caller] = Job(job.caller, job.id)
            shown[job.caller].complete("skipped")
    return shown
