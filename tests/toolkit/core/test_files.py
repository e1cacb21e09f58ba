"""Text files: replaced as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.core.files import read_text, replace_text


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    assert read_text(file) == ""
    replace_text(file, "é\n")
    replace_text(file, "new\n")
    assert read_text(file) == "new\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "notes.md"
    file.parent.mkdir()
    link = tmp_path / "link.md"
    link.symlink_to(file)
    replace_text(link, "text\n")
    assert link.is_symlink()
    assert file.read_text() == "text\n"


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("old\n")
    with pytest.raises(UnicodeEncodeError):
        replace_text(file, "\udc80")
    assert file.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_device_is_written_in_place() -> None:
    replace_text(Path("/dev/null"), "text\n")
    assert read_text(Path("/dev/null")) == ""
