"""Rehearse workflows that somebody hostile may have written, on a machine with things to steal."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tasks.sandbox.rehearsal.isolation import BWRAP, UNSHARE, Isolation
from tasks.sandbox.rehearsal.plan import Plan
from tasks.sandbox.rehearsal.rehearsal import Rehearsal
from tasks.sandbox.rehearsal.results import Results

from .act_runs import PATH, WORKFLOW

NEITHER = ""
HIDDEN = (BWRAP, UNSHARE)


def path_to(name: str, folder: Path) -> str:
    """Return a PATH on which an isolation is found first; its programs are linked in a folder."""
    folder.mkdir()
    hidden = HIDDEN[: HIDDEN.index(name)] if name else HIDDEN
    for entry in PATH.split(os.pathsep):
        for program in Path(entry).glob("*"):
            link = folder / program.name
            if program.name not in hidden and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


def require(name: str, path: str) -> None:
    """Skip a test where an isolation does not work."""
    if Isolation.find({"PATH": path}).name != name:
        pytest.skip(f"{name} does not work here")


def commit(folder: Path, files: Mapping[str, str]) -> str:
    """Make a repository with one commit of some files, and return the commit."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    identity = ["-c", "user.name=a", "-c", "user.email=a"]
    init = ["init", "--quiet", "--initial-branch=main"]
    for args in (init, ["add", "--all"], ["commit", "--quiet", "--message=first"]):
        subprocess.run(["git", *identity, *args], cwd=folder, check=True)
    shown = ["git", "rev-parse", "HEAD"]
    return subprocess.run(
        shown, cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def as_workflow(scripts: Sequence[str] | Mapping[str, str]) -> str:
    """Return a workflow whose only job, `try`, runs scripts, which may have names."""
    steps = [{"run": script} for script in scripts]
    if isinstance(scripts, Mapping):
        steps = [{"name": name, "run": script} for name, script in scripts.items()]
    job = {"runs-on": "ubuntu-latest", "steps": steps}
    return yaml.safe_dump({"name": "Try", "on": "push", "jobs": {"try": job}})


@dataclass
class Hostile:
    """A clone whose workflow runs isolated by a program, or by nothing, in a folder."""

    folder: Path
    isolation: str
    clone: Path = field(init=False)

    def __post_init__(self) -> None:
        self.clone = self.folder / "clone"
        self.clone.mkdir()
        self.path = path_to(self.isolation, self.folder / "programs")
        require(self.isolation, self.path)

    def rehearsal(self, workflow: str, limit: float = 60.0) -> Rehearsal:
        """Return a rehearsal of a commit with a workflow, as a push to main."""
        made = commit(self.clone, {WORKFLOW: workflow})
        plan = Plan(
            clone=self.clone,
            slug="stianfro/charts",
            default_branch="main",
            commit=made,
            path=WORKFLOW,
            event="push",
            ref="refs/heads/main",
            tag="v1.0.0",
            version="1.0.0",
            limit=limit,
        )
        return Rehearsal(plan, self.path)

    def run(self, *scripts: str, limit: float = 60.0) -> Results:
        """Return what steps with these scripts did, which are ended after `limit` seconds."""
        return self.run_workflow(as_workflow(scripts), limit)

    def run_workflow(self, workflow: str, limit: float = 60.0) -> Results:
        """Return what a workflow did, whose jobs are ended after `limit` seconds."""
        with self.rehearsal(workflow, limit) as rehearsal:
            rehearsal.begin()
            while not rehearsal.has_ended() and rehearsal.current() == "act":
                time.sleep(0.02)
            end = time.monotonic() + limit
            while not rehearsal.has_ended() and time.monotonic() < end:
                time.sleep(0.02)
            if not rehearsal.has_ended():
                rehearsal.stop()
            return rehearsal.collect()


def conclusions(results: Results) -> list[str]:
    """Return how each step ended."""
    return [step.conclusion for step in results.steps]


def printed(results: Results) -> str:
    """Return all that the steps printed, as far as it is kept."""
    return "\n".join(step.log for step in results.steps)


def processes_with(mark: str) -> list[str]:
    """Return the ids of processes of this machine whose command line has a mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if mark.encode() in line and int(folder.name) != os.getpid():
            found.append(folder.name)
    return found


def wait_until_gone(mark: str, seconds: float = 10.0) -> list[str]:
    """Return the processes with a mark that are still there after some seconds."""
    end = time.monotonic() + seconds
    while (left := processes_with(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    return left


def quoted(path: Path) -> str:
    """Return a path as a shell takes it."""
    return shlex.quote(str(path))


def has_program(name: str) -> bool:
    """Return whether a program is on this machine."""
    return bool(shutil.which(name))
