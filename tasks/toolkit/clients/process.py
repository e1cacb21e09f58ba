"""The one place that runs a program: argv lists, a time limit, and no child left behind."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from invoke.context import Context
from invoke.exceptions import CommandTimedOut
from invoke.runners import Local

from ..console import output
from ..console.signals import interrupt
from ..core.errors import Advice, ProgramFailed, ProgramMissing, TookTooLong
from ..core.secret import Secret
from .dry_run import Plan

GRACE_SECONDS = 2.0
INSTALL = {
    "gh": "install it from https://cli.github.com",
    "helm": "install it from https://helm.sh/docs/intro/install",
    "git": "install it from https://git-scm.com/downloads",
}
_running: set[_Grouped] = set()
shutting_down = threading.Event()


class _Input(io.StringIO):
    """A program's input, handed over whole: Invoke reads one character every 10 ms."""

    def read(self, _: int | None = None, /) -> str:
        return super().read()


class _Grouped(Local):
    """Invoke's local runner, with the program in a session of its own: it cannot prompt, and ends with its children."""

    inherited: Sequence[int] = ()
    using_pty = False  # which Invoke sets only later than an interrupt may come
    killed = False

    def start(self, command: str, shell: str, env: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        with interrupt.deferred():
            self.process = subprocess.Popen(  # noqa: S602 - the string is shlex.join's, which Invoke wants
                command, shell=True, executable=shell, env=env, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True,
                pass_fds=self.inherited,
            )  # fmt: skip
            _running.add(self)
        if shutting_down.is_set():  # in another thread, too late to be among those that were ended
            self.kill()

    def kill(self) -> None:
        """End the program and its children: politely, so that git removes its locks, then for certain."""
        self.killed = True
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        self._signal(signal.SIGKILL)

    @property
    def timed_out(self) -> bool:
        """Whether the limit ended it; Invoke asks whether its timer has ended, which may be busy ending children still."""
        return self.killed and not shutting_down.is_set()

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self.process.pid, number)
        except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            return

    def send_interrupt(self, interrupt: KeyboardInterrupt) -> None:
        """End the program on Ctrl-C, which its own session keeps from it, and go on interrupting."""
        self.kill()
        raise interrupt

    def stop(self) -> None:
        """Forget the program, which has ended unless something else went wrong."""
        super().stop()
        if self in _running and self.process.poll() is None:
            self.kill()
        _running.discard(self)


def end_programs() -> None:
    """End every program that still runs, whichever thread started it, and every wait."""
    shutting_down.set()
    for runner in list(_running):  # all of them at once: each may take its time
        runner._signal(signal.SIGTERM)
    for runner in list(_running):
        runner.kill()


@dataclass(frozen=True)
class ProgramOutput:
    """What a program said: exit `status`, `stdout` and `stderr` as text."""

    status: int
    stdout: str
    stderr: str


@dataclass
class ProcessRunner:
    """Runs programs for one invocation: with what environment, within how many seconds, for real or dry.

    `plan` shows what a dry run leaves undone. Of the locks' descriptors, programs have those `inherited`, so that no lock ends before
    they do, and the `operator`'s if they are known to leave nothing running behind.
    """

    context: Context
    environ: Mapping[str, str]
    limit: float
    dry: bool
    secrets: list[Secret] = field(default_factory=list)
    plan: Plan = field(default_factory=Plan)
    inherited: list[int] = field(default_factory=list)
    operator: list[int] = field(default_factory=list)

    def run(
        self,
        argv: list[str],
        *,
        env: Mapping[str, str],
        stdin: str = "",
        limit: float = 0,
        check: bool = True,
        lasting: bool = False,
    ) -> ProgramOutput:
        """Run `argv` with `stdin` as its input and `env` on top of the environment.

        Raises ProgramMissing, TookTooLong after `limit` seconds, and ProgramFailed on a status other than 0 if `check`.
        """
        environ, limit = {**self.environ, **env}, limit or self.limit
        if not shutil.which(argv[0], path=environ.get("PATH")):
            raise ProgramMissing(f"{argv[0]} is not on PATH", INSTALL.get(argv[0], "install it"))
        if self.context.config.run.echo:
            output.echo_command(self.mask(shlex.join(argv)))
        try:
            runner = _Grouped(self.context)
            runner.inherited = [*self.inherited, *(self.operator if lasting else ())]
            result = runner.run(  # noqa: S604 - see _Grouped
                shlex.join(argv), env=environ, replace_env=True, shell="/bin/sh", hide=True, warn=True, dry=False, pty=False,
                in_stream=_Input(stdin), timeout=limit, encoding="utf-8",
            )  # fmt: skip
        except CommandTimedOut as error:
            advice = "ended, with its children; look before you try again (COMMAND_TIMEOUT is the limit, in seconds)"
            raise TookTooLong(
                f"{' '.join(argv[:3])} gave no answer for {limit:g} s", advice
            ) from error
        answer = ProgramOutput(result.exited, result.stdout, self.mask(result.stderr))
        if check and answer.status != 0:
            raise ProgramFailed(argv, answer.status, answer.stderr or self.mask(answer.stdout))
        return answer

    def mask(self, text: str) -> str:
        """Return `text` without a secret: the known ones, and any password inside a URL."""
        for secret in self.secrets:
            text = text.replace(secret.reveal(), "***")
        return re.sub(r"(?<=://)[^/@\s]+@", "***@", text)


@dataclass
class Program:
    """One program: how its command line begins, its environment, and what its errors mean.

    `read` looks at the world and always runs; `change` alters it, so that a dry run prints it instead. Both take the options
    of Commands.run and raise what it raises, or what `advice` makes of it. `visible` names the `env` that a dry run shows; a
    program that is `lasting` keeps the operator's lock until it ends.
    """

    commands: ProcessRunner
    argv: list[str]
    env: Mapping[str, str]
    advice: Advice = ()
    visible: tuple[str, ...] = ()
    lasting: bool = False

    def read(
        self, *args: str, env: Mapping[str, str] | None = None, **options: Any
    ) -> ProgramOutput:
        """Run the program, which changes nothing."""
        try:
            return self.commands.run(
                [*self.argv, *args],
                env={**self.env, **(env or {})},
                lasting=self.lasting,
                **options,
            )
        except ProgramFailed as error:
            raise error.explained(self.advice) from error

    def change(
        self, *args: str, shown: str = "{}", scratch: bool = False, **options: Any
    ) -> ProgramOutput:
        """Run the program, which changes something; a dry run prints it in place of the braces in `shown`, and returns nothing.

        What changes `scratch` alone a dry run does as well, since its plan is made there.
        """
        if self.commands.dry:
            env = {**self.env, **(options.get("env") or {})}
            set_first = [f"{name}={env[name]}" for name in self.visible if name in env]
            self.commands.plan.add(
                shown.replace(
                    "{}",
                    shlex.join([*(["env", *set_first] if set_first else []), *self.argv, *args]),
                )
            )
            if not scratch:
                return ProgramOutput(0, "", "")
        return self.read(*args, **options)
