"""Changes of files: made, or in a dry run shown."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.local_files import (
    copy_to_scratch,
    create_private_file,
    make_private_folder,
    write_text,
)

from ...plans import planned


def test_a_private_folder_is_hidden_from_git_and_an_ignore_file_stays(tmp_path: Path) -> None:
    executor = Executor(dry_run=False)
    state = tmp_path / "state"
    ignore = state / ".gitignore"
    folder = state / "incident"
    assert make_private_folder(executor, folder, ignore) is True
    assert folder.stat().st_mode & 0o777 == 0o700
    assert ignore.read_text() == "*\n"
    ignore.write_text("mine\n")
    assert make_private_folder(executor, folder, ignore) is True
    assert ignore.read_text() == "mine\n"


def test_a_plan_makes_a_private_folder_when_it_is_pasted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    executor = Executor(dry_run=True)
    state = tmp_path / "the state"
    ignore = state / ".gitignore"
    folder = state / "$(id)"
    assert make_private_folder(executor, folder, ignore) is None
    executor.finish(complete=True)
    assert not state.exists()
    plan = capsys.readouterr().out
    subprocess.run(["/bin/sh", "-c", plan], check=True)
    assert folder.is_dir()
    assert ignore.read_text() == "*\n"


def test_a_text_is_written(tmp_path: Path) -> None:
    file = tmp_path / "lessons.md"
    executor = Executor(dry_run=False)
    assert write_text(executor, file, "text\n") is True
    assert file.read_text() == "text\n"


def test_a_dry_run_says_that_a_text_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lessons.md"
    executor = Executor(dry_run=True)
    assert write_text(executor, file, "text\n") is None
    assert not file.exists()
    assert f"{file} is written" in planned(capsys).replace("\n#  ", "")


def test_a_text_that_cannot_be_written_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_text(Executor(dry_run=False), tmp_path / "nowhere" / "lessons.md", "text\n")


def test_a_plan_copies_the_same_as_a_real_run(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = tmp_path / "the source"
    (source / "deep" / "er").mkdir(parents=True)
    (source / "deep" / "er" / "-x.txt").write_text("x")
    (source / "link").symlink_to("deep")
    (source / "left").mkdir()
    made = tmp_path / "made"
    copy_to_scratch(Executor(dry_run=False), source, made / "a", ["left"])
    assert capsys.readouterr().out == ""
    executor = Executor(dry_run=True)
    copy_to_scratch(executor, source, tmp_path / "planned" / "a", ["left"])
    executor.finish(complete=True)
    planned = tmp_path / "pasted"
    (tmp_path / "planned").rename(planned)
    subprocess.run(["/bin/sh", "-c", capsys.readouterr().out], check=True)
    for copy in (made, planned, tmp_path / "planned"):
        names = [str(path.relative_to(copy)) for path in sorted(copy.rglob("*"))]
        assert names == ["a", "a/deep", "a/deep/er", "a/deep/er/-x.txt", "a/link"]
        assert (copy / "a" / "link").readlink() == Path("deep")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_private_file_never_replaces_another(tmp_path: Path, kind: str) -> None:
    executor = Executor(dry_run=False)
    file = tmp_path / ".env"
    assert create_private_file(executor, file, "A=1\n") is True
    assert file.stat().st_mode & 0o777 == 0o600
    if kind == "link":  # to what does not exist
        file.unlink()
        file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        create_private_file(executor, file, "A=2\n")
    assert not (tmp_path / "elsewhere").exists()
    if kind == "file":
        assert file.read_text() == "A=1\n"


def test_a_plan_makes_the_same_private_file_when_it_is_pasted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    executor = Executor(dry_run=True)
    file = tmp_path / "with space.env"
    folders = ",".join(f"charts/number-{number}" for number in range(20))
    text = f"# it's a comment\n# with {'many words ' * 20}\n\nCHART_DIR={folders}\n"
    assert create_private_file(executor, file, text) is None
    executor.finish(complete=True)
    plan = capsys.readouterr().out
    assert max(map(len, plan.splitlines())) < 80
    subprocess.run(["/bin/sh", "-c", plan], check=True)
    assert file.read_text() == text
    assert file.stat().st_mode & 0o777 == 0o600
    assert subprocess.run(["/bin/sh", "-c", plan], check=False).returncode
