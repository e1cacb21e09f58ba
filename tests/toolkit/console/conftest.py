"""Scripts that use the console, run by Python on a terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping

from tasks.toolkit.core.installation import CHECKOUT

WIDTH = 40
COLOUR = r"\x1b\[[\d;]*m"


def on_terminal(
    script: str, *, raw: bool = False, env: Mapping[str, str] | None = None, **environ: str
) -> str:
    """Run a script on a terminal of WIDTH columns; return what appears there, without colours.

    With `raw`, the colours stay.
    """
    terminal, stream = pty.openpty()
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR")
    }
    running = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=CHECKOUT,
        env={**inherited, "TERM": "xterm", "COLUMNS": str(WIDTH), **environ, **(env or {})},
        stdin=stream,
        stdout=stream,
        stderr=stream,
    )
    os.close(stream)
    shown = read_all(terminal).decode()
    os.close(terminal)
    assert running.wait() == 0, shown
    if not raw:
        shown = re.sub(COLOUR, "", shown)
    return shown.replace("\r\n", "\n")


def read_all(terminal: int) -> bytes:
    """Return what appears on a terminal until all programs have left it."""
    shown = b""
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
    except OSError:  # Linux raises EIO when nobody writes any more
        pass
    return shown
