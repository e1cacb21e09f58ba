"""A clone is read as it is, by names that are never taken for options or patterns."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.clients.git.cli import local_git, remote_git
from tasks.toolkit.clients.git.repository import (
    RepositoryMissing,
    clone_repository,
    find_root,
    remove_worktree,
)
from tasks.toolkit.core.errors import BadInput, RecipeError, ServiceError
from tasks.toolkit.core.secret import Secret

from .conftest import Clone


def test_the_root_is_found_from_a_folder_inside(clone: Clone) -> None:
    inside = clone.folder / "a" / "b"
    inside.mkdir(parents=True)
    assert find_root(clone.runner(), inside) == clone.folder


@pytest.mark.parametrize("folder", ["", "missing"])
def test_outside_a_clone_the_setting_is_named(clone: Clone, folder: str) -> None:
    with pytest.raises(RepositoryMissing, match=r"is not a git repository: .* set REPO_DIR"):
        find_root(clone.runner(), clone.root / folder)


def test_a_clone_has_the_newest_commit_only(clone: Clone) -> None:
    clone.commit("feat: second", {"file": "two\n"})
    clone.git("push", "--quiet", "origin", "main")
    target = clone.root / "copy"
    clone_repository(clone.runner(), f"file://{clone.origin}", target)
    assert (target / "file").read_text() == "two\n"
    assert clone.git("rev-list", "--count", "HEAD", at=target) == "1"


def test_a_dry_run_shows_the_clone_and_makes_it(
    clone: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    target = clone.root / "copy"
    clone_repository(clone.runner(dry_run=True), str(clone.origin), target)
    assert f"git clone --quiet --depth=1 {clone.origin} {target}\n" in capsys.readouterr().out
    assert (target / "file").exists()


@pytest.mark.parametrize(
    ("url", "error", "advice"),
    [
        ("/nowhere/at/all", BadInput, "check GITHUB_REPOSITORY"),
        ("http://127.0.0.1:1/x.git", ServiceError, "check the network"),
    ],
)
def test_a_clone_that_fails_says_what_to_check(
    clone: Clone, url: str, error: type[RecipeError], advice: str
) -> None:
    with pytest.raises(error) as raised:
        clone_repository(clone.runner(), url, clone.root / "copy")
    assert advice in raised.value.advice
    assert type(raised.value) is error


def test_the_token_goes_to_the_remote_only(clone: Clone) -> None:
    local = local_git(clone.runner(), clone.folder)
    remote = remote_git(clone.runner(), clone.folder, Secret("hush"))
    assert "GH_TOKEN" not in local.env
    assert remote.env["GH_TOKEN"] == "hush"
    assert "hush" not in " ".join(remote.argv)
    assert "GH_TOKEN" not in remote_git(clone.runner(), clone.folder, Secret("")).env


def test_the_default_branch_is_asked_of_origin_when_the_clone_has_no_record(clone: Clone) -> None:
    assert clone.repository().default_branch() == "main"
    clone.git("remote", "set-head", "origin", "--delete")
    clone.git("branch", "--move", "main", "trunk")
    clone.git("push", "--quiet", "origin", "trunk")
    clone.git("symbolic-ref", "HEAD", "refs/heads/trunk", at=clone.origin)
    assert clone.repository().default_branch() == "trunk"


def test_a_fetch_returns_the_commit_at_origin_and_moves_no_branch(clone: Clone) -> None:
    newer = clone.commit("feat: second", {"file": "two\n"}, at=clone.colleague())
    clone.git("push", "--quiet", "origin", "main", at=clone.colleague())
    assert clone.repository().fetch("main") == newer
    assert clone.git("rev-parse", "main") == clone.first


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("show", [True, False])
def test_a_dry_run_fetches_too_and_shows_it_if_asked(
    clone: Clone, capsys: pytest.CaptureFixture[str], dry_run: bool, show: bool
) -> None:
    repository = clone.repository(dry_run=dry_run)
    assert repository.fetch("main", show_in_plan=show) == clone.first
    shown = "fetch --quiet origin refs/heads/main" in capsys.readouterr().out
    assert shown == (dry_run and show)


def test_a_branch_that_is_not_at_origin_cannot_be_fetched(clone: Clone) -> None:
    with pytest.raises(BadInput, match="set DEFAULT_BRANCH"):
        clone.repository().fetch("nowhere")


def test_a_clone_without_origin_is_told_how_to_get_one(clone: Clone) -> None:
    clone.git("remote", "remove", "origin")
    assert clone.repository().origin_url() == ""
    with pytest.raises(BadInput, match="git remote add origin URL"):
        clone.repository().fetch("main")


def test_an_origin_that_cannot_be_reached_is_a_service_error(clone: Clone) -> None:
    clone.git("remote", "set-url", "origin", "http://127.0.0.1:1/x.git")
    with pytest.raises(ServiceError, match="check the network"):
        clone.repository().remote_commit("main")


def test_the_url_of_origin_is_the_configured_one(clone: Clone) -> None:
    clone.git("remote", "set-url", "origin", "https://github.com/owner/name.git")
    clone.git("config", "url.https://mirror.example/.insteadOf", "https://github.com/")
    assert clone.repository().origin_url() == "https://github.com/owner/name.git"


def test_a_branch_at_origin_is_found_by_its_full_name(clone: Clone) -> None:
    other = clone.commit("feat: second", {"file": "two\n"})
    # It sorts before main, and ls-remote lists it for the pattern refs/heads/main.
    clone.git("push", "--quiet", "origin", "HEAD:refs/heads/a/refs/heads/main")
    repository = clone.repository()
    assert repository.remote_commit("main") == clone.first != other
    assert repository.remote_commit("a/refs/heads/main") == other
    assert repository.remote_commit("ma*") == ""


def test_a_commit_is_resolved_by_hash_tag_and_branch(clone: Clone) -> None:
    clone.git("tag", "--annotate", "--message=x", "v1.0.0")
    for name in (clone.first, clone.first[:8], "v1.0.0", "main", "HEAD", "refs/tags/v1.0.0"):
        assert clone.repository().resolve(name) == clone.first


def test_head_is_resolved_in_a_worktree(clone: Clone) -> None:
    second = clone.commit("feat: second", {"file": "two\n"})
    repository = clone.repository()
    with repository.worktrees.checkout(clone.first) as tree:
        assert repository.resolve("HEAD", tree) == clone.first
    assert repository.resolve("HEAD") == second


@pytest.mark.parametrize("name", ["0000000", "nowhere", "-x", "--exec=id", "$(id)", "main:file"])
def test_what_names_no_commit_is_bad_input(clone: Clone, name: str) -> None:
    with pytest.raises(BadInput, match="names no commit"):
        clone.repository().resolve(name)


def test_a_file_is_read_at_a_commit(clone: Clone) -> None:
    clone.commit("feat: second", {"file": "two\n"})
    repository = clone.repository()
    assert repository.read_file(clone.first, "file") == "one\n"
    assert repository.read_file("HEAD", "file") == "two\n"
    assert repository.read_file("HEAD", "missing") == ""
    assert repository.read_file("--output=x", "file") == ""
    assert repository.uncommitted_changes(clone.folder) == []


def test_a_detached_head_is_on_no_branch(clone: Clone) -> None:
    assert clone.repository().current_branch() == "main"
    clone.git("switch", "--quiet", "--detach")
    assert clone.repository().current_branch() == ""


def test_a_private_file_is_invisible_to_git_status(clone: Clone) -> None:
    repository = clone.repository()
    repository.private_file("triggers.jsonl").write_text("x")
    assert repository.uncommitted_changes(clone.folder) == []
    (clone.folder / "new").write_text("x")
    assert repository.uncommitted_changes(clone.folder) == ["?? new"]
    assert repository.uncommitted_changes(clone.folder / "file") == []


def test_files_differ_between_two_commits(clone: Clone) -> None:
    second = clone.commit("feat: second", {"chart/values.yaml": "a", "other/file": "b"})
    repository = clone.repository()
    assert repository.differing_files(clone.first, second, "chart") == ["chart/values.yaml"]
    (clone.folder / "chart" / "new").write_text("x")
    assert repository.differing_files(clone.first, second, "chart") == ["chart/values.yaml"]


def test_files_differ_from_the_working_copy_except_for_built_dependencies(clone: Clone) -> None:
    clone.commit("feat: second", {"chart/values.yaml": "a", ".gitignore": "ignored\n"})
    for name in ("values.yaml", "new", "ignored", "charts/library-1.0.0.tgz", "charts/own"):
        (clone.folder / "chart" / name).parent.mkdir(exist_ok=True)
        (clone.folder / "chart" / name).write_text("changed")
    differing = clone.repository().differing_files("HEAD", "", "chart")
    assert differing == ["chart/values.yaml", "chart/charts/own", "chart/new"]


def test_charts_are_tracked_and_outermost(clone: Clone) -> None:
    names = ("b/web", "b/web/charts/inner", "a")
    clone.commit("feat: charts", {f"{name}/Chart.yaml": "x" for name in names})
    (clone.folder / "untracked").mkdir()
    (clone.folder / "untracked" / "Chart.yaml").write_text("x")
    assert clone.repository().chart_folders() == ["a", "b/web"]
    clone.commit("feat: a chart at the top", {"Chart.yaml": "x"})
    assert clone.repository().chart_folders() == ["."]


def test_a_worktree_left_behind_is_removed_from_its_clone(clone: Clone) -> None:
    tree = clone.scratch / "tree-left"
    clone.git("worktree", "add", "--quiet", "--detach", "--lock", str(tree))
    remove_worktree(clone.runner(), tree)
    assert not tree.exists()
    assert clone.git("worktree", "list").count("\n") == 0
    remove_worktree(clone.runner(), Path("/nowhere"))
