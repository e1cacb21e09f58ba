"""The wrapper: from a fresh copy to Invoke, from anywhere, mending itself."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tasks.sandbox.world import World

from .conftest import PROJECT


def run(*argv: str, at: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, cwd=at, env={**os.environ, **env}, text=True, capture_output=True, check=False
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Give a copy of the project, with a space in its path and without `.venv`."""
    copy = tmp_path / "a copy"
    copy.mkdir()
    for name in ("inv", "tasks.py", "requirements.txt"):
        shutil.copy2(PROJECT / name, copy)
    shutil.copytree(PROJECT / "tasks", copy / "tasks", ignore=shutil.ignore_patterns("__pycache__"))
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
    assert f"→ {shlex.quote(str(PROJECT / 'inv'))} publish.all\n" in done.stdout, (
        done.stdout + done.stderr
    )


def test_without_python_it_says_in_one_sentence_what_is_missing(copied: Path) -> None:
    programs = copied / "programs"
    programs.mkdir()
    for name in ("cmp", "ln", "rm", "sh"):
        (programs / name).symlink_to(shutil.which(name) or name)
    done = run("/bin/sh", "./inv", "--list", at=copied, PATH=str(programs))
    assert done.returncode == 3
    assert done.stderr.splitlines()[1:] == [
        "inv: Python 3.11 or later is needed, and python3 is not: install it from https://www.python.org/downloads"
    ]


@pytest.mark.thorough
def test_a_lock_of_another_process_is_waited_for_with_a_word_and_not_for_ever(copied: Path) -> None:
    programs = copied / "programs"
    programs.mkdir()
    for name in ("cmp", "ln", "rm", "sh", "readlink", "true"):
        (programs / name).symlink_to(shutil.which(name) or name)
    (programs / "sleep").symlink_to(shutil.which("true") or "true")  # ten minutes are over at once
    lock = copied / ".venv.lock"
    lock.symlink_to(str(os.getpid()))
    done = run("/bin/sh", "./inv", "--list", at=copied, PATH=str(programs))
    waiting, ended = done.stderr.splitlines()
    assert done.returncode == 3
    assert f"waiting for process {os.getpid()}" in waiting
    assert ended.endswith(f"if it is no inv, delete {copied.resolve()}/.venv.lock")
    lock.unlink()
    own = run(
        "/bin/sh",
        "-c",
        "ln -s $$ .venv.lock; exec /bin/sh ./inv --list",
        at=copied,
        PATH=str(programs),
    )
    assert "Python 3.11 or later is needed" in own.stderr and "waiting" not in own.stderr


def test_it_sets_itself_up_once_and_an_interrupted_or_outdated_set_up_mends_itself(
    copied: Path, exhaustive: bool
) -> None:
    if not exhaustive:
        pytest.skip("installs from the network: run with --all")
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
    assert not (copied / ".venv.lock").is_symlink()
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
