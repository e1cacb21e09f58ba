"""A program that is isolated sees parts of this machine, and changes none that it only reads."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tasks.sandbox.rehearsal.isolation import BWRAP, UNSHARE, Isolation, View

from .hostile import require

NEW_MOUNTS = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]


@pytest.fixture(params=[BWRAP, UNSHARE])
def isolation(request: pytest.FixtureRequest) -> Isolation:
    """An isolation that works here."""
    found = Isolation(request.param, os.environ)
    if not found.works():
        pytest.skip(f"{request.param} does not work here")
    return found


def run(isolation: Isolation, script: str, view: View, before: str = ":") -> str:
    """Return what an isolated script prints; `before` is run with mounts of its own."""
    command = shlex.join(isolation.wrap(["sh", "-c", script], view))
    argv = [*NEW_MOUNTS, f"set -e; {before}; exec {command}"]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def test_what_is_readable_is_not_writable_wherever_it_is_mounted(
    isolation: Isolation, tmp_path: Path
) -> None:
    inner = tmp_path / "readable/inner"
    inner.mkdir(parents=True)
    (tmp_path / "notes").touch()
    mount = "mount -t tmpfs -o nosuid,nodev,noexec,noatime tmpfs"
    before = f"{mount} {inner}; mkdir {inner}/deep; {mount} {inner}/deep"
    view = View([tmp_path / "readable", inner / "deep"], [tmp_path / "notes"])
    attempts = [f"(touch {inner.parent}/x || touch {inner}/x || touch {inner}/deep/x) 2>&1"]
    attempts.append(f"echo noted > {tmp_path}/notes")
    printed = run(isolation, "; ".join(attempts), view, before)
    assert printed.count("Read-only file system") == 3
    assert (tmp_path / "notes").read_text() == "noted\n"
    assert list((tmp_path / "readable").glob("x")) == []


def test_a_writable_file_may_be_in_a_readable_folder(isolation: Isolation, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.write_text("before\n")
    run(isolation, f"echo after >> {notes}; ! touch {tmp_path}/x", View([tmp_path], [notes]))
    assert notes.read_text() == "before\nafter\n"
    assert not (tmp_path / "x").exists()


def test_nothing_else_is_seen(isolation: Isolation, tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    script = f"ls -A {tmp_path} /home /root /run /var /sys /mnt 2>/dev/null; ls /tmp /proc/1; true"
    printed = run(isolation, script, View())
    assert "secret" not in printed
    assert "environ" in printed
    count = run(isolation, "ls -d /proc/[0-9]* | wc -l", View())
    assert int(count) <= 6


def test_programs_have_terminals_and_shared_memory_of_their_own(isolation: Isolation) -> None:
    script = "import pty, multiprocessing; pty.openpty(); multiprocessing.Lock(); print('both')"
    assert run(isolation, f'/usr/bin/env python3 -c "{script}"', View()) == "both\n"


def test_no_capability_is_left(isolation: Isolation) -> None:
    printed = run(isolation, "grep -E 'Cap(Eff|Prm|Bnd)|NoNewPrivs' /proc/self/status", View())
    assert {line.split()[1] for line in printed.splitlines()} == {"0" * 16, "1"}


def test_the_first_that_works_is_found() -> None:
    require(BWRAP, os.environ["PATH"])
    assert Isolation.find({"PATH": "/nowhere"}).name == ""
