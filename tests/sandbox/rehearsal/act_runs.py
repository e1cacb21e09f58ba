"""Run workflows with act, the stand-ins of a rehearsal and its programs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tasks.sandbox.github.act import NO_NETWORK, OPTIONS, SANDBOX
from tasks.sandbox.github.workflow_files import WorkflowFile
from tasks.sandbox.rehearsal.missing_programs import Note, environment, read_notes
from tasks.sandbox.rehearsal.stand_ins import StandIns, prepare_stand_ins

from ...conftest import FOLDERS

PATH = os.pathsep.join([*map(str, FOLDERS), os.environ["PATH"]])
WORKFLOW = ".github/workflows/try.yml"


@dataclass
class Ended:
    """How steps ended, and what they printed, by the keys of the job and the step."""

    results: dict[tuple[str, str], str] = field(default_factory=dict)
    logs: dict[tuple[str, str], str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def read(self, line: str) -> None:
        """Read a line of act."""
        entry = json.loads(line)
        if entry.get("stage") != "Main":
            return
        key = (entry["jobID"], entry["stepID"][0])
        if entry.get("raw_output"):
            self.logs[key] = self.logs.get(key, "") + entry["msg"]
        if "stepResult" in entry and len(entry["stepID"]) == 1:
            self.results[key] = entry["stepResult"]


def as_files(text: str) -> dict[str, WorkflowFile]:
    """Return the workflow of a text by its path."""
    return {WORKFLOW: WorkflowFile(text, yaml.safe_load(text))}


def stand_ins_for(
    text: str,
    folder: Path,
    own_actions: Mapping[str, str] | None = None,
    given: Mapping[str, Path] | None = None,
) -> StandIns:
    """Return what stands in for the actions of a workflow; files are written into a folder."""
    files = as_files(text)
    return prepare_stand_ins(files, own_actions or {}, given or {}, folder, PATH)


def run_act(
    text: str,
    folder: Path,
    stand_ins: StandIns | None = None,
    path: str = PATH,
) -> Ended:
    """Return how the workflow of a text ended, which ran in a folder; PATH has more programs."""
    source = folder / "source"
    (source / WORKFLOW).parent.mkdir(parents=True)
    (source / WORKFLOW).write_text(text)
    for args in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message=first"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a"]
        subprocess.run(["git", *identity, *args], cwd=source, check=True)
    home = folder / "home"
    home.mkdir()
    variables = {
        **NO_NETWORK,
        "HOME": str(home),
        "RUNNER_ARTIFACTS": str(folder / "artifacts"),
        "RUNNER_TOOLS": str(SANDBOX),
        **environment(folder / "programs", path),
    }
    options = (stand_ins or StandIns()).options
    argv = [
        "act",
        "push",
        f"--workflows={WORKFLOW}",
        *OPTIONS,
        "--secret=GITHUB_TOKEN=hush",
        *options,
    ]
    shown = subprocess.run(
        argv, cwd=source, env=variables, check=False, capture_output=True, text=True
    )
    ended = Ended(notes=read_notes(folder / "programs"))
    for line in shown.stdout.splitlines():
        ended.read(line)
    return ended
