"""What `./inv` prints for the words that are typed."""

from __future__ import annotations

import os
import shlex
import subprocess

from ..conftest import PROJECT
from ..preloaded import preloaded_invoke


def inv(line: str) -> subprocess.CompletedProcess[str]:
    """Type `./inv` with the words of `line`, outside of any sandbox."""
    words = shlex.split(line)
    return preloaded_invoke().run(words, PROJECT, os.environ, program="inv")


def refusal(line: str) -> str:
    """Type what cannot be read, and return the one line that says so."""
    ended = inv(line)
    assert ended.returncode == 2, ended
    assert ended.stdout == "" or "--json" in line
    (failure,) = ended.stderr.splitlines()
    step, _, text = failure.partition(" ✗ ")
    assert step.strip() == "inv"
    return text
