"""What may be posted of a command line and of an error."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tasks.toolkit.reports.public import public_command, public_error

COMMANDS = [
    (
        "invoke rollback.revert --pr '#42' --merge publish.all --version 1.7.1-rc.1 verify.all",
        "invoke rollback.revert --pr #42 --merge publish.all --version 1.7.1-rc.1 verify.all",
    ),
    ("invoke rollback.commit --sha=0123abc -p 7", "invoke rollback.commit --sha=0123abc -p 7"),
    ("invoke publish.all --ref=origin/main", "invoke publish.all --ref=origin/main"),
    ("invoke publish.push --archive /home/me/x.tgz", "invoke publish.push --archive ..."),
    ("invoke support.lessons --file=../notes.md", "invoke support.lessons --file=..."),
    ("invoke recover --title 'It`s @me' --pr 7", "invoke recover --title ... --pr 7"),
    ("invoke prevention.dispatch --input=a=b", "invoke prevention.dispatch --input=..."),
    ("invoke publish.all --ref /etc/passwd", "invoke publish.all --ref ..."),
    ("an 'open quote", "..."),
]


@pytest.mark.parametrize(("typed", "shown"), COMMANDS)
def test_a_command_shows_tasks_versions_and_refs_only(typed: str, shown: str) -> None:
    assert public_command(typed) == f"`{shown}`"


ERRORS = [
    ("cannot read '/srv/a/b.yaml': gone", "cannot read '[path]': gone"),
    ("see file:///srv/x and ~/y", "see [path] and [path]"),
    (
        "https://github.com/o/r/pull/1 and oci://ghcr.io/o/r and o/r",
        "https://github.com/o/r/pull/1 and oci://ghcr.io/o/r and o/r",
    ),
    (f"{Path.home()} {Path.cwd()}/x {tempfile.gettempdir()}/y", "[path] [path] [path]"),
    ("one\n  two\x0cthree", "one two three"),
]


@pytest.mark.parametrize(("text", "shown"), ERRORS)
def test_an_error_is_one_line_without_local_paths(text: str, shown: str) -> None:
    assert public_error(text) == f"`{shown}`"
