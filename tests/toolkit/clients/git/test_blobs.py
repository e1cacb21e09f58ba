"""Many files of commits: all that exist, as they are, and nothing for what does not."""

from __future__ import annotations

import shutil

import pytest

from tasks.toolkit.clients.git.blobs import LARGEST_FILE, Files
from tasks.toolkit.clients.git.repository import Repository
from tasks.toolkit.core.errors import BadInput, ProgramFailed

from .conftest import Clone

CHART = "charts/my app/Chart.yaml"


@pytest.fixture
def files(repository: Repository) -> Files:
    """Give the files of the clone's commits."""
    return repository.files


def test_a_file_is_read_at_each_commit_that_has_it(clone: Clone, files: Files) -> None:
    one = clone.commit("one", {CHART: "version: 1\n"})
    two = clone.commit("two", {CHART: "version: 2\n"})
    clone.git("rm", "--quiet", CHART)
    gone = clone.commit("three", {})
    found = files.of_commits([two, gone, clone.first, one, "0" * 40, two], CHART)
    assert found == {two: "version: 2\n", one: "version: 1\n"}
    assert files.of_commits([], CHART) == {}
    assert files.of_commits([gone], CHART) == {}


def test_the_files_of_a_folder_are_read_without_those_below(clone: Clone, files: Files) -> None:
    texts = {"f/a.yml": "a", "f/b c.yml": "b\n\n", "f/below/c.yml": "c", "g/d.yml": "d"}
    commit = clone.commit("files", texts)
    assert files.in_folder(commit, "f") == {"f/a.yml": "a", "f/b c.yml": "b\n\n"}
    assert files.in_folder(commit, "nowhere") == {}
    assert files.in_folder(clone.first, "f") == {}
    files.in_folder(commit, "f").clear()
    assert len(files.in_folder(commit, "f")) == 2
    clone.commit("more", {"f/z.yml": "z"})
    assert len(files.in_folder("HEAD", "f")) == 3


TEXTS = {
    "no-end": "x",
    "empty": "",
    "lines": "\n\n\n",
    "windows": "a\r\nb\r\n",
    "separators": "a\N{LINE SEPARATOR}b\fc\x1ed\x85",
    "looks-like-git": "0123456789abcdef0123456789abcdef01234567 blob 3\nabc\n",
    "two-bytes": "é\n",
}


def test_a_text_is_read_as_it_is(clone: Clone, files: Files) -> None:
    for name, text in TEXTS.items():
        (clone.folder / name).write_bytes(text.encode())
    commit = clone.commit("texts", {})
    assert files.of_paths(commit, [*TEXTS, "missing"]) == TEXTS


def test_what_is_not_utf_8_is_replaced(clone: Clone, files: Files) -> None:
    (clone.folder / "latin").write_bytes(b"caf\xe9\n")
    (clone.folder / "next").write_bytes(b"x\n")
    commit = clone.commit("bytes", {})
    expected = {"latin": "caf\N{REPLACEMENT CHARACTER}\n", "next": "x\n"}
    assert files.of_paths(commit, ["latin", "next"]) == expected


def test_a_folder_a_large_file_and_a_name_of_two_lines_are_left_out(
    clone: Clone, files: Files
) -> None:
    texts = {"folder/x": "x", "large": "x" * (LARGEST_FILE + 1), "two\nlines": "x", "small": "x"}
    commit = clone.commit("files", texts)
    paths = ["folder", "large", "two\nlines", "small"]
    assert files.of_paths(commit, paths) == {"small": "x"}


def test_files_are_found_by_their_name_in_every_folder(clone: Clone, files: Files) -> None:
    texts = {CHART: "a", "Chart.yaml": "b", "x/y/Chart.yaml": "c", "x/MyChart.yaml": "d"}
    commit = clone.commit("charts", texts)
    assert files.named(commit, "Chart.yaml") == ["Chart.yaml", CHART, "x/y/Chart.yaml"]
    assert files.named(clone.first, "Chart.yaml") == []
    assert files.named("0" * 40, "Chart.yaml") == []


def test_a_thousand_commits_may_be_asked_for(clone: Clone, files: Files) -> None:
    commit = clone.commit("one", {CHART: "x"})
    missing = [f"{number:040x}" for number in range(1000)]
    assert files.of_commits([*missing, commit], CHART) == {commit: "x"}


def test_a_file_is_read_at_a_commit(clone: Clone, files: Files) -> None:
    clone.change("two")
    assert files.read(clone.first, "file") == "one\n"
    assert files.read("HEAD", "file") == "two\n"
    assert files.read("HEAD", "missing") == ""
    assert files.read("HEAD", "") == ""
    assert files.read("--output=x", "file") == ""
    assert clone.git("status", "--porcelain") == ""


def test_only_what_never_changes_is_remembered(clone: Clone, files: Files) -> None:
    assert files.read("HEAD", "file") == "one\n"
    assert files.read(clone.first, "file") == "one\n"
    folder = clone.commit("folder", {"folder/x": "x\n"})
    in_folder = files.in_folder(folder, "folder")
    second = clone.change("two")
    assert files.read("HEAD", "file") == "two\n"
    shutil.rmtree(clone.folder / ".git" / "objects")
    assert files.read(clone.first, "file") == "one\n"
    assert files.in_folder(folder, "folder") == in_folder == {"folder/x": "x\n"}
    assert files.read(folder, "folder/x") == "x\n"
    with pytest.raises(ProgramFailed):
        files.read(second, "file")


def test_a_single_file_that_is_too_large_is_refused(
    clone: Clone, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.toolkit.clients.git.blobs.LARGEST_FILE", 3)
    with pytest.raises(BadInput, match=r"file at [0-9a-f]{12} has 4 bytes: at most 3 are read"):
        files.read(clone.first, "file")
