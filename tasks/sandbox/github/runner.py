"""Execute workflow runs: each job in a folder of its own, each `run` step with bash.

This covers the part of the workflow syntax that a chart needs:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
Of the actions only checkout does something; what others install is on PATH.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .expressions import evaluate, interpolate
from .records import Execution
from .runs import Job, Run

BASH = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c")
CHECKOUT = "git clone --quiet --no-checkout '{}' . && git checkout --quiet --detach {}"
NOT_INHERITED = re.compile("XDG_|HELM_|GITHUB_|GH_TOKEN")  # variables that a job does not inherit


@dataclass(frozen=True)
class Runner:
    """The execution of `run` on the repository at `remote`, with a job's folder in `workdir`."""

    run: Run
    remote: Path
    workdir: Path
    env: Mapping[str, str]

    def execute(self) -> None:
        """Execute the jobs, those that others need first."""
        self.run.start()
        needs = {key: job.needs for key, job in self.run.jobs.items()}
        for key in TopologicalSorter(needs).static_order():
            job = self.run.jobs[key]
            ready = all(self.run.jobs[other].conclusion == "success" for other in job.needs)
            context = dict(self.run.context)
            self._attempt(job, ready, context, partial(self._run_steps, job, context))
        self.run.complete(self._conclusion())
        self.run.ended.set()

    def _conclusion(self) -> str:
        if self.run.cancelled:
            return "cancelled"
        failed = any(job.conclusion == "failure" for job in self.run.jobs.values())
        return "failure" if failed else "success"

    def _attempt(
        self,
        part: Execution,
        ready: bool,
        context: Mapping[str, Any],
        act: Callable[[], bool],
    ) -> None:
        """Let `act` decide the conclusion of a job or step, unless it has to be skipped."""
        try:
            if not ready or self.run.cancelled or not _condition_holds(part, context):
                part.complete("skipped")
                return
            part.start()
            succeeded = act()
        except (ValueError, OSError) as error:
            part.log = str(error)
            succeeded = False
        part.complete("success" if succeeded else "failure")

    def _run_steps(self, job: Job, context: dict[str, Any]) -> bool:
        """Run the steps of a job and return whether all succeeded."""
        succeeded = True
        context["steps"] = {key: vars(step) for key, step in job.steps.items()}
        with TemporaryDirectory(dir=self.workdir, ignore_cleanup_errors=True) as folder:
            Path(folder, "work").mkdir()
            for step in job.steps.values():
                act = partial(self._run_step, job, step, context, Path(folder))
                self._attempt(step, succeeded, context, act)
                succeeded = succeeded and step.conclusion != "failure"
        return succeeded

    def _run_step(
        self,
        job: Job,
        step: Execution,
        context: dict[str, Any],
        folder: Path,
    ) -> bool:
        """Run a step in the job's folder, collect its log and outputs, return its success."""
        context["env"] = self._variables(job, step, context)
        script = interpolate(step.spec.get("run", ""), context)
        if step.spec.get("uses", "").startswith("actions/checkout@"):
            script = CHECKOUT.format(self.remote, self.run.head_sha)
        outputs = folder / "outputs"
        outputs.write_text("")
        files = {"HOME": str(folder), "GITHUB_OUTPUT": str(outputs)}
        self.run.process = subprocess.Popen(
            [*BASH, script],
            env={**self._inherited(), **context["env"], **files},
            cwd=folder / "work" / step.spec.get("working-directory", ""),
            start_new_session=True,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        log, _ = self.run.process.communicate()
        step.log = log.replace(context["secrets"]["GITHUB_TOKEN"], "***")
        step.outputs = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
        return self.run.process.returncode == 0

    def _inherited(self) -> dict[str, str]:
        """Return the variables of the machine that runs the job."""
        env = {name: value for name, value in self.env.items() if not NOT_INHERITED.match(name)}
        github = self.run.context["github"]
        return env | {f"GITHUB_{name.upper()}": value for name, value in github.items()}

    def _variables(
        self,
        job: Job,
        step: Execution,
        context: Mapping[str, Any],
    ) -> dict[str, str]:
        """Return what the workflow declares under `env`; later values may use earlier ones."""
        variables = dict[str, str]()
        for part in (self.run, job, step):
            for name, value in part.spec.get("env", {}).items():
                variables[name] = interpolate(value, {**context, "env": variables})
        return variables


def _condition_holds(part: Execution, context: Mapping[str, Any]) -> bool:
    return "if" not in part.spec or bool(evaluate(str(part.spec["if"]), context))
