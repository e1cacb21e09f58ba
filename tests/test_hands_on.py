"""Practising by hand: a shell in the sandbox, typed in through a terminal of its own."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import FOLDERS, PROJECT

PROMPT = "(drill) threek8s "
ESCAPES = re.compile(r"\x1b(\[[0-9;?<>=]*[A-Za-z]|\][^\x07\x1b]*(\x07|\x1b\\)|[=>()][A-Z0-9]?)")
HISTORY = "make coffee\n"
SHELLS = [shell for shell in ("bash", "zsh", "fish", "dash") if shutil.which(shell)]


class Terminal:
    """A terminal in which `./inv drill --hands-on` runs; `printed` is what it showed."""

    def __init__(self, shell: str, env: dict[str, str], *options: str) -> None:
        self.printed = ""
        self._raw = b""
        self.ended: int | None = None
        inv = str(PROJECT / "inv")
        self.pid, self._file = pty.fork()
        if self.pid == 0:  # the child
            os.chdir("/")
            argv = [inv, "drill", "--hands-on", *options]
            os.execve(inv, argv, {**env, "SHELL": shell})  # noqa: S606

    def read_until(self, text: str, seconds: float = 60.0) -> str:
        """Return what was printed up to a text."""
        return self._read(lambda: text in self.printed, seconds)

    def read_all(self) -> str:
        """Return what was printed until everything ended."""
        return self._read(lambda: False, 60.0)

    def _read(self, is_enough: Callable[[], bool], seconds: float) -> str:
        deadline = time.monotonic() + seconds
        while not is_enough():
            assert time.monotonic() < deadline, self.printed
            if not select.select([self._file], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(self._file, 4096)
            except OSError:  # everything that had the terminal has ended
                break
            self._raw += data
            text = self._raw.decode(errors="replace").replace("\r", "")
            self.printed = ESCAPES.sub("", text)
        printed, self.printed, self._raw = self.printed, "", b""
        return printed

    def type(self, text: str) -> None:
        os.write(self._file, text.encode())

    def exit_code(self) -> int:
        """Return the exit code of the drill, as a shell has it."""
        if self.ended is None:
            _, status = os.waitpid(self.pid, 0)
            self.ended = os.waitstatus_to_exitcode(status)
        return self.ended


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Give the environment of a user with a home, and a folder for what is temporary."""
    home = tmp_path / "home"
    home.mkdir()
    for name in (".bash_history", ".zsh_history"):
        (home / name).write_text(HISTORY)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    path = os.pathsep.join([*map(str, FOLDERS), os.environ["PATH"]])
    return {
        "PATH": path,
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "TERM": "xterm",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture
def home(env: dict[str, str]) -> Iterator[Path]:
    """Give the user's home, in which nothing may change, and see that no sandbox is left."""
    home = Path(env["HOME"])
    before = {path: path.read_text() for path in home.rglob("*") if path.is_file()}
    yield home
    assert {path: path.read_text() for path in home.rglob("*") if path.is_file()} == before
    assert list(Path(env["TMPDIR"]).glob("sandbox-*")) == []


@pytest.mark.thorough
@pytest.mark.parametrize("shell", SHELLS)
def test_a_person_finds_out_what_is_wrong_in_a_shell_and_leaves_no_trace(
    shell: str, env: dict[str, str], home: Path
) -> None:
    terminal = Terminal(shutil.which(shell) or shell, env)
    prompt = PROMPT if shell != "dash" else "(drill) $ "
    hints = terminal.read_until(prompt)
    assert "→ next:\n  inv when.check\n" in hints
    assert hints.count("the command is `inv`, without `./`") == 1
    assert "PR #42" not in hints  # that is to be found out
    assert hints.count("\n") <= 8
    terminal.type("inv when.check\r")
    printed = terminal.read_until(prompt)
    assert "  inv recover --pr 42\n" in printed
    assert "not on PATH" not in printed
    terminal.type("gh pr list --state merged; git --no-pager log --oneline\r")
    listed = terminal.read_until(prompt)
    assert "move the chart's registry path" in listed
    assert "chore(main): release 1.7.0" in listed
    terminal.type("sleep 60\r")
    time.sleep(0.5)
    terminal.type("\x03")  # Ctrl-C, which is for the program only
    terminal.read_until(prompt, 10)
    terminal.type("exit\r")
    summary = terminal.read_all()
    assert "it was this: PR #42 moved" in summary
    assert re.search(r"revert\s+(what happened: )?nothing", summary)
    assert "! not solved yet: a trigger of a rollback still fires\n" in summary
    assert summary.endswith("the sandbox is deleted\n")
    assert terminal.exit_code() == 0
    assert home


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_drill_ends_its_shell_and_deletes_the_sandbox(
    number: signal.Signals, env: dict[str, str], home: Path
) -> None:
    terminal = Terminal(shutil.which("bash") or "", env)
    terminal.read_until(PROMPT)
    terminal.type("echo $$\r")
    shell = int(terminal.read_until(PROMPT).split("\n")[1])
    os.kill(terminal.pid, number)
    assert "interrupted: the sandbox is deleted" in terminal.read_all()
    assert terminal.exit_code() == 130
    with pytest.raises(ProcessLookupError):
        os.kill(shell, 0)
    assert home


@pytest.mark.thorough
def test_without_a_terminal_the_shell_reads_commands_from_stdin(
    env: dict[str, str], home: Path
) -> None:
    commands = "invoke recover --pr 42 --version next\ncommand -v inv\nfalse\n"
    ended = subprocess.run(
        [str(PROJECT / "inv"), "drill", "--hands-on", "--scenario", "install"],
        cwd="/",
        env={**env, "SHELL": "/bin/bash"},
        input=commands,
        text=True,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "recover             → to tell users: invoke support.incident" in ended.stderr
    assert "/bin/inv\n" in ended.stdout
    assert "stianfro/threek8s/chart/threek8s:1.7.101" in ended.stdout
    assert "✓ solved: no trigger of a rollback fires any more\n" in ended.stderr
    assert home


@pytest.mark.thorough
def test_hands_on_and_keep_are_refused_together() -> None:
    ended = subprocess.run(
        [str(PROJECT / "inv"), "drill", "--hands-on", "--keep"],
        text=True,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "--hands-on and --keep exclude each other: choose one of them\n" in ended.stderr
