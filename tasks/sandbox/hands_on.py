"""Practise by hand: a shell in the sandbox, and what is still wrong when it ends."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .drill_report import Output, print_report
from .place import COMMAND, IS_INSTALLED, PACKAGE

if TYPE_CHECKING:
    from .scenarios import Scenario
    from .world import World

NAMES = (COMMAND,) if IS_INSTALLED else ("inv", "invoke")
TYPED = NAMES[0]
SHELLS = ("bash", "zsh", "fish", "ksh", "dash", "sh")
ANY_SHELL = "/bin/sh"
# What sets the prompt, by the file in the sandbox's home that an interactive shell reads.
PROMPTS = {
    ".bashrc": "PS1='(drill) \\W $ '\n",
    ".zshrc": "PROMPT='(drill) %1~ %# '\n",
    ".config/fish/config.fish": """set fish_greeting
function fish_prompt
    printf '(drill) %s $ ' (basename $PWD)
end
""",
    ".shrc": "PS1='(drill) $ '\n",
}
# Where it is missing, fish fills it in the background, also when the sandbox is gone.
COMPLETIONS = ".local/share/fish/generated_completions"
INVOKE = """#!/bin/sh
INVOKED_AS={name} exec {python} -P {main} "$@"
"""
KEYBOARD = (signal.SIGINT, signal.SIGQUIT)
GRACE = 2.0  # seconds in which the shell may end after a hang-up


def practise(output: Output, world: World, scenario: Scenario) -> None:
    """Let the user type in a shell until it ends, then show what was done and what is left."""
    env = prepare_home(world)
    shell = _find_shell()
    env["SHELL"] = shell
    output.status(scenario.symptom, "warning")
    output.status(f"{scenario.exercise}; `exit` or Ctrl-D deletes the sandbox")
    if not IS_INSTALLED:
        output.status("here the command is `inv`, without `./`")
    output.status(f"{TYPED} {scenario.first}", "next")
    start = datetime.now(UTC)
    _run_shell(shell, world, env)
    output.status(f"it was this: {scenario.story}")
    print_report(output, world, start)
    _judge(output, world, scenario, env)


def _judge(output: Output, world: World, scenario: Scenario, env: dict[str, str]) -> None:
    """Tell whether the exercise was done."""
    judge = scenario.judge
    world.git("fetch", "--quiet")  # what was merged on GitHub
    exit_code = world.run(TYPED, *judge.line.split(), env=env).returncode
    if exit_code == 0:
        output.status(f"solved: {judge.well}", "done")
    elif exit_code == 1:
        output.status(f"not solved yet: {judge.wrong}", "warning")
    else:
        output.status(
            f"could not tell whether it is solved: {TYPED} {judge.line} failed", "warning"
        )


def prepare_home(world: World) -> dict[str, str]:
    """Write the files of the shell, and the command, into the sandbox; return its environment."""
    for name, text in PROMPTS.items():
        file = world.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    completions = world.home / COMPLETIONS
    completions.mkdir(parents=True)
    programs = world.folder / "bin"
    programs.mkdir()
    for name in NAMES:
        _write_program(programs / name)
    path = world.env["PATH"]
    return world.env | {
        "PATH": f"{programs}{os.pathsep}{path}",
        "GH_REPO": world.slug,  # git rewrites the remote's URL, by which gh would find it
        "ZDOTDIR": str(world.home),
        "ENV": str(world.home / ".shrc"),
    }


def _write_program(file: Path) -> None:
    """Write a program that runs the recipes, and lets their advice name it."""
    python = shlex.quote(sys.executable)
    main = shlex.quote(str(PACKAGE / "__main__.py"))
    text = INVOKE.format(name=file.name, python=python, main=main)
    file.write_text(text)
    file.chmod(0o755)


def _find_shell() -> str:
    """Return the path of the user's shell if it is one of SHELLS, else that of sh."""
    shell = os.environ.get("SHELL", "")
    found = shutil.which(shell)
    if found and Path(shell).name in SHELLS:
        return found
    return ANY_SHELL


def _run_shell(shell: str, world: World, env: dict[str, str]) -> None:
    """Run a shell in the clone. Without a terminal it reads its commands from stdin."""
    with _keys_are_the_shells(), subprocess.Popen([shell], cwd=world.clone, env=env) as running:
        try:
            running.wait()
        finally:
            _end(running)


def _end(running: subprocess.Popen[bytes]) -> None:
    """End a shell that still runs, as a closed terminal would."""
    if running.poll() is None:
        running.send_signal(signal.SIGHUP)
        with suppress(subprocess.TimeoutExpired):
            running.wait(GRACE)
        running.kill()
    running.wait()


@contextmanager
def _keys_are_the_shells() -> Iterator[None]:
    """Leave Ctrl-C to what runs in the terminal, and take the terminal back at the end."""
    before = {number: signal.signal(number, _ignore) for number in KEYBOARD}
    try:
        yield
    finally:
        _take_terminal()
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(*_: object) -> None:
    """Ignore a signal; unlike SIG_IGN, programs do not inherit this."""


def _take_terminal() -> None:
    """Make this process group the one in the foreground; a shell that was killed left its own."""
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    with suppress(OSError):  # stdin is no terminal of ours
        os.tcsetpgrp(sys.stdin.fileno(), os.getpgrp())
    signal.signal(signal.SIGTTOU, before)
