"""Let steps go on where a program is missing, or makes no sense in a rehearsal, and note it.

bash calls `command_not_found_handle` for a missing program; scripts before PATH stand in for the
others. A missing program still fails a step of `sh`, or what another program than bash starts.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
RUNNER = Path(__file__).parents[1] / "runner"
STAND_INS = {  # by the script that stands in
    "absent": ("apt", "apt-get", "brew", "snap"),
    "docker": ("buildah", "docker", "podman"),
    "not-rehearsed": ("not-rehearsed",),
    "sudo": ("sudo",),
}
NOTES = "notes"
MOST_NOTES = 1 << 16  # characters; a step may write there itself


@dataclass(frozen=True)
class Note:
    """Why a step was not rehearsed, or a part of it.

    `workflow` is the workflow's name, `job` the job's key in its file, `step` the step's id or its
    number, from 0.
    """

    job: str
    step: str
    why: str
    workflow: str = field(default="", compare=False)


def environment(folder: Path, path: str) -> dict[str, str]:
    """Write the scripts into a folder; return the variables that act needs for its steps.

    `path` is the PATH of the steps. Steps write into the folder.
    """
    bin_folder = folder / "bin"
    bin_folder.mkdir(parents=True)
    for script, names in STAND_INS.items():
        for name in names:
            shutil.copy(PROGRAMS / script, bin_folder / name)
    if _has_other_yq(path):
        shutil.copy(PROGRAMS / "yq", bin_folder / "yq")
    bash_env = shutil.copy(PROGRAMS / "bash_env", folder)
    shutil.copy(RUNNER / "docker_login.py", folder)
    notes = folder / NOTES
    notes.touch()
    return {
        "BASH_ENV": str(bash_env),
        "PATH": f"{bin_folder}:{path}",
        "PIP_BREAK_SYSTEM_PACKAGES": "1",  # the Python of actions/setup-python is no system's
        "REHEARSAL_NOTES": str(notes),
    }


def _has_other_yq(path: str) -> bool:
    """Return whether the yq here is not that of GitHub's machines, github.com/mikefarah/yq."""
    yq = shutil.which("yq", path=path)
    if not yq:
        return False
    try:
        shown = subprocess.run([yq, "--version"], capture_output=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return True
    return b"mikefarah" not in shown.stdout


def read_notes(folder: Path) -> list[Note]:
    """Return what steps noted, each once, in the order of time."""
    notes = []
    with (folder / NOTES).open(errors="replace") as file:
        text = file.read(MOST_NOTES)
    for line in text.splitlines():
        note = _read_note(line)
        if note and note not in notes:
            notes.append(note)
    return notes


def _read_note(line: str) -> Note | None:
    """Return the note of a line, or None if a step wrote something else there."""
    try:
        return Note(**json.loads(line))
    except (TypeError, ValueError):
        return None
