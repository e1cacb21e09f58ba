"""The lock: it tells who is at work, and what cannot be told stops nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.toolkit.core.invocation import current_user
from tasks.toolkit.incident.context import PROJECT
from tasks.toolkit.incident.lock import Lock


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        '{"pid": 1}',
        '{"pid": "a", "user": "me", "since": "now", "command": "x"}',
        "[" * 100_000,
    ],
)
def test_what_is_written_only_in_part_names_nobody_and_can_be_taken(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "lock").write_text(text)
    lock = Lock(tmp_path / "lock")
    assert (lock.told(), lock.alive()) == ("another operator", True)
    assert lock.take()
    assert f"{current_user()}'s `invoke" in Lock(tmp_path / "lock").told()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_a_user_without_a_name_is_told_by_number() -> None:
    script = (
        "import os\nfrom tasks.toolkit.core.invocation import current_user\nos.setuid(54321)\nprint(current_user())"
    )
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in ("LOGNAME", "USER", "LNAME", "USERNAME")
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env=env,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.stdout == "54321\n", done.stderr
