"""Files are read only if they are this user's own: no link below the base, no pipe, no other's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tasks.toolkit.core.errors import Refused
from tasks.toolkit.core.own_files import open_own, read_own


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "base" / "incident"
    folder.mkdir(parents=True)
    file = folder / "file"
    file.write_text("ours")
    return file


def read(file: Path) -> bytes:
    return read_own(file.parents[1], file)


def test_a_file_of_this_user_is_read_and_may_be_made(file: Path) -> None:
    assert read(file) == b"ours"
    new = file.with_name("new")
    os.close(open_own(file.parents[1], new, os.O_WRONLY | os.O_CREAT))
    assert new.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileNotFoundError):
        read(file.with_name("absent"))


def test_the_base_may_be_reached_by_a_link(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file.parents[1])
    assert read(link / "incident" / "file") == b"ours"


def test_a_link_below_the_base_is_refused(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    with pytest.raises(Refused, match=f"{link} is a symbolic link"):
        read(link)
    folder = file.parents[1] / "folder"
    folder.symlink_to(file.parent)
    with pytest.raises(Refused, match=f"{folder} is a symbolic link"):
        read(folder / "file")


def test_a_pipe_is_refused_and_makes_nobody_wait(file: Path) -> None:
    pipe = file.with_name("pipe")
    os.mkfifo(pipe)
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
        with pytest.raises(Refused, match="pipe is not a regular file"):
            open_own(file.parents[1], pipe, flags)


def test_what_every_user_may_write_is_refused(file: Path) -> None:
    file.chmod(0o666)
    with pytest.raises(Refused, match=f"may write {file}"):
        read(file)
    file.chmod(0o600)
    file.parent.chmod(0o777)
    with pytest.raises(Refused, match=f"may write {file.parent}:"):
        read(file)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_what_belongs_to_another_user_is_refused(file: Path) -> None:
    os.chown(file, 54321, -1)
    with pytest.raises(Refused, match=f"{file} belongs to another user"):
        read(file)


def test_a_file_over_the_limit_is_refused(file: Path) -> None:
    with file.open("w") as stream:
        stream.truncate(11 * 2**20)
    with pytest.raises(Refused, match="is over 10 MiB"):
        read(file)
