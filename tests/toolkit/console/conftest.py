"""Scripts that use the console, run by Python on a terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

from tasks.toolkit.core.invocation import CHECKOUT

WIDTH = 40
COLOUR = r"\x1b\[[\d;]*m"


def on_terminal(script: str, **environ: str) -> str:
    """Run a script on a terminal of WIDTH columns; return what appears there, without colours."""
    terminal, stream = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=CHECKOUT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": str(WIDTH), **environ},
        stdin=stream,
        stdout=stream,
        stderr=stream,
    )
    os.close(stream)
    shown = _read_all(terminal).decode()
    os.close(terminal)
    assert running.wait() == 0, shown
    return re.sub(COLOUR, "", shown).replace("\r\n", "\n")


def _read_all(terminal: int) -> bytes:
    shown = b""
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
    except OSError:  # Linux raises EIO when nobody writes any more
        pass
    return shown
