"""GitHub Actions: a run is executed, each job in a fresh folder, each `run` step by bash; nothing is written down beforehand.

The part of https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax that a chart needs. Of the actions only
checkout does something, since what others set up is on PATH; a function in an expression is not known here, and fails its step.
"""

from __future__ import annotations

import operator
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

BASH = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c")
OPERATORS = {"||": lambda a, b: a or b, "&&": lambda a, b: a and b, "==": operator.eq, "!=": operator.ne}


@dataclass
class Part:
    """A check, a step, a job or a run: `parts` are the next smaller ones by their keys, `spec` is what the workflow's file says."""

    name: str
    id: int = 0
    spec: Mapping[str, Any] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    status: str = "queued"
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    log: str = ""

    def mark(self, conclusion: str | None) -> None:
        """Let it end, or, without a conclusion, begin."""
        self.status, self.conclusion, at = "completed" if conclusion else "in_progress", conclusion, datetime.now(UTC)
        self.started_at, self.completed_at = self.started_at or at, at if conclusion else None

    def attempt(self, good: bool, context: Mapping[str, Any], act: Callable[[], bool]) -> None:
        """Let `act` tell how it ends, if what came before is good and its own `if` holds."""
        try:
            if not good or not evaluate(str(self.spec.get("if", "'always'")), context):
                return self.mark("skipped")
            self.mark(None)
            self.mark("success" if act() else "failure")
        except (ValueError, OSError) as error:
            self.log = str(error)
            self.mark("failure")


@dataclass
class Run(Part):
    """A run of the workflow file `path` at the commit `head_sha`; `context` is what its expressions see."""

    path: str = ""
    event: str = ""
    head_branch: str = ""
    head_sha: str = ""
    run_number: int = 1
    context: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: threading.Event = field(default_factory=threading.Event)
    process: subprocess.Popen[str] | None = None

    def wait(self, timeout: float = 60) -> str:
        """Return the conclusion as soon as there is one. Raises TimeoutError after `timeout` seconds."""
        if not self.ended.wait(timeout):
            raise TimeoutError(f"run {self.id} of {self.path} is {self.status}")
        return str(self.conclusion)

    def stop(self) -> None:
        """Cancel it: kill the step that runs, begin no other."""
        self.conclusion = self.conclusion or "cancelled"
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.ended.wait(10)

    def execute(self, remote: Path, workdir: Path, env: Mapping[str, str]) -> None:
        """Execute the jobs, those that others need first, in folders under `workdir`; steps see `env`, but for what is a person's own."""
        env = {key: value for key, value in env.items() if not re.match("XDG_|HELM_|GITHUB_|GH_TOKEN", key)}
        env |= {f"GITHUB_{key.upper()}": value for key, value in self.context["github"].items() if isinstance(value, str)}
        needs = {key: re.findall(r"[\w-]+", str(job.spec.get("needs", ""))) for key, job in self.parts.items()}  # a name, or a list
        self.mark(None)
        for key in TopologicalSorter(needs).static_order():
            job, needed = self.parts[key], {other: self.parts[other] for other in needs[key]}
            context = {**self.context, "needs": {other: vars(part) for other, part in needed.items()}}
            good = not self.conclusion and all(part.conclusion == "success" for part in needed.values())
            job.attempt(good, context, partial(self._job, job, context, remote, workdir, env))
        self.mark(self.conclusion or ("failure" if any(job.conclusion == "failure" for job in self.parts.values()) else "success"))
        self.ended.set()

    def _job(self, job: Part, context: dict[str, Any], remote: Path, workdir: Path, env: Mapping[str, str]) -> bool:
        context["steps"] = {key: vars(step) for key, step in job.parts.items()}
        good = True
        with TemporaryDirectory(dir=workdir, ignore_cleanup_errors=True) as folder:
            for step in job.parts.values():
                step.attempt(good and not self.conclusion, context, partial(self._step, step, job, context, remote, Path(folder), env))
                good = good and step.conclusion != "failure"
            job.outputs = {name: fill(value, context) for name, value in job.spec.get("outputs", {}).items()}
        return good

    def _step(self, step: Part, job: Part, context: dict[str, Any], remote: Path, folder: Path, env: Mapping[str, str]) -> bool:
        context["env"] = {}
        for name, value in (item for part in (self, job, step) for item in part.spec.get("env", {}).items()):
            context["env"][name] = fill(value, context)
        script, written = fill(step.spec.get("run", ""), context), folder / ".output"
        if step.spec.get("uses", "").startswith("actions/checkout@"):
            script = f"git clone --quiet --no-checkout '{remote}' . && git checkout --quiet --detach {self.head_sha}"
        (folder / "work").mkdir(exist_ok=True)
        written.write_text("")
        seen = {**env, **context["env"], "HOME": str(folder), "GITHUB_OUTPUT": str(written)}
        where = folder / "work" / step.spec.get("working-directory", "")
        self.process = subprocess.Popen(
            [*BASH, script], env=seen, cwd=where, start_new_session=True, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        step.log = self.process.communicate()[0].replace(context["secrets"]["GITHUB_TOKEN"], "***")
        step.outputs = dict(line.split("=", 1) for line in written.read_text().splitlines())
        return self.process.returncode == 0


def evaluate(text: str, context: Mapping[str, Any]) -> Any:
    """Return the value of an expression, "" for what is not there. Raises ValueError for a function."""
    for sign, combine in OPERATORS.items():
        left, found, right = text.partition(sign)
        if found:
            return combine(evaluate(left, context), evaluate(right, context))
    value, text = context, text.strip()
    if text.startswith("'") or "(" in text:
        return text[1:-1] if text[0] == "'" else int(text)
    for name in text.split("."):
        value = value.get(name, "") if isinstance(value, Mapping) else ""
    return value


def fill(value: Any, context: Mapping[str, Any]) -> str:
    """Return a value as text, each `${{ }}` in it replaced; booleans are spelled as YAML does."""
    if isinstance(value, str):
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: fill(evaluate(found[1], context), {}), value)
    return str(value).lower() if isinstance(value, bool) else str(value)
