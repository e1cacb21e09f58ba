"""Run a program, and end all that it started with it, also what runs on in the background.

reap.py PROGRAM... It works on Linux; elsewhere what has a session of its own goes on.
https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

# From <linux/prctl.h>.
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
GRACE = 3.0  # seconds
SHORTLY = 0.01


def main(argv: Sequence[str]) -> int:
    """Run the program, and return its exit code; end it when this one, or its parent, ends."""
    adopt_orphans()
    with subprocess.Popen(argv) as process:
        code = wait(process)
    end_descendants()
    return code


def adopt_orphans() -> None:
    """Become the parent of all orphaned descendants, and get SIGTERM when the own parent ends."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def wait(process: subprocess.Popen[bytes]) -> int:
    """Return the exit code; a program that is told to end gets GRACE seconds for it."""

    def end(*_: object) -> None:
        process.terminate()
        signal.setitimer(signal.ITIMER_REAL, GRACE)

    signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.signal(signal.SIGTERM, end)
    return process.wait()


def end_descendants() -> None:
    """Kill all descendants, also those that they start meanwhile."""
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        left = descendants(os.getpid())
        if not left:
            return
        for process in left:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        time.sleep(SHORTLY)


def descendants(ancestor: int) -> list[int]:
    """Return the processes that another one started, and those that these did."""
    children = dict[int, list[int]]()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found = []
    queue = [ancestor]
    while queue:
        its = children.get(queue.pop(), [])
        found += its
        queue += its
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
