"""Run a program that reads what somebody pushed, within limits."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

MOST_OUTPUT = 16 << 20  # bytes that are kept


def run_bounded(
    command: Sequence[str],
    env: Mapping[str, str],
    folder: Path,
    limit: float,
) -> subprocess.CompletedProcess[str]:
    """Return what a program did in a folder, which fails if it takes `limit` seconds."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            done = subprocess.run(
                command,
                env=env,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            late = f"it did not end in {limit:g} seconds"
            return subprocess.CompletedProcess(command, 1, "", late)
        shown = _beginning(output)
        told = _beginning(errors)
    return subprocess.CompletedProcess(command, done.returncode, shown, told)


def _beginning(file: IO[bytes]) -> str:
    """Return what was written into a file, as far as it is kept."""
    file.seek(0)
    return file.read(MOST_OUTPUT).decode(errors="replace")
