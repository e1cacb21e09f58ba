"""The lock: it says who holds it, and an incomplete file stops nobody."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.toolkit.core.errors import Refused, ServiceError
from tasks.toolkit.core.installation import CHECKOUT
from tasks.toolkit.core.invocation import current_user
from tasks.toolkit.incident.lock import LARGEST_PID, Lock

INCOMPLETE = [
    "",
    "{}",
    "[1]",
    '{"pid": 1}',
    '{"pid": "a", "user": "me", "since": "now", "command": "x"}',
    f'{{"pid": {LARGEST_PID + 1}, "user": "me", "since": "now", "command": "x"}}',
    "[" * 100_000,
]
USER_VARIABLES = ("LOGNAME", "USER", "LNAME", "USERNAME")
PRINT_USER_WITHOUT_NAME = """
import getpass  # while this user may read it
import os
from tasks.toolkit.core.invocation import current_user

os.setuid(54321)
print(current_user())
"""


@pytest.mark.parametrize("text", INCOMPLETE)
def test_an_incomplete_file_names_nobody_and_the_lock_can_be_taken(
    tmp_path: Path,
    text: str,
) -> None:
    file = tmp_path / "lock"
    file.write_text(text)
    lock = Lock(file)
    assert lock.describe_holder() == "another operator"
    assert lock.is_holder_alive()
    assert lock.take()
    assert f"{current_user()}'s `invoke" in Lock(file).describe_holder()


def test_the_lock_is_held_by_one_who_is_named_until_the_process_ends(tmp_path: Path) -> None:
    first = Lock(tmp_path / "lock")
    second = Lock(tmp_path / "lock")
    assert first.take()
    assert first.take()  # it holds the lock already
    assert not second.take()
    assert f"pid {os.getpid()}, since 20" in second.describe_holder()
    assert second.is_holder_alive()
    os.close(first.descriptor)  # as the end of the process does
    assert second.take()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named_as_what_it_is(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    def fail(*_: object) -> None:  # as NFS without its lock service; no such mount is made here
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", fail)
    expected = f"lock cannot be locked \\({os.strerror(number)}\\): .*set STATE_DIR"
    with pytest.raises(ServiceError, match=expected):
        Lock(tmp_path / "lock").take()


def test_a_lock_that_is_a_link_or_a_pipe_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    file = tmp_path / "lock"
    file.symlink_to(elsewhere)
    with pytest.raises(Refused, match="is a symbolic link"):
        Lock(file).take()
    assert elsewhere.read_text() == "precious"
    assert Lock(file).describe_holder() == "another operator"
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(Refused, match="is not a regular file"):
        Lock(file).take()
    assert Lock(file).describe_holder() == "another operator"


def test_a_holder_that_was_killed_is_not_alive(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    holder = f'{{"pid": {ended.pid}, "user": "me", "since": "now", "command": "x"}}'
    (tmp_path / "lock").write_text(holder)
    assert not Lock(tmp_path / "lock").is_holder_alive()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_a_user_without_a_name_is_named_by_number() -> None:
    env = dict(os.environ)
    for name in USER_VARIABLES:
        env.pop(name, None)
    ended = subprocess.run(
        [sys.executable, "-c", PRINT_USER_WITHOUT_NAME],
        cwd=CHECKOUT,
        env=env,
        text=True,
        capture_output=True,
        check=False,
    )
    assert ended.stdout == "54321\n", ended.stderr
