"""Commits are reverted and pushed from worktrees; the user's working copy stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.sandbox.server import Reply, Server
from tasks.toolkit.clients.git.repository import Repository
from tasks.toolkit.clients.git.worktrees import Worktrees
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.errors import AccessDenied, ProgramFailed, Refused
from tasks.toolkit.core.secret import Secret

from ....plans import planned
from .conftest import Clone

ADVICE = "open a pull request"
MESSAGE = "fix: revert it"


@pytest.fixture
def trees(repository: Repository) -> Worktrees:
    """Give the worktrees of the clone."""
    return repository.worktrees


@pytest.fixture
def planned_trees(clone: Clone, planner: ProcessRunner) -> Worktrees:
    """Give the worktrees of the clone in a dry run."""
    return clone.repository(planner).worktrees


@pytest.fixture
def fix(clone: Clone, trees: Worktrees) -> Iterator[Path]:
    """Give a worktree with a commit on top of the first one."""
    with trees.checkout(clone.first) as tree:
        clone.change("zero", at=tree)
        yield tree


def test_a_commit_is_checked_out_beside_the_working_copy_and_gone_afterwards(
    clone: Clone, trees: Worktrees
) -> None:
    clone.change("two")
    clone.write("file", "being edited\n")
    with trees.checkout(clone.first) as tree:
        assert (tree / "file").read_text() == "one\n"
        assert tree.name.startswith("tree-")  # the name by which a later run sweeps it
    assert not tree.exists()
    assert clone.worktrees() == 0
    assert (clone.folder / "file").read_text() == "being edited\n"
    assert clone.git("branch", "--show-current") == "main"


def test_a_worktree_is_removed_whatever_happened_in_it(clone: Clone, trees: Worktrees) -> None:
    with pytest.raises(ZeroDivisionError), trees.checkout(clone.first) as tree:
        (tree / "new").write_text("x")
        clone.git("worktree", "lock", str(tree))
        _ = 1 / 0
    assert not tree.exists()
    assert clone.worktrees() == 0


@pytest.mark.parametrize("quiet", [True, False])
def test_a_dry_run_checks_out_too_and_shows_it_unless_quiet(
    clone: Clone,
    planned_trees: Worktrees,
    capsys: pytest.CaptureFixture[str],
    quiet: bool,
) -> None:
    bad = clone.change("two")
    with planned_trees.checkout(bad, quiet=quiet) as tree:
        assert planned_trees.revert(tree, bad, MESSAGE, quiet=quiet)
        assert (tree / "file").read_text() == "one\n"
    assert clone.worktrees() == 0
    plan = planned(capsys)
    is_shown = not quiet
    assert (f"worktree add --quiet --detach {tree} {bad}\n" in plan) is is_shown
    assert (f"-C {tree} revert --no-commit -m 1 {bad}\n" in plan) is is_shown
    assert (f"-C {tree} commit --quiet --message '{MESSAGE}'\n" in plan) is is_shown
    assert ("worktree remove" in plan) is is_shown


def test_a_plan_names_a_commit_that_exists_only_later(
    clone: Clone, planned_trees: Worktrees, capsys: pytest.CaptureFixture[str]
) -> None:
    with planned_trees.checkout(clone.first, shown_as="FETCH_HEAD") as tree:
        assert (tree / "file").read_text() == "one\n"
    plan = planned(capsys)
    assert plan.count("worktree add") == 1
    assert f"worktree add --quiet --detach {tree} FETCH_HEAD\n" in plan
    assert "worktree remove" in plan
    assert clone.first not in plan


def test_what_a_plan_calls_a_commit_is_nothing_to_a_real_run(
    clone: Clone, trees: Worktrees
) -> None:
    with trees.checkout(clone.first, shown_as="nowhere") as tree:
        assert (tree / "file").read_text() == "one\n"


def test_a_merge_is_reverted_against_its_first_parent(clone: Clone, trees: Worktrees) -> None:
    clone.branch_off("feature")
    clone.change("two")
    merge = clone.merge_into_main("feature")
    with trees.checkout(merge) as tree:
        assert trees.revert(tree, merge, MESSAGE)
        assert (tree / "file").read_text() == "one\n"
        assert (tree / "other").exists()
        assert clone.git("log", "-1", "--format=%B", at=tree) == MESSAGE


def test_nothing_is_left_to_revert(clone: Clone, trees: Worktrees) -> None:
    bad = clone.change("two")
    tip = clone.change("one")
    with trees.checkout(tip) as tree:
        assert not trees.revert(tree, bad, MESSAGE)
        assert clone.head(tree) == tip


def test_a_conflict_is_refused_with_its_files(clone: Clone, trees: Worktrees) -> None:
    names = ("file", "a name with spaces")
    bad = clone.commit("feat: second", dict.fromkeys(names, "two\n"))
    tip = clone.commit("feat: third", dict.fromkeys(names, "three\n"))
    with trees.checkout(tip) as tree, pytest.raises(Refused) as raised:
        trees.revert(tree, bad, MESSAGE)
    error = raised.value
    assert error.what.endswith("conflict in a name with spaces, file")
    assert "nothing was changed" in error.advice
    assert not tree.exists()


def test_a_revert_needs_an_identity(clone: Clone, trees: Worktrees) -> None:
    bad = clone.change("two")
    clone.forget_identity()
    with pytest.raises(ProgramFailed) as raised, trees.checkout(bad) as tree:
        trees.revert(tree, bad, MESSAGE)
    assert "git config --global user.name" in raised.value.advice


def test_the_commit_of_a_worktree_is_pushed(clone: Clone, trees: Worktrees, fix: Path) -> None:
    assert trees.push(fix, "main", ADVICE)
    assert clone.main_at_origin() == clone.head(fix)
    assert clone.head() == clone.first


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        ("update", "GH006: not allowed"),
        ("update", "GH013: Repository rule violations found"),
        ("update", "main is a protected branch"),
        ("pre-receive", "no"),
    ],
)
def test_a_protected_branch_is_refused_with_the_advice_of_the_caller(
    clone: Clone,
    trees: Worktrees,
    fix: Path,
    hook: str,
    reason: str,
) -> None:
    clone.reject_pushes(reason, hook)
    with pytest.raises(Refused, match="main is protected") as raised:
        trees.push(fix, "main", ADVICE)
    assert raised.value.advice == ADVICE


@pytest.mark.parametrize(
    ("who", "lacking", "remedy"),
    [
        ("an OAuth App", "`workflow` scope", "--scopes workflow"),
        ("a GitHub App", "`workflows` permission", "secret ROLLBACK_TOKEN"),
    ],
)
def test_a_push_that_may_not_change_workflows_says_what_to_do(
    clone: Clone, trees: Worktrees, fix: Path, who: str, lacking: str, remedy: str
) -> None:
    clone.reject_pushes(f"refusing to allow {who} to update workflow x.yml without {lacking}")
    with pytest.raises(AccessDenied, match=f"nothing was pushed: .* {remedy}"):
        trees.push(fix, "main", ADVICE)


def test_a_push_that_is_denied_says_which_permission_is_needed(
    clone: Clone, trees: Worktrees, fix: Path
) -> None:
    server = Server(lambda _: Reply(403, b"denied"))
    server.start()
    try:
        clone.set_origin(f"http://{server.host}/owner/name.git")
        with pytest.raises(AccessDenied, match=r"may not push; nothing was pushed: .* contents"):
            trees.push(fix, "main", ADVICE)
    finally:
        server.stop()


def test_a_branch_that_moved_at_origin_is_not_overwritten(
    clone: Clone, trees: Worktrees, fix: Path
) -> None:
    newer = clone.move_origin()
    with pytest.raises(Refused, match=r"main changed at origin.*: re-run the same command"):
        trees.push(fix, "main", ADVICE)
    assert clone.main_at_origin() == newer


def test_another_failure_of_a_push_is_reported_without_secrets(
    clone: Clone,
    runner: ProcessRunner,
    trees: Worktrees,
    fix: Path,
) -> None:
    clone.reject_pushes("out of space", "update")
    runner.secrets.append(Secret("origin.git"))
    with pytest.raises(ProgramFailed, match="check the network") as raised:
        trees.push(fix, "main", ADVICE)
    assert "out of space" in raised.value.stderr
    assert f"To {clone.root}/***" in raised.value.stderr


def test_a_plan_that_is_pasted_into_a_shell_pushes_the_revert(
    clone: Clone, planner: ProcessRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = clone.change("two")
    clone.push("main")
    repository = clone.repository(planner)
    trees = repository.worktrees
    tip = repository.fetch("main", show_in_plan=True)
    with trees.checkout(tip) as tree:
        trees.revert(tree, bad, MESSAGE)
        assert not trees.push(tree, "main", ADVICE)
    assert clone.main_at_origin() == bad
    planner.executor.finish(complete=True)
    clone.paste(capsys.readouterr().out)
    assert clone.git("show", "main:file", at=clone.origin) == "one"
    assert clone.worktrees() == 0
