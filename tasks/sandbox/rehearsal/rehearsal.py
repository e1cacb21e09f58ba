"""Run the workflow of a release here, as GitHub would, and tell what it did."""

from __future__ import annotations

import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from ..github import GitHub
from ..github.runs import Run
from .isolation import Isolation
from .machine import (
    PROXY_PORT,
    RehearsalMachine,
    Surroundings,
    find_loopback_ports,
    link_programs,
)
from .plan import Plan
from .remote import make_remote
from .services import Services

TICK = 0.1  # seconds between two looks at the run


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
        for name in ("home", "notes", "runners", "remote.git"):
            (self.folder / name).mkdir()
        link_programs(self.folder / "bin", path)
        self._token = f"ghs_{secrets.token_hex(18)}"
        self.github = self._make_github()
        self.services = Services(self.github, self._token, self._running)
        socket = self.folder / "gateway.sock" if self.isolation.name else None
        self._gateway = self.services.gateway(socket)
        self._gateway.authority.write(self.folder / "authority.pem")
        self.run: Run | None = None

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
        self.github.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.github.stop()
        self._gateway.stop()
        self.services.stop()
        self._temporary.cleanup()

    def execute(
        self, options: Sequence[str], more: Mapping[str, str], tick: Callable[[], None]
    ) -> Run:
        """Run the workflow to its end, or until the plan's limit; `tick` is called meanwhile."""
        actions = self.github.actions
        plan = self.plan
        commit = self.github.repository.refs()[plan.ref]
        files = actions.files_at(commit)
        ports = [PROXY_PORT, *find_loopback_ports([file.text for file in files.values()])]
        if not self.isolation.name:
            ports = [self._gateway.port]
        self.surroundings = Surroundings(self.folder, self.isolation, ports, more)
        actions.machine = partial(
            RehearsalMachine, surroundings=self.surroundings, options=options, all_files=files
        )
        self.run = run = actions.start(plan.path, plan.event, plan.ref, self._payload(commit))
        deadline = time.monotonic() + plan.limit
        while not run.ended.wait(TICK):
            tick()
            if time.monotonic() > deadline:
                run.cancel()
        return run

    def _payload(self, commit: str) -> dict[str, Any]:
        plan = self.plan
        if plan.event == "workflow_dispatch":
            return {"inputs": dict(plan.inputs)}
        if plan.event == "release":
            release = {"tag_name": plan.tag, "name": plan.tag, "body": "", "draft": False}
            return {"action": "published", "release": {**release, "prerelease": False}}
        message = self.github.repository.message(commit)
        return {"before": plan.commit, "head_commit": {"id": commit, "message": message}}

    def _running(self) -> tuple[tuple[str, str], ...]:
        """Return the keys of the steps that run now, each with that of its job."""
        found = []
        for job in self.run.jobs.values() if self.run else ():
            for key, step in job.steps.items():
                if step.status == "in_progress":
                    found.append((job.key, key))
        return tuple(found)

    def read(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a program as anybody without credentials, where the workflow ran."""
        env = self.surroundings.environment()
        command = self.surroundings.command(argv)
        return subprocess.run(
            command,
            env=env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=self.plan.limit,
            check=False,
        )
