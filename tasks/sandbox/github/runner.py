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
        jobs = self.run.jobs
        needs = {key: job.needs for key, job in jobs.items()}
        for key in TopologicalSorter(needs).static_order():
            ready = all(jobs[other].conclusion == "success" for other in needs[key])
            context = dict(self.run.context)
            act = partial(self._run_steps, jobs[key], context)
            self._attempt(jobs[key], ready, context, act)
        self.run.complete(self._conclusion())
        self.run.ended.set()

    def _conclusion(self) -> str:
        if self.run.cancelled:
            return "cancelled"
        conclusions = [job.conclusion for job in self.run.jobs.values()]
        if "failure" in conclusions:
            return "failure"
        return "success"

    def _attempt(
        self,
        part: Execution,
        ready: bool,
        context: Mapping[str, Any],
        act: Callable[[], bool],
    ) -> None:
        """Let `act` decide the conclusion of a job or step, unless it has to be skipped."""
        conclusion = "failure"
        try:
            if not ready or self.run.cancelled or not _condition_holds(part, context):
                conclusion = "skipped"
            else:
                part.start()
                if act():
                    conclusion = "success"
        except (ValueError, OSError) as error:
            part.log = str(error)
        part.complete(conclusion)

    def _run_steps(self, job: Job, context: dict[str, Any]) -> bool:
        """Run the steps of a job and return whether all succeeded."""
        succeeded = True
        context["steps"] = {key: vars(step) for key, step in job.steps.items()}
        with TemporaryDirectory(dir=self.workdir, ignore_cleanup_errors=True) as temporary:
            folder = Path(temporary)
            (folder / "work").mkdir()
            for step in job.steps.values():
                act = partial(self._run_step, job, step, context, folder)
                self._attempt(step, succeeded, context, act)
                if step.conclusion == "failure":
                    succeeded = False
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
        outputs = folder / "outputs"
        outputs.write_text("")
        self.run.process = subprocess.Popen(
            [*BASH, self._script(step, context)],
            env={
                **self._inherited(),
                **context["env"],
                "HOME": str(folder),
                "GITHUB_OUTPUT": str(outputs),
            },
            cwd=folder / "work" / step.spec.get("working-directory", ""),
            start_new_session=True,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        log, _ = self.run.process.communicate()
        step.log = log.replace(context["secrets"]["GITHUB_TOKEN"], "***")
        for line in outputs.read_text().splitlines():
            name, value = line.split("=", 1)
            step.outputs[name] = value
        return self.run.process.returncode == 0

    def _script(self, step: Execution, context: Mapping[str, Any]) -> str:
        action = step.spec.get("uses", "")
        if action.startswith("actions/checkout@"):
            return CHECKOUT.format(self.remote, self.run.head_sha)
        return interpolate(step.spec.get("run", ""), context)

    def _inherited(self) -> dict[str, str]:
        """Return the variables of the machine that runs the job."""
        env = dict[str, str]()
        for name, value in self.env.items():
            if not NOT_INHERITED.match(name):
                env[name] = value
        for name, value in self.run.context["github"].items():
            env[f"GITHUB_{name.upper()}"] = value
        return env

    def _variables(
        self,
        job: Job,
        step: Execution,
        context: Mapping[str, Any],
    ) -> dict[str, str]:
        """Return what the workflow declares under `env`; later values may use earlier ones."""
        variables = dict[str, str]()
        visible = {**context, "env": variables}
        for part in (self.run, job, step):
            declared = part.spec.get("env", {})
            for name, value in declared.items():
                variables[name] = interpolate(value, visible)
        return variables


def _condition_holds(part: Execution, context: Mapping[str, Any]) -> bool:
    if "if" not in part.spec:
        return True
    condition = str(part.spec["if"])
    return bool(evaluate(condition, context))
