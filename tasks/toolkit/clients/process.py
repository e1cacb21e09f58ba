"""Run programs: argument lists, a time limit, and no child left behind. Nothing else starts one."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ..console.output import echo_command
from ..console.requests import asking
from ..console.signals import interrupt, on_shutdown, shutting_down
from ..core.actions import runs_under_actions
from ..core.errors import ProgramFailed, ProgramMissing, TookTooLong
from ..core.secret import Secret
from ..core.shell import join
from .dry_run import Executor
from .missing_programs import how_to_get
from .retry import Retries

QUERY = re.compile(r"-fquery=\s*(?:query|mutation)\s+(\w+)")
GRACE_SECONDS = 2.0  # between SIGTERM, at which git removes its locks, and SIGKILL
OnStart = Callable[[Callable[[], None]], None]  # is given what ends a program early
_running: set[subprocess.Popen[bytes]] = set()


@dataclass(frozen=True)
class ProgramOutput:
    """What a program answered: exit `status`, `stdout` and `stderr` as text."""

    status: int
    stdout: str
    stderr: str


def command_words(argv: Sequence[str]) -> str:
    """Return how a person calls a command: the program, and its first words without options.

    A query of GraphQL is called by its name.
    """
    words = list(argv[1:])
    while words[:1] in (["-C"], ["-c"]):
        del words[:2]
    shown = []
    for word in words:
        query = QUERY.match(word)
        if query:
            shown.append(query[1])
        elif not word.startswith("-"):
            shown.append(word)
    return " ".join([argv[0], *shown[:3]])


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
        return


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and its children: SIGTERM, then SIGKILL after GRACE_SECONDS."""
    _signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    _signal_group(process, signal.SIGKILL)


def _end_all() -> None:
    running = list(_running)
    for process in running:  # all at once, since each may take its time
        _signal_group(process, signal.SIGTERM)
    for process in running:
        _end(process)


on_shutdown(_end_all)


def _start(
    argv: Sequence[str], environ: Mapping[str, str], descriptors: Sequence[int]
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own: it cannot prompt, and is ended with its children."""
    with interrupt.deferred():
        process = subprocess.Popen(
            argv,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=descriptors,
        )
        _running.add(process)
    if shutting_down.is_set():  # another thread may have missed it
        _end(process)
    return process


@dataclass
class ProcessRunner:
    """Run programs for one invocation, with `environ`, within `limit` seconds.

    Every program inherits the descriptors `inherited_locks`: no lock ends before it does.
    `operator_locks` go only to programs that are known to leave nothing running.
    `retries` says how requests are repeated after faults that pass.
    """

    environ: Mapping[str, str]
    limit: float
    executor: Executor
    echo: bool = False
    secrets: list[Secret] = field(default_factory=list)
    inherited_locks: list[int] = field(default_factory=list)
    operator_locks: list[int] = field(default_factory=list)
    retries: Retries = field(default_factory=Retries)

    def run(
        self,
        argv: list[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        limit: float = 0,
        check: bool = True,
        holds_lock: bool = False,
        on_start: OnStart | None = None,
    ) -> ProgramOutput:
        """Run `argv` with `stdin` as its input and `env` on top of the environment.

        `on_start` is given what ends the program early. Raises ProgramMissing, TookTooLong after
        `limit` seconds, and with `check` ProgramFailed on any status but 0.
        """
        environ = {**self.environ, **(env or {})}
        if not shutil.which(argv[0], path=environ.get("PATH")):
            raise ProgramMissing(f"{argv[0]} is not on PATH", how_to_get(argv[0]))
        if self.echo:
            echo_command(self.mask(join(argv)))
        locks = [*self.inherited_locks]
        if holds_lock:
            locks += self.operator_locks
        with asking(self.mask(command_words(argv))):
            process = _start(argv, environ, locks)
            if on_start:
                on_start(partial(_end, process))
            stdout, stderr = self._communicate(process, stdin, limit or self.limit)
        output = ProgramOutput(process.returncode, stdout, self.mask(stderr))
        if check and output.status != 0:
            raise ProgramFailed(argv, output.status, output.stderr or self.mask(stdout))
        return output

    def _communicate(
        self,
        process: subprocess.Popen[bytes],
        stdin: str,
        limit: float,
    ) -> tuple[str, str]:
        """Feed a program, wait for its end, and return its output; end it on any error."""
        try:
            stdout, stderr = process.communicate(stdin.encode(), timeout=limit)
        except subprocess.TimeoutExpired as error:
            program = " ".join(process.args[:3])  # type: ignore[index, arg-type]
            advice = (
                "it was ended with its children; check what it did before you retry "
                "(COMMAND_TIMEOUT is the limit, in seconds)"
            )
            raise TookTooLong(f"{program} gave no answer for {limit:g} s", advice) from error
        finally:
            if process.returncode is None:
                _end(process)
            _running.discard(process)
        return stdout.decode(errors="replace"), stderr.decode(errors="replace")

    def keep_secret(self, secret: Secret, user: str = "") -> None:
        """Mask a secret from now on; under Actions in the log too, where `user` logs in with it."""
        self.secrets.append(secret)
        if runs_under_actions():
            from ..console.runner import announce_secret  # noqa: PLC0415 - only there

            announce_secret(secret.reveal(), user)

    def mask(self, text: str) -> str:
        """Return `text` without the known secrets, and without a password in a URL."""
        for secret in self.secrets:
            text = text.replace(secret.reveal(), "***")
        return re.sub(r"(?<=://)[^/@\s]+@", "***@", text)
