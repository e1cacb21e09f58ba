"""A clone is read as it is, by names that are never taken for options or patterns."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.git.cli import local_git, remote_git
from tasks.toolkit.clients.git.clones import RepositoryMissing, clone_repository, find_root
from tasks.toolkit.clients.git.repository import Repository
from tasks.toolkit.clients.git.worktrees import remove_worktree
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.clients.program import Program
from tasks.toolkit.console.waiting import run_parallel
from tasks.toolkit.core.errors import (
    BadInput,
    PassingFault,
    ProgramFailed,
    RecipeError,
    ServiceError,
)
from tasks.toolkit.core.secret import Secret

from ....conftest import FOLDERS
from ....plans import planned
from .conftest import Clone

GITHUB = "https://github.com/stianfro/threek8s.git"
NAMES = ["v1.0.0", "main", "HEAD", "refs/tags/v1.0.0"]
NO_NAMES = ["0000000", "nowhere", "-x", "--exec=id", "$(id)", "main:file"]


def test_the_root_is_found_from_a_folder_inside(clone: Clone, runner: ProcessRunner) -> None:
    inside = clone.folder / "a" / "b"
    inside.mkdir(parents=True)
    assert find_root(runner, inside) == clone.folder


@pytest.mark.parametrize("folder", ["", "missing"])
def test_outside_a_clone_the_setting_is_named(
    clone: Clone, runner: ProcessRunner, folder: str
) -> None:
    with pytest.raises(RepositoryMissing, match=r"is not a git repository: .* set REPO_DIR"):
        find_root(runner, clone.root / folder)


def test_a_clone_has_the_newest_commit_only(clone: Clone, runner: ProcessRunner) -> None:
    clone.move_origin()
    target = clone.root / "copy"
    clone_repository(runner, f"file://{clone.origin}", target)
    assert (target / "file").read_text() == "newer\n"
    assert clone.git("rev-list", "--count", "HEAD", at=target) == "1"


def test_a_dry_run_shows_the_clone_and_makes_it(
    clone: Clone, planner: ProcessRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    target = clone.root / "copy"
    clone_repository(planner, str(clone.origin), target)
    plan = planned(capsys)
    assert f"git clone --quiet --depth=1 {clone.origin} {target}\n" in plan
    assert (target / "file").exists()


@pytest.mark.parametrize(
    ("url", "error", "advice"),
    [
        ("/nowhere/at/all", BadInput, "check GITHUB_REPOSITORY"),
        ("http://127.0.0.1:1/x.git", PassingFault, "check the network"),
    ],
)
def test_a_clone_that_fails_says_what_to_check(
    tmp_path: Path,
    runner: ProcessRunner,
    url: str,
    error: type[RecipeError],
    advice: str,
) -> None:
    with pytest.raises(error) as raised:
        clone_repository(runner, url, tmp_path / "copy")
    assert advice in raised.value.advice
    assert type(raised.value) is error


@pytest.fixture
def remote(clone: Clone) -> Program:
    """Give git with a token, where it finds gh."""
    folders = [str(folder) for folder in FOLDERS]
    path = os.pathsep.join([*folders, clone.environ["PATH"]])
    environ = {**clone.environ, "PATH": path}
    runner = ProcessRunner(environ, 20, Executor(dry_run=False))
    clone.set_origin(GITHUB)
    return remote_git(runner, clone.folder, Secret("hush"))


def login_for(host: str, remote: Program) -> str:
    """Return the login that git uses for a host."""
    request = f"protocol=https\nhost={host}\n\n"
    return remote.read("credential", "fill", stdin=request).stdout


def test_github_gets_the_token_from_gh_and_no_other_host_does(remote: Program) -> None:
    assert "password=hush\n" in login_for("github.com", remote)
    assert "hush" not in " ".join(remote.argv)
    with pytest.raises(ProgramFailed, match="could not read Username"):
        login_for("example.com", remote)


def test_the_users_own_login_comes_first(clone: Clone, remote: Program) -> None:
    own = "!printf 'username=me\\npassword=own\\n'"
    clone.git("config", "credential.helper", own)
    assert "password=own\n" in login_for("github.com", remote)


def test_git_without_a_remote_gets_no_token(
    clone: Clone, runner: ProcessRunner, remote: Program
) -> None:
    clone.git("config", "alias.token", "!echo token=$GH_TOKEN")
    local = local_git(runner, clone.folder)
    remote_without_token = remote_git(runner, clone.folder, Secret(""))
    assert remote.text("token") == "token=hush"
    assert remote_without_token.text("token") == "token="
    assert local.text("token") == "token="


ELSEWHERE = [
    "git@github.com:stianfro/threek8s.git",
    "ssh://git@github.com/stianfro/threek8s.git",
    "http://github.com/stianfro/threek8s.git",
    "https://github.com.example.org/x/y.git",
    "/folder/https://github.com/x",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_only_github_over_https_gets_the_token(
    clone: Clone, runner: ProcessRunner, url: str
) -> None:
    clone.git("config", "alias.token", "!echo token=$GH_TOKEN")
    clone.set_origin(url)
    assert remote_git(runner, clone.folder, Secret("hush")).text("token") == "token="


HOOKS = ("pre-push", "reference-transaction", "post-checkout", "commit-msg", "pre-commit")


def test_no_hook_of_the_clone_runs_and_so_none_sees_the_token(
    clone: Clone, runner: ProcessRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = clone.change("two")
    clone.push("main")
    seen = clone.root / "seen"
    spy = f"#!/bin/sh\nenv >> {seen}\n"
    for name in (*HOOKS, "fsmonitor.sh", "update.sample"):
        clone.write(f".git/hooks/{name}", spy)
        (clone.folder / ".git/hooks" / name).chmod(0o755)
    clone.write(".git/hooks/post-merge", "not executable")
    clone.set_origin(GITHUB)
    repository = Repository(runner, clone.folder, clone.scratch, Secret("hush"))
    clone.set_origin(str(clone.origin))
    clone.git("config", "core.fsmonitor", str(clone.folder / ".git/hooks/fsmonitor.sh"))
    tip = repository.fetch("main")
    repository.tags.fetch()
    assert repository.uncommitted_changes(clone.folder) == []
    with repository.worktrees.checkout(tip) as tree:
        assert repository.worktrees.revert(tree, bad, "fix: revert")
        assert repository.worktrees.push(tree, "main", "")
    assert repository.tags.create("v1.0.0-test", tip, "A test")
    assert repository.tags.delete("v1.0.0-test") == ["here", "at origin"]
    assert not seen.exists(), seen.read_text()
    warning = f"! the clone's hooks do not run for this: {', '.join(sorted(HOOKS))}\n"
    assert capsys.readouterr().err.count(warning) == 2


def test_hooks_elsewhere_are_reported_too(
    clone: Clone, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    clone.write(".husky/pre-push", "#!/bin/sh\nexit 1\n")
    (clone.folder / ".husky/pre-push").chmod(0o755)
    clone.git("config", "core.hooksPath", ".husky")
    assert repository.tags.create("v1.0.0-test", clone.first, "A test")
    assert "do not run for this: pre-push\n" in capsys.readouterr().err


def test_files_are_named_whatever_their_names_hold(clone: Clone, repository: Repository) -> None:
    names = ["a\u2028b", "c\nd", "e\x0cf", "é"]
    second = clone.commit("feat: names", {f"chart/{name}": "x" for name in names})
    changed = repository.differing_files(clone.first, second, "chart")
    assert sorted(changed) == sorted(f"chart/{name}" for name in names)
    clone.write("chart/new\x85", "x")
    assert repository.differing_files(second, "", "chart") == ["chart/new\x85"]


def test_the_default_branch_that_the_clone_has_a_record_of_needs_no_network(
    clone: Clone, repository: Repository
) -> None:
    clone.set_origin("http://127.0.0.1:1/x.git")
    assert repository.default_branch() == "main"


def test_the_default_branch_is_asked_of_origin_when_the_clone_has_no_record(
    clone: Clone, repository: Repository
) -> None:
    clone.git("remote", "set-head", "origin", "--delete")
    clone.git("branch", "--move", "main", "trunk")
    clone.push("trunk")
    clone.git("symbolic-ref", "HEAD", "refs/heads/trunk", at=clone.origin)
    assert repository.default_branch() == "trunk"


def test_a_fetch_returns_the_commit_at_origin_and_moves_no_branch(
    clone: Clone, repository: Repository
) -> None:
    newer = clone.move_origin()
    assert repository.fetch("main") == newer
    assert clone.git("rev-parse", "main") == clone.first


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("show", [True, False])
def test_a_dry_run_fetches_too_and_shows_it_if_asked(
    clone: Clone,
    capsys: pytest.CaptureFixture[str],
    dry_run: bool,
    show: bool,
) -> None:
    runner = clone.runner(dry_run=dry_run)
    newer = clone.move_origin()
    repository = clone.repository(runner)
    assert repository.fetch("main", show_in_plan=show) == newer
    is_shown = "--quiet origin refs/heads/main" in planned(capsys)
    assert is_shown == (dry_run and show)


def test_fetches_at_the_same_time_do_not_mix(clone: Clone, repository: Repository) -> None:
    branches = ("main", "other")
    clone.git("switch", "--quiet", "--create", "other")
    clone.change("other")
    clone.push("other")
    commits = [clone.git("rev-parse", branch) for branch in branches]
    assert commits[0] != commits[1]
    clone.git("push", "--quiet", "origin", "other:refs/tags/v1", "main:refs/tags/v2")
    fetches: list[Callable[[], object]] = [repository.tags.fetch]
    fetches += [partial(repository.fetch, branch) for branch in branches]
    assert run_parallel(5 * fetches) == 5 * [None, *commits]
    assert [tag.name for tag in repository.tags.listed()] == ["v1", "v2"]


def test_a_branch_that_is_not_at_origin_cannot_be_fetched(repository: Repository) -> None:
    with pytest.raises(BadInput, match="set DEFAULT_BRANCH"):
        repository.fetch("nowhere")


def test_a_clone_without_origin_is_told_how_to_get_one(
    clone: Clone, repository: Repository
) -> None:
    clone.git("remote", "remove", "origin")
    assert repository.origin.url() == ""
    with pytest.raises(BadInput, match="git remote add origin URL"):
        repository.fetch("main")


def test_an_origin_that_cannot_be_reached_is_a_service_error(
    clone: Clone, repository: Repository
) -> None:
    clone.set_origin("http://127.0.0.1:1/x.git")
    with pytest.raises(ServiceError, match="check the network"):
        repository.remote_commit("main")


def test_the_url_of_origin_is_the_configured_one(clone: Clone, repository: Repository) -> None:
    url = "https://github.com/owner/name.git"
    clone.set_origin(url)
    clone.git("config", "url.https://mirror.example/.insteadOf", "https://github.com/")
    assert repository.origin.url() == url


def test_a_branch_at_origin_is_found_by_its_full_name(clone: Clone, repository: Repository) -> None:
    other = clone.change("two")
    # It sorts before main, and ls-remote lists it for the pattern refs/heads/main.
    clone.push("HEAD:refs/heads/a/refs/heads/main")
    assert repository.remote_commit("main") == clone.first
    assert repository.remote_commit("a/refs/heads/main") == other
    assert repository.remote_commit("ma*") == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_commit_is_resolved_by_name(clone: Clone, repository: Repository, name: str) -> None:
    clone.git("tag", "--annotate", "--message=x", "v1.0.0")
    assert repository.resolve(name) == clone.first


def test_a_commit_is_resolved_by_hash(clone: Clone, repository: Repository) -> None:
    short = clone.first[:8]
    assert repository.resolve(clone.first) == clone.first
    assert repository.resolve(short) == clone.first


def test_head_is_resolved_in_a_worktree(clone: Clone, repository: Repository) -> None:
    second = clone.change("two")
    with repository.worktrees.checkout(clone.first) as tree:
        assert repository.resolve("HEAD", tree) == clone.first
    assert repository.resolve("HEAD") == second


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_names_no_commit_is_bad_input(repository: Repository, name: str) -> None:
    with pytest.raises(BadInput, match="names no commit"):
        repository.resolve(name)


def test_all_files_of_a_commit_are_listed_whatever_their_names(
    clone: Clone, repository: Repository
) -> None:
    clone.commit("more", {"a/b/c": "", "a b": "", "é\n": "", "-x": ""})
    assert sorted(repository.files.listed("HEAD")) == ["-x", "a b", "a/b/c", "file", "é\n"]
    assert repository.files.listed(clone.first) == ["file"]


def test_a_detached_head_is_on_no_branch(clone: Clone, repository: Repository) -> None:
    assert repository.current_branch() == "main"
    clone.git("switch", "--quiet", "--detach")
    assert repository.current_branch() == ""


def test_a_private_file_is_invisible_to_git_status(clone: Clone, repository: Repository) -> None:
    repository.private_file("triggers.jsonl").write_text("x")
    assert repository.uncommitted_changes(clone.folder) == []
    clone.write("new", "x")
    assert repository.uncommitted_changes(clone.folder) == ["?? new"]
    assert repository.uncommitted_changes(clone.folder / "file") == []


def test_files_differ_between_two_commits(clone: Clone, repository: Repository) -> None:
    files = {"chart/values.yaml": "a", "other/file": "b"}
    second = clone.commit("feat: second", files)
    expected = ["chart/values.yaml"]
    assert repository.differing_files(clone.first, second, "chart") == expected
    clone.write("chart/new", "x")
    assert repository.differing_files(clone.first, second, "chart") == expected


def test_files_differ_from_the_working_copy_except_for_built_dependencies(
    clone: Clone, repository: Repository
) -> None:
    clone.commit("feat: second", {"chart/values.yaml": "a", ".gitignore": "ignored\n"})
    for name in ("values.yaml", "new", "ignored", "charts/library-1.0.0.tgz", "charts/own"):
        clone.write(f"chart/{name}", "changed")
    differing = repository.differing_files("HEAD", "", "chart")
    assert differing == ["chart/values.yaml", "chart/charts/own", "chart/new"]


def test_the_files_of_a_chart_at_the_top_are_those_of_the_repository(
    clone: Clone, repository: Repository
) -> None:
    files = {"values.yaml": "a", "charts/own": "b", ".gitignore": "ignored\n"}
    second = clone.commit("feat: second", files)
    changed = sorted(files)
    assert repository.differing_files(clone.first, second, ".") == changed
    assert len(repository.history.changes(clone.first, second, ["."])) == 1
    for name in ("new", "charts/library-1.0.0.tgz", "ignored"):
        clone.write(name, "x")
    assert repository.differing_files(second, "", ".") == ["new"]


def test_blobs_have_the_ids_of_their_bytes_and_links_have_none(
    clone: Clone, repository: Repository
) -> None:
    (clone.folder / "link").symlink_to("chart")
    second = clone.commit("feat: second", {"chart/a": "a", "chart/b": "", "other": "x"})
    blobs = repository.trees.blobs(second, "chart")
    assert blobs == {path: clone.git("hash-object", path) for path in ("chart/a", "chart/b")}
    assert repository.trees.blobs(second, ".")["link"] == ""
    assert repository.trees.blobs(second, ".")["other"] == clone.git("hash-object", "other")


def test_charts_are_tracked_and_outermost(clone: Clone, repository: Repository) -> None:
    charts = ("b/web/Chart.yaml", "b/web/charts/inner/Chart.yaml", "a/Chart.yaml")
    clone.commit("feat: charts", dict.fromkeys(charts, "x"))
    clone.write("untracked/Chart.yaml", "x")
    assert repository.chart_folders() == ["a", "b/web"]


def test_a_chart_at_the_top_is_the_outermost(clone: Clone, repository: Repository) -> None:
    assert repository.chart_folders() == []
    charts = ("Chart.yaml", "charts/inner/Chart.yaml")
    clone.commit("feat: charts", dict.fromkeys(charts, "x"))
    assert repository.chart_folders() == ["."]


def test_a_worktree_left_behind_is_removed_from_its_clone(
    clone: Clone, runner: ProcessRunner
) -> None:
    tree = clone.scratch / "tree-left"
    clone.git("worktree", "add", "--quiet", "--detach", "--lock", str(tree))
    remove_worktree(runner, tree)
    assert not tree.exists()
    assert clone.worktrees() == 0
    remove_worktree(runner, Path("/nowhere"))


def test_a_fetch_leaves_nothing_for_another_to_read_or_write(
    clone: Clone, repository: Repository
) -> None:
    clone.write(".git/FETCH_HEAD", "written by another\n")
    clone.git("tag", "v1.0.0")
    clone.push("v1.0.0")
    clone.git("tag", "--delete", "v1.0.0")
    newer = clone.move_origin()
    assert repository.fetch("main", "refs/tags/v1.0.0") == newer
    assert (clone.folder / ".git/FETCH_HEAD").read_text() == "written by another\n"
    refs = clone.git("for-each-ref", "--format=%(refname)").split()
    assert refs == ["refs/heads/main", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]


def test_a_chart_at_the_top_differs_in_its_files(clone: Clone, repository: Repository) -> None:
    second = clone.commit("feat: second", {"Chart.yaml": "a", "templates/x": "b"})
    both = ["Chart.yaml", "templates/x"]
    assert repository.differing_files(clone.first, second, ".") == both
    for name in ("new", "charts/library-1.0.0.tgz", "charts/own"):
        clone.write(name, "changed")
    assert repository.differing_files(second, "", ".") == ["charts/own", "new"]
    history = repository.history
    assert history.changes(clone.first, second, ["."]) == [f"{second[:7]} feat: second"]
