"""The stand-in of actions/checkout leaves the refs and files that the real one leaves."""

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
on: {{workflow_dispatch: {{}}, push: {{tags: ["*"]}}}}
jobs:
  only:
    runs-on: ubuntu-latest
    steps:
    - {{id: checkout, uses: actions/checkout@v4, with: {inputs}}}
    - id: show
      run: |
{script}
    - {{id: outputs, run: 'echo "${{{{ steps.checkout.outputs.commit }}}}"'}}
"""


def checked_out(
    github: State,
    clone: Clone,
    inputs: str,
    script: str,
    ref: str = "main",
) -> Run:
    """Return the run of a workflow that checks out with inputs and runs a script."""
    text = WORKFLOW.format(inputs=inputs, script=textwrap.indent(script, " " * 8))
    clone.push("main", "", text, PATH)
    if ref == "main":
        run = github.actions.dispatch(PATH, "main", {})
        assert run
    else:
        clone.git("tag", "--annotate", "--message=release", ref)
        clone.git("push", "--quiet", "origin", ref)
        github.sync()
        run = github.runs[0]
    run.wait(20)
    return run


def shown(run: Run) -> list[str]:
    """Return what the script printed."""
    return run.jobs["only"].steps["show"].log.splitlines()


def test_one_commit_on_its_branch_is_checked_out_that_can_be_pushed(
    github: State, clone: Clone
) -> None:
    clone.git("tag", "v1")
    clone.git("push", "--quiet", "origin", "v1")
    script = """\
git rev-list --count HEAD
git branch --show-current
git tag
git -c user.name=a -c user.email=a commit --quiet --allow-empty --message=bump
git push --quiet
"""
    run = checked_out(github, clone, "{}", script)
    assert run.conclusion == "success"
    assert shown(run) == ["1", "main"]
    assert run.jobs["only"].steps["outputs"].log.strip() == run.head_sha
    assert github.repository.subject("main") == "bump"


def test_all_history_has_all_branches_and_tags(github: State, clone: Clone) -> None:
    clone.push("other", "two", "2")
    clone.git("tag", "v1", "main")
    clone.git("push", "--quiet", "origin", "v1")
    script = "git rev-list --count HEAD; git tag; git rev-parse --abbrev-ref origin/other"
    run = checked_out(github, clone, "{fetch-depth: 0}", script)
    assert shown(run) == ["2", "v1", "origin/other"]


def test_a_tag_is_checked_out_without_a_branch(github: State, clone: Clone) -> None:
    script = "git describe --exact-match; git status --porcelain --branch; git rev-list --count v2"
    run = checked_out(github, clone, "{}", script, "v2")
    assert shown(run) == ["v2", "## HEAD (no branch)", "1"]


@pytest.mark.parametrize("ref", ["two", "refs/heads/two", "COMMIT", "v0", "refs/tags/v0"])
def test_a_ref_may_be_a_branch_a_tag_or_a_commit(github: State, clone: Clone, ref: str) -> None:
    clone.push("two", "two", "2")
    commit = clone.git("rev-parse", "two")
    clone.git("tag", "v0")
    clone.git("push", "--quiet", "origin", "v0")
    inputs = f"{{ref: {ref.replace('COMMIT', commit)}, path: code}}"
    run = checked_out(github, clone, inputs, "git -C code rev-parse HEAD; ls")
    assert shown(run) == [commit, "code"]


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ("{ref: gone}", "A branch or tag with the name 'gone' could not be found"),
        ("{repository: other/charts}", "other/charts is another repository"),
        ("{path: ../..}", "is not under"),
    ],
)
def test_what_cannot_be_checked_out_fails_the_step(
    github: State, clone: Clone, inputs: str, reason: str
) -> None:
    run = checked_out(github, clone, inputs, "true")
    assert run.conclusion == "failure"
    assert reason in run.jobs["only"].steps["checkout"].log


def test_a_second_checkout_cleans_the_folder(github: State, clone: Clone) -> None:
    again = """\
true
    - {run: 'echo x > file; echo y > made'}
    - {uses: actions/checkout@v4, with: {fetch-depth: 0}}
    - id: then
      run: cat file; ls; git rev-list --count HEAD"""
    text = WORKFLOW.format(inputs="{}", script=" " * 8 + again)
    clone.push("main", "", text, PATH)
    run = github.actions.dispatch(PATH, "main", {})
    assert run
    assert run.wait(20) == "success"
    lines = run.jobs["only"].steps["then"].log.splitlines()
    assert lines == ["one", "two", "three", "four", "five", "file", "2"]
