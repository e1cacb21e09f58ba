"""Invoke with its imports done: a command is a fork of one process and starts at once.

A third of a command's time goes into imports. The fork has the environment, the folder and the
streams of its command, runs Invoke's own entry point, and ends as the program does. What is
tested as a program, such as its interrupts and its streams, starts the program itself.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
INV = str(PROJECT / "tasks/__main__.py")  # what the wrapper `inv` runs
LATE = ("dotenv.parser", "semver", "urllib3")  # packages that functions import
LARGEST_REQUEST = 100_000  # bytes


class PreloadedInvoke:
    """A process that forks for each command; the end of its socket ends it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.preloaded", str(theirs.fileno())],
                cwd=PROJECT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def run(
        self,
        words: Sequence[str],
        folder: Path,
        env: Mapping[str, str],
        pid_file: Path | None = None,
        program: str = "invoke",
    ) -> subprocess.CompletedProcess[str]:
        """Run `invoke` with these words, as `subprocess.run` would; its id goes to `pid_file`.

        With the `program` `inv`, run ours.
        """
        argv = [shutil.which("invoke", path=env["PATH"]) or "invoke", *words]
        if program == "inv":
            argv[0] = INV
        request = {
            "argv": argv,
            "folder": str(folder),
            "env": dict(env),
            "pid_file": str(pid_file or os.devnull),
        }
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            content = json.dumps(request).encode()
            socket.send_fds(self._socket, [content], [out.fileno(), err.fileno()])
            status = int(self._socket.recv(LARGEST_REQUEST))
            texts = []
            for stream in (out, err):
                stream.seek(0)
                texts.append(stream.read())
        return subprocess.CompletedProcess(argv, status, *texts)


_of_thread = threading.local()


def preloaded_invoke() -> PreloadedInvoke:
    """Return the thread's process, which is started by the first call."""
    if not hasattr(_of_thread, "invoke"):
        _of_thread.invoke = PreloadedInvoke()
    made: PreloadedInvoke = _of_thread.invoke
    return made


def _next_command(requests: socket.socket) -> list[str]:
    """Fork for each request; return the words of its command in the fork.

    Raises SystemExit when there are no more requests.
    """
    while True:
        content, streams, _, _ = socket.recv_fds(requests, LARGEST_REQUEST, 2)
        if not content:
            sys.exit()
        child = os.fork()
        if not child:
            requests.close()
            return _become(json.loads(content), streams)
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        requests.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(request: dict[str, Any], streams: list[int]) -> list[str]:
    """Take the streams, the folder and the environment of a command; return its words."""
    for number, stream in enumerate(streams, 1):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    Path(request["pid_file"]).write_text(str(os.getpid()))
    words: list[str] = request["argv"]
    return words


def _import_all() -> None:
    """Import what tasks import when they run."""
    from tasks import toolkit  # noqa: PLC0415

    modules = pkgutil.walk_packages(toolkit.__path__, f"{toolkit.__name__}.")
    for name in (*LATE, *(module.name for module in modules)):
        importlib.import_module(name)


def main() -> None:
    """Import what a command imports, and become each command that is asked for."""
    from invoke.main import program  # noqa: PLC0415 - the tests themselves need none of it

    from tasks.cli.program import main as run_inv  # noqa: PLC0415

    _import_all()
    gc.freeze()
    sys.argv = _next_command(socket.socket(fileno=int(sys.argv[1])))
    if sys.argv[0] == INV:
        run_inv()
    else:
        program.run()


if __name__ == "__main__":
    main()
