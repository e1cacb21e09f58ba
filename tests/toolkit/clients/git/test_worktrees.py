"""Commits are reverted and pushed from worktrees; the user's working copy stays as it is."""

from __future__ import annotations

import subprocess

import pytest

from tasks.toolkit.core.errors import ProgramFailed, Refused

from .conftest import Clone

ADVICE = "open a pull request"


def worktrees(clone: Clone) -> int:
    """Return how many worktrees the clone has beside the user's."""
    return clone.git("worktree", "list").count("\n")


def test_a_commit_is_checked_out_beside_the_working_copy_and_gone_afterwards(clone: Clone) -> None:
    clone.commit("feat: second", {"file": "two\n"})
    (clone.folder / "file").write_text("being edited\n")
    with clone.repository().worktrees.checkout(clone.first) as tree:
        assert (tree / "file").read_text() == "one\n"
        assert tree.name.startswith("tree-")  # the name by which a later run sweeps it
    assert not tree.exists()
    assert worktrees(clone) == 0
    assert (clone.folder / "file").read_text() == "being edited\n"
    assert clone.git("branch", "--show-current") == "main"


def test_a_worktree_is_removed_whatever_happened_in_it(clone: Clone) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        clone.repository().worktrees.checkout(clone.first) as tree,
    ):
        (tree / "new").write_text("x")
        clone.git("worktree", "lock", str(tree))
        _ = 1 / 0
    assert not tree.exists()
    assert worktrees(clone) == 0


@pytest.mark.parametrize("quiet", [True, False])
def test_a_dry_run_checks_out_too_and_shows_it_unless_quiet(
    clone: Clone, capsys: pytest.CaptureFixture[str], quiet: bool
) -> None:
    bad = clone.commit("feat: second", {"file": "two\n"})
    trees = clone.repository(dry_run=True).worktrees
    with trees.checkout(bad, quiet=quiet) as tree:
        assert trees.revert(tree, bad, quiet=quiet)
        assert (tree / "file").read_text() == "one\n"
    assert worktrees(clone) == 0
    plan = capsys.readouterr().out
    shown = [
        f"worktree add --quiet --detach {tree} {bad}\n" in plan,
        f"-C {tree} revert --no-edit -m 1 {bad}\n" in plan,
        "worktree remove" in plan,
    ]
    assert shown == [not quiet] * 3


