"""The stand-ins of upload-artifact and download-artifact keep and give the files of the real."""

from __future__ import annotations

import textwrap

import pytest

from tasks.sandbox.github.runs import Run
from tasks.sandbox.github.state import State

from .conftest import Clone

pytestmark = pytest.mark.thorough  # other tests run these actions too

PATH = ".github/workflows/try.yml"
WORKFLOW = """\
name: Try
on: workflow_dispatch
jobs:
  first:
    runs-on: ubuntu-latest
    steps:
    - run: mkdir -p dist/deep .cache; touch dist/{{a,b}}.tgz dist/deep/c.tgz dist/.h notes .cache/d
{uploads}
  second:
    needs: first
    runs-on: ubuntu-latest
    steps:
    - {download}
    - {{id: show, run: 'find . -type f | sort'}}
"""
TWO = """\
- {uses: actions/upload-artifact@v4, with: {name: one, path: dist/a.tgz}}
- {uses: actions/upload-artifact@v4, with: {name: two, path: dist/b.tgz}}
"""


def transferred(github: State, clone: Clone, uploads: str, download: str) -> Run:
    """Return the run of a workflow that uploads in a job and downloads in another."""
    steps = textwrap.indent(uploads, "    ")
    clone.push("main", "", WORKFLOW.format(uploads=steps, download=download), PATH)
    run = github.actions.dispatch(PATH, "main", {})
    assert run
    run.wait(20)
    return run


def shown(run: Run) -> list[str]:
    """Return the files that the second job had."""
    lines = run.jobs["second"].steps["show"].log.splitlines()
    return [line.removeprefix("./") for line in lines]


each_path = pytest.mark.parametrize(
    ("paths", "files"),
    [
        ("dist/a.tgz", ["a.tgz"]),
        ("./dist/*.tgz", ["a.tgz", "b.tgz"]),
        ("dist", ["a.tgz", "b.tgz", "deep/c.tgz"]),
        ("dist/**/*.tgz", ["a.tgz", "b.tgz", "deep/c.tgz"]),
        ("dist/a.tgz\nnotes", ["dist/a.tgz", "notes"]),
        ("dist/a.tgz\ndist/deep/*.tgz\n", ["a.tgz", "deep/c.tgz"]),
        ("dist\n!dist/a.tgz", ["b.tgz", "deep/c.tgz"]),
        ("*.md\nnotes", ["notes"]),
    ],
)


@each_path
def test_files_keep_the_folders_below_those_that_they_share(
    github: State, clone: Clone, paths: str, files: list[str]
) -> None:
    lines = textwrap.indent(paths, " " * 6)
    uploads = f"- uses: actions/upload-artifact@v4\n  with:\n    path: |\n{lines}"
    run = transferred(
        github, clone, uploads, "{uses: actions/download-artifact@v4, with: {name: artifact}}"
    )
    assert shown(run) == files


@pytest.mark.parametrize(
    ("options", "conclusion"),
    [("", "success"), (", if-no-files-found: error", "failure")],
)
def test_hidden_files_are_left_out_and_no_files_may_be_an_error(
    github: State, clone: Clone, options: str, conclusion: str
) -> None:
    uploads = f"- {{uses: actions/upload-artifact@v4, with: {{path: .cache/*{options}}}}}"
    run = transferred(github, clone, uploads, "{uses: actions/download-artifact@v4}")
    assert run.jobs["first"].conclusion == conclusion


def test_hidden_files_can_be_asked_for(github: State, clone: Clone) -> None:
    options = "path: '.cache/*', include-hidden-files: true"
    uploads = f"- {{uses: actions/upload-artifact@v4, with: {{{options}}}}}"
    run = transferred(
        github, clone, uploads, "{uses: actions/download-artifact@v4, with: {name: artifact}}"
    )
    assert shown(run) == ["d"]


@pytest.mark.parametrize(
    ("download", "files"),
    [
        ("{uses: actions/download-artifact@v4}", ["one/a.tgz", "two/b.tgz"]),
        (
            "{uses: actions/download-artifact@v4, with: {merge-multiple: true, path: x}}",
            ["x/a.tgz", "x/b.tgz"],
        ),
        ("{uses: actions/download-artifact@v4, with: {pattern: 't*'}}", ["two/b.tgz"]),
        ("{uses: actions/download-artifact@v5, with: {pattern: 't*'}}", ["b.tgz"]),
    ],
)
def test_several_artifacts_get_a_folder_each_or_share_one(
    github: State, clone: Clone, download: str, files: list[str]
) -> None:
    assert shown(transferred(github, clone, TWO, download)) == files


def test_an_artifact_that_is_not_there_fails_the_job(github: State, clone: Clone) -> None:
    run = transferred(github, clone, TWO, "{uses: actions/download-artifact@v4, with: {name: x}}")
    assert run.jobs["second"].conclusion == "failure"
