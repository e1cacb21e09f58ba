"""The wrapper: from a fresh copy to Invoke, from anywhere, mending itself."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.sandbox.world import World

from .conftest import PROJECT


def run(*argv: str, at: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, cwd=at, env={**os.environ, **env}, text=True, capture_output=True, check=False
    )


NEEDED = ("cmp", "cp", "mkdir", "mv", "rm", "sleep")


def only(copied: Path, *names: str, **instead: str) -> str:
    """Return a PATH with these programs alone; `instead` names others to take for some."""
    programs = copied / "programs"
    programs.mkdir()
    for name in names:
        real = instead.get(name, name)
        (programs / name).symlink_to(shutil.which(real) or real)
    return str(programs)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Give a copy of the project, with a space in its path and without `.venv` and `tasks`."""
    copy = tmp_path / "a copy"
    copy.mkdir()
    for name in ("inv", "tasks.py", "requirements.txt"):
        shutil.copy2(PROJECT / name, copy)
    return copy


def test_it_works_from_any_folder_and_through_a_chain_of_links(tmp_path: Path) -> None:
    away = tmp_path / "far away"
    away.mkdir()
    (tmp_path / "first").symlink_to(PROJECT / "inv")
    (away / "second").symlink_to("../first")
    done = run(str(away / "second"), "--list", at=away)
    assert done.returncode == 0, done.stderr
    assert "rollback.revert" in done.stdout


def test_what_is_advised_is_typed_as_it_was_called(world: World) -> None:
    done = world.run(str(PROJECT / "inv"), "verify.chart")
    assert f"  {shlex.quote(str(PROJECT / 'inv'))} publish.all\n" in done.stdout, (
        done.stdout + done.stderr
    )


def test_without_python_it_says_in_one_sentence_what_is_missing(copied: Path) -> None:
    done = run("/bin/sh", "./inv", "--list", at=copied, PATH=only(copied, *NEEDED))
    assert done.returncode == 3
    assert done.stderr.splitlines()[1:] == [
        "inv: Python 3.11 or later is needed, and python3 is not: install it from https://www.python.org/downloads"
    ]


def lock_of(copied: Path, owner: str) -> Path:
    """Make the lock of a process, and return it."""
    lock = copied / ".venv.lock"
    lock.mkdir()
    if owner:
        (lock / "owner").write_text(f"{owner}\n")
    return lock


@pytest.mark.parametrize("missing", NEEDED)
def test_a_program_that_the_set_up_lacks_is_named_at_once(copied: Path, missing: str) -> None:
    present = [name for name in NEEDED if name != missing]
    done = run("/bin/sh", "./inv", "--list", at=copied, PATH=only(copied, *present))
    assert done.returncode == 3
    assert done.stderr == f"inv: {missing} is not on PATH, and the set-up needs it\n"


@pytest.mark.thorough
def test_a_lock_of_another_process_is_waited_for_with_a_word_and_not_for_ever(copied: Path) -> None:
    path = only(copied, *NEEDED, sleep="true")  # ten minutes are over at once
    lock = lock_of(copied, str(os.getpid()))
    done = run("/bin/sh", "./inv", "--list", at=copied, PATH=path)
    waiting, ended = done.stderr.splitlines()
    assert done.returncode == 3
    assert f"waiting for process {os.getpid()}" in waiting
    assert ended.endswith(f"if it is no inv, delete {copied.resolve()}/.venv.lock")
    assert lock.is_dir()


@pytest.mark.parametrize("owner", ["999999999", "", "garbage", "itself", "a link"])
def test_a_lock_of_a_process_that_has_ended_is_removed(
    copied: Path,
    owner: str,
) -> None:
    path = only(copied, *NEEDED, sleep="true")
    argv = ["/bin/sh", "./inv", "--list"]
    if owner == "itself":
        lock = lock_of(copied, "")
        argv = ["/bin/sh", "-c", f"echo $$ >.venv.lock/owner; exec {' '.join(argv)}"]
    elif owner == "a link":  # of an earlier inv
        lock = copied / ".venv.lock"
        lock.symlink_to("999999999")
    else:
        lock = lock_of(copied, owner)
    done = run(*argv, at=copied, PATH=path)
    assert "Python 3.11 or later is needed" in done.stderr  # it came to the set-up
    assert "waiting" not in done.stderr
    assert not os.path.lexists(lock)
    assert list(copied.glob(".venv*")) == []


def test_a_lock_that_cannot_be_made_is_given_up(copied: Path) -> None:
    path = only(copied, *NEEDED, sleep="true", mkdir="false")
    done = run("/bin/sh", "./inv", "--list", at=copied, PATH=path)
    assert done.returncode == 3
    assert done.stderr.endswith("/.venv.lock cannot be made: is the disk full?\n")


def test_an_interrupt_releases_the_lock(copied: Path) -> None:
    path = only(copied, *NEEDED)
    slow = copied / "programs" / "python3"
    slow.write_text("#!/bin/sh\n[ $1 = -c ] && exit\nkill -INT $PPID\n/bin/sleep 0.1\n")
    slow.chmod(0o755)
    done = run("/bin/sh", "./inv", "--list", at=copied, PATH=path)
    assert done.returncode in (130, -signal.SIGINT)
    assert not (copied / ".venv.lock").exists()


def test_what_is_set_up_ignores_itself(copied: Path) -> None:
    """It does so too where an earlier inv has set it up."""
    venv = copied / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    shutil.copy(copied / "requirements.txt", venv / ".pins")
    subprocess.run(["git", "init", "--quiet"], cwd=copied, check=True)
    run("./inv", "--version", at=copied)
    status = run("git", "status", "--porcelain", "--untracked-files=all", at=copied)
    assert "?? requirements.txt" in status.stdout
    assert ".venv" not in status.stdout


def test_it_sets_itself_up_once_and_an_interrupted_or_outdated_set_up_mends_itself(
    copied: Path, exhaustive: bool
) -> None:
    if not exhaustive:
        pytest.skip("installs from the network: run with --all")
    shutil.copytree(
        PROJECT / "tasks",
        copied / "tasks",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (copied / ".venv.lock").symlink_to("999999999")  # of one that was killed
    both = [
        subprocess.Popen(
            ["./inv", "--list"],
            cwd=copied,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [process.communicate(timeout=300)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert "".join(told).count("setting up") == 1
    assert not os.path.lexists(copied / ".venv.lock")
    assert (copied / ".venv" / ".gitignore").exists()
    again = run("./inv", "--list", at=copied)
    assert (again.returncode, again.stderr) == (0, "")
    with (copied / "requirements.txt").open("a") as pins:
        pins.write("# other pins\n")
    kill_while_it_sets_up(copied)
    mended = run("./inv", "--list", at=copied)
    assert mended.returncode == 0 and "setting up" in mended.stderr


def kill_while_it_sets_up(copied: Path) -> None:
    """Type `./inv` and kill it, with its children, when it has begun to set up."""
    process = subprocess.Popen(
        ["./inv", "--list"],
        cwd=copied,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stderr and "setting up" in process.stderr.readline()
        while (copied / ".venv/.pins").exists():
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