def test_a_plan_names_a_commit_that_exists_only_later(
    clone: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    trees = clone.repository(dry_run=True).worktrees
    with trees.checkout(clone.first, shown_as="FETCH_HEAD") as tree:
        assert (tree / "file").read_text() == "one\n"
    plan = capsys.readouterr().out
    assert plan.count("worktree add") == 1
    assert f"worktree add --quiet --detach {tree} FETCH_HEAD\n" in plan
    assert "worktree remove" in plan
    assert clone.first not in plan


def test_what_a_plan_calls_a_commit_is_nothing_to_a_real_run(clone: Clone) -> None:
    with clone.repository().worktrees.checkout(clone.first, shown_as="nowhere") as tree:
        assert (tree / "file").read_text() == "one\n"


def test_a_merge_is_reverted_against_its_first_parent(clone: Clone) -> None:
    clone.git("switch", "--quiet", "--create", "feature")
    clone.commit("feat: second", {"file": "two\n"})
    clone.git("switch", "--quiet", "main")
    clone.commit("feat: other", {"other": "x"})
    clone.git("merge", "--quiet", "--no-ff", "--no-edit", "feature")
    merge = clone.git("rev-parse", "HEAD")
    trees = clone.repository().worktrees
    with trees.checkout(merge) as tree:
        assert trees.revert(tree, merge)
        assert (tree / "file").read_text() == "one\n"
        assert (tree / "other").exists()
        assert f"This reverts commit {merge}" in clone.git("log", "-1", "--format=%B", at=tree)


def test_nothing_is_left_to_revert(clone: Clone) -> None:
    bad = clone.commit("feat: second", {"file": "two\n"})
    tip = clone.commit("feat: back to one", {"file": "one\n"})
    trees = clone.repository().worktrees
    with trees.checkout(tip) as tree:
        assert not trees.revert(tree, bad)
        assert clone.git("rev-parse", "HEAD", at=tree) == tip


def test_a_conflict_is_refused_with_its_files(clone: Clone) -> None:
    bad = clone.commit("feat: second", {"file": "two\n", "a name with spaces": "two\n"})
    tip = clone.commit("feat: third", {"file": "three\n", "a name with spaces": "three\n"})
    trees = clone.repository().worktrees
    with pytest.raises(Refused) as raised, trees.checkout(tip) as tree:
        trees.revert(tree, bad)
    assert raised.value.what.endswith("conflict in a name with spaces, file")
    assert "nothing was changed" in raised.value.advice
    assert not tree.exists()


def test_a_revert_needs_an_identity(clone: Clone) -> None:
    bad = clone.commit("feat: second", {"file": "two\n"})
    (clone.home / ".gitconfig").write_text("[user]\nuseConfigOnly = true\n")
    trees = clone.repository().worktrees
    with pytest.raises(ProgramFailed) as raised, trees.checkout(bad) as tree:
        trees.revert(tree, bad)
    assert "git config --global user.name" in raised.value.advice


def test_the_commit_of_a_worktree_is_pushed(clone: Clone) -> None:
    trees = clone.repository().worktrees
    with trees.checkout(clone.first) as tree:
        commit = clone.commit("fix: back", {"file": "zero\n"}, at=tree)
        assert trees.push(tree, "main", ADVICE)
    assert clone.git("rev-parse", "main", at=clone.origin) == commit
    assert clone.git("rev-parse", "main") == clone.first


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
    clone: Clone, hook: str, reason: str
) -> None:
    clone.reject_pushes(reason, hook)
    trees = clone.repository().worktrees
    with trees.checkout(clone.first) as tree:
        clone.commit("fix: back", {"file": "zero\n"}, at=tree)
        with pytest.raises(Refused, match="main is protected") as raised:
            trees.push(tree, "main", ADVICE)
    assert raised.value.advice == ADVICE


def test_a_branch_that_moved_at_origin_is_not_overwritten(clone: Clone) -> None:
    newer = clone.commit("feat: second", {"file": "two\n"}, at=clone.colleague())
    clone.git("push", "--quiet", "origin", "main", at=clone.colleague())
    trees = clone.repository().worktrees
    with trees.checkout(clone.first) as tree:
        clone.commit("fix: back", {"file": "zero\n"}, at=tree)
        with pytest.raises(Refused, match=r"main changed at origin.*: re-run the same command"):
            trees.push(tree, "main", ADVICE)
    assert clone.git("rev-parse", "main", at=clone.origin) == newer


def test_another_failure_of_a_push_is_reported_without_secrets(clone: Clone) -> None:
    clone.reject_pushes("out of space", "update")
    trees = clone.repository(secret="origin.git").worktrees
    with trees.checkout(clone.first) as tree:
        clone.commit("fix: back", {"file": "zero\n"}, at=tree)
        with pytest.raises(ProgramFailed, match="check the network") as raised:
            trees.push(tree, "main", ADVICE)
    assert "out of space" in raised.value.stderr
    assert f"To {clone.root}/***" in raised.value.stderr


def test_a_plan_that_is_pasted_into_a_shell_pushes_the_revert(
    clone: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = clone.commit("feat: second", {"file": "two\n"})
    clone.git("push", "--quiet", "origin", "main")
    repository = clone.repository(dry_run=True)
    trees = repository.worktrees
    tip = repository.fetch("main", show_in_plan=True)
    with trees.checkout(tip) as tree:
        trees.revert(tree, bad)
        assert not trees.push(tree, "main", ADVICE)
    trees._git.runner.executor.finish(complete=True)
    assert clone.git("rev-parse", "main", at=clone.origin) == bad
    plan = capsys.readouterr().out
    subprocess.run(["/bin/sh", "-ec", plan], env=clone.environ, check=True, cwd=clone.root)
    assert clone.git("show", "main:file", at=clone.origin) == "one"
    assert worktrees(clone) == 0
