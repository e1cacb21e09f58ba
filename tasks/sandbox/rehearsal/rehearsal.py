"""Run the workflow of a release here, as GitHub would, and tell what it did."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

from ..github import GitHub
from ..github.runs import Run
from ..github.workflow_files import WorkflowFile
from .collector import Collector
from .event import event_payload
from .isolation import Isolation
from .machine import RehearsalMachine
from .missing_programs import environment
from .plan import Plan
from .reading import run_bounded
from .remote import make_remote, own_actions
from .results import Results
from .services import Services
from .stand_ins import StandIns, prepare_stand_ins
from .surroundings import PROXY_PORT, Surroundings, find_loopback_ports, link_programs
from .unrehearsed import find_unrehearsed

GRACE = 6.0  # seconds


class Rehearsal:
    """A rehearsal in a temporary folder, which the end of the `with` block deletes.

    Programs are those of `path`; `isolation` says what keeps them apart from this machine.
    """

    def __init__(self, plan: Plan, path: str) -> None:
        self.plan = plan
        self.isolation = Isolation.find({"PATH": path})
        self._temporary = tempfile.TemporaryDirectory(
            prefix="rehearsal-", ignore_cleanup_errors=True
        )
        self.folder = Path(self._temporary.name).resolve()
        for name in ("home", "runners", "remote.git"):
            (self.folder / name).mkdir()
        link_programs(self.folder / "bin", path)
        self._token = f"ghs_{secrets.token_hex(18)}"
        self.github = self._make_github()
        self.services = Services(self.github, self._token, self._running)
        socket = self.folder / "gateway.sock" if self.isolation.name else None
        self._gateway = self.services.gateway(socket)
        self._gateway.authority.write(self.folder / "authority.pem")
        self._files: Mapping[str, WorkflowFile] = {}
        self._run: Run | None = None
        self._is_late = False
        self._stand_ins = StandIns()
        self._surroundings = self._surround([], {})

    @property
    def run(self) -> Run:
        """The run. Raises RuntimeError before the beginning."""
        if self._run is None:
            raise RuntimeError("the rehearsal has not begun")
        return self._run

    def _make_github(self) -> GitHub:
        repository = make_remote(self.plan, self.folder / "remote.git")
        maintainer = secrets.token_hex(18)
        github = GitHub(
            repository.path,
            self.plan.slug,
            maintainer,
            self.folder / "github.sock",
            self.folder / "runners",
            {},
        )
        github.actions.job_token = self._token
        github.actions.disabled = True  # only the workflow of the plan runs
        return github

    def __enter__(self) -> Self:
        self._gateway.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self.github.stop()
        self._gateway.stop()
        self.services.stop()
        self._temporary.cleanup()

    def _end(self) -> None:
        """End the run and all that it started; unshare itself does not end when it is told to."""
        if not self._run:
            return
        self._run.cancelled = True
        for number in (signal.SIGTERM, signal.SIGKILL):
            process = self._run.process
            if process and not self.has_ended():
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, number)
            self._run.ended.wait(GRACE)

    def begin(self) -> None:
        """Start the workflow."""
        actions = self.github.actions
        plan = self.plan
        commit = self.github.repository.refs()[plan.ref]
        self._files = actions.files_at(commit)
        plain = self._surroundings
        variables = environment(plain.standing_in, plain.path)
        self._stand_ins = prepare_stand_ins(
            self._files,
            own_actions(self.github.repository, commit),
            plan.actions,
            self.folder / "actions",
            plain.path,
        )
        texts = [file.text for file in self._files.values()]
        self._surroundings = self._surround(texts, variables)
        actions.machine = partial(
            RehearsalMachine,
            surroundings=self._surroundings,
            options=self._stand_ins.options,
            all_files=self._files,
        )
        payload = event_payload(plan, commit, self.github.repository.message(commit))
        self._run = actions.start(plan.path, plan.event, plan.ref, payload)

    def _surround(self, texts: Sequence[str], variables: Mapping[str, str]) -> Surroundings:
        """Return what programs have, as the texts of workflows need it, and these variables."""
        ports = [PROXY_PORT, *find_loopback_ports(texts)]
        if not self.isolation.name:
            ports = [self._gateway.port]
        release = {"RELEASE_TAG": self.plan.tag, "RELEASE_VERSION": self.plan.version}
        folders = list(self.plan.actions.values())
        return Surroundings(self.folder, self.isolation, ports, {**release, **variables}, folders)

    def has_ended(self) -> bool:
        """Return whether the workflow has ended."""
        return self.run.ended.is_set()

    def current(self) -> str:
        """Return the jobs that run now, in words."""
        jobs = [job.name for job in self.run.jobs.values() if job.status == "in_progress"]
        return f"the job {' and '.join(jobs)}" if jobs else "act"

    def stop(self) -> None:
        """End the workflow early."""
        self._is_late = not self.has_ended()
        self._end()

    def collect(self) -> Results:
        """Return what was found."""
        self.services.settle()
        surroundings = self._surroundings
        reasons = self._stand_ins.reasons
        unknown = find_unrehearsed(self.run, self._files, reasons, surroundings.path)
        collector = Collector(
            self.run,
            self._files,
            self.services,
            self.github.repository,
            surroundings.standing_in,
        )
        return collector.collect(unknown, self.isolation.name, late=self._is_late)

    def _running(self) -> tuple[tuple[str, str], ...]:
        """Return the job and key of each step that runs now, or else of those that failed."""
        found = []
        failed = []
        for job in self._run.jobs.values() if self._run else ():
            for key, step in job.steps.items():
                if step.status == "in_progress":
                    found.append((job.name, key))
                elif step.conclusion == "failure":
                    failed.append((job.name, key))
        return tuple(found or failed)

    def read(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a program as anybody without credentials, where the workflow ran."""
        env = self._surroundings.environment()
        command = self._surroundings.command(argv)
        return run_bounded(command, env, self.folder, self.plan.limit)
