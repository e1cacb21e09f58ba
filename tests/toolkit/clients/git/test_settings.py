"""What a user or a colleague set in the clone changes nothing of what is read or pushed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.clients.git.repository import Repository
from tasks.toolkit.core.errors import BadInput

from .conftest import Clone

SPARSE = {
    "cone": ("--cone", "inside"),
    "patterns": ("--no-cone", "/*", "!/outside/"),
    "index": ("--cone", "--sparse-index", "inside"),
}


@pytest.mark.parametrize("options", SPARSE.values(), ids=SPARSE)
def test_a_worktree_of_a_sparse_clone_has_every_file(
    clone: Clone, repository: Repository, options: tuple[str, ...]
) -> None:
    good = clone.commit("feat: good", {"inside/file": "good", "outside/file": "good"})
    bad = clone.commit("feat: bad", {"outside/file": "bad", "outside/more": "bad"})
    clone.git("sparse-checkout", "set", *options)
    assert not (clone.folder / "outside").exists()
    with repository.worktrees.checkout(bad) as tree:
        assert (tree / "outside/more").read_text() == "bad"
        assert repository.worktrees.revert(tree, bad, "fix: revert")
        assert (tree / "outside/file").read_text() == "good"
        assert (tree / "inside/file").read_text() == "good"
        assert clone.git("status", "--porcelain", at=tree) == ""
        reverted = clone.git("rev-parse", "HEAD^{tree}", at=tree)
    expected = repository.trees.of(good)
    assert reverted == expected
    assert repository.trees.reverted(bad, bad) == expected
    assert not (clone.folder / "outside").exists()


def test_a_submodule_that_git_is_to_ignore_differs_too(
    clone: Clone, repository: Repository
) -> None:
    clone.git("update-index", "--add", "--cacheinfo", f"160000,{clone.first},chart/sub")
    clone.git("commit", "--quiet", "--message=feat: submodule")
    before = clone.head()
    clone.git("update-index", "--cacheinfo", f"160000,{before},chart/sub")
    clone.git("commit", "--quiet", "--message=feat: newer submodule")
    clone.git("config", "diff.ignoreSubmodules", "all")
    assert repository.differing_files(before, "HEAD", "chart") == ["chart/sub"]
    assert repository.trees.differing_files(before, "HEAD") == ["chart/sub"]


@pytest.mark.parametrize("kind", ["tag", "branch"])
@pytest.mark.parametrize("length", [7, 12])
def test_a_tag_or_branch_named_like_a_hash_is_not_taken_for_the_commit(
    clone: Clone,
    repository: Repository,
    kind: str,
    length: int,
) -> None:
    second = clone.change("two")
    name = clone.first[:length]
    clone.git(kind, name, second)
    for text in (name, name.upper()):
        clone.git(kind, "--force", text, second)
        with pytest.raises(BadInput, match=f"'{text}' could be a hash, but names {second[:12]}"):
            repository.resolve(text)
    assert repository.resolve(clone.first) == clone.first
    place = {"tag": "refs/tags", "branch": "refs/heads"}[kind]
    assert repository.resolve(f"{place}/{name}") == second


def test_a_tag_that_is_a_number_is_taken_for_a_hash_only_if_the_clone_has_that(
    clone: Clone, repository: Repository
) -> None:
    second = clone.change("two")
    clone.git("tag", "20261126", clone.first)
    assert repository.resolve("20261126") == clone.first
    clone.change("three")
    number = 0
    while not (name := clone.head()[:7]).isdecimal():
        number += 1
        clone.git("commit", "--quiet", "--amend", f"--message=feat: {number}")
    clone.git("tag", name, second)
    with pytest.raises(BadInput, match=f"'{name}' could be a hash, but names {second[:12]}"):
        repository.resolve(name)


def test_files_whose_line_ends_do_not_fit_their_attributes_are_reverted_and_merged(
    clone: Clone, repository: Repository
) -> None:
    name = "ci.yml"
    good = clone.commit("feat: good", {name: "a\r\nb\r\n"})
    bad = clone.commit("feat: bad", {name: "a\r\nc\r\n"})
    clone.write(".gitattributes", "*.yml text\n")
    clone.git("add", ".gitattributes")
    clone.git("commit", "--quiet", "--message=feat: attributes")
    tip = clone.head()
    trees = repository.worktrees
    with trees.checkout(tip, files=False) as tree:
        assert trees.revert(tree, bad, "fix: revert")
        reverted = clone.head(tree)
    assert repository.trees.differing_files(tip, reverted) == [name]
    assert repository.files.read(reverted, name) == repository.files.read(good, name)
    wanted = repository.trees.of(reverted)
    assert repository.trees.reverted(tip, bad) == wanted
    clone.git("update-ref", "refs/heads/side", clone.git("commit-tree", wanted, "-p", bad, "-mx"))
    assert repository.trees.merged(tip, "side") == wanted


def test_a_hash_in_capitals_names_its_commit(clone: Clone, repository: Repository) -> None:
    assert repository.resolve(clone.first[:12].upper()) == clone.first


def test_replaced_commits_are_read_as_they_are(clone: Clone, repository: Repository) -> None:
    second = clone.change("two")
    clone.git("replace", second, clone.first)
    assert repository.files.read(second, "file") == "two\n"
    with repository.worktrees.checkout(second) as tree:
        assert (tree / "file").read_text() == "two\n"


def test_grafted_parents_do_not_count(clone: Clone, repository: Repository) -> None:
    second = clone.change("two")
    clone.write(".git/info/grafts", f"{second}\n")
    assert repository.history.contains(second, clone.first)


def test_signatures_that_git_is_to_show_are_no_part_of_a_log(
    clone: Clone, repository: Repository
) -> None:
    program = clone.root / "gpg"
    program.write_text(
        "#!/bin/sh\ncat > /dev/null\n"
        "case \"$*\" in *verify*) echo 'gpg: No public key' >&2; exit 2 ;; esac\n"
        "printf '\\n[GNUPG:] SIG_CREATED \\n' >&2\n"
        "printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'\n"
    )
    program.chmod(0o755)
    clone.git("config", "gpg.program", str(program))
    clone.git("config", "log.showSignature", "true")
    clone.git("config", "commit.gpgSign", "true")
    signed = clone.change("two")
    assert "No public key" in clone.git("log", "-1", "--format=%H")
    history = repository.history
    summary = f"{signed[:7]} feat: two"
    assert history.commit_time(signed).year > 2000
    assert history.summary(signed) == summary
    assert history.last_change(signed, "file", "two") == summary
    assert history.changes(clone.first, signed, ["file"]) == [summary]
    assert history.landed(signed, signed) == (clone.first, signed)
    clone.git("revert", "--no-edit", signed)
    assert history.claims_to_revert("HEAD", signed) == [clone.head()]


def test_a_fetch_asks_no_submodule(clone: Clone, repository: Repository) -> None:
    clone.git("init", "--quiet", "sub")
    sub = clone.folder / "sub"
    clone.commit("feat: inside", {"a": "x"}, at=sub)
    clone.git("remote", "add", "origin", "/nowhere", at=sub)
    clone.write(".gitmodules", '[submodule "sub"]\n\tpath = sub\n\turl = /nowhere\n')
    clone.commit("feat: submodule", {})
    clone.git("tag", "--annotate", "--message=x", "v1.0.0")
    clone.push("main")
    clone.push("v1.0.0")
    clone.git("tag", "--delete", "v1.0.0")
    clone.git("config", "fetch.recurseSubmodules", "true")
    assert repository.fetch("main") == clone.head()
    assert repository.tags.messages("v1.0.0") == {"origin": "x"}
    repository.tags.fetch()
    assert clone.git("tag", "--list") == "v1.0.0"


def test_a_shallow_clone_gets_the_rest_of_its_history(clone: Clone, tmp_path: Path) -> None:
    clone.change("two")
    clone.push("main")
    shallow = Clone(tmp_path / "other")
    shallow.home, shallow.scratch = clone.home, clone.scratch
    clone.git("clone", "--quiet", "--depth=1", f"file://{clone.origin}", str(shallow.folder))
    repository = shallow.repository(clone.runner())
    assert repository.is_shallow()
    repository.unshallow()
    assert not repository.is_shallow()
    assert repository.history.contains("HEAD", clone.first)
