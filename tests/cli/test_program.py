"""How the program ends."""

from __future__ import annotations

import subprocess
import sys

from ..conftest import PROJECT

BROKEN = "from tasks.cli import program; program.read_line = None; program.main()"


def test_an_error_of_ours_is_not_taken_for_a_trigger_that_fired() -> None:
    argv = [sys.executable, "-c", BROKEN]
    ended = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ended.stderr.startswith("Traceback ")
    assert ended.returncode == 3
