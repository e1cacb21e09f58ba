"""The tags at origin: those that name commits, with their times, however they came to be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from tasks.toolkit.clients.git.repository import Repository
from tasks.toolkit.clients.git.tag_list import OriginTag
from tasks.toolkit.clients.git.tags import Tags

from .conftest import Clone

MANY = 1000


@pytest.fixture
def tags(repository: Repository) -> Tags:
    """Give the tags of the clone."""
    return repository.tags


def put_object(clone: Clone, kind: str, text: str) -> str:
    """Write an object into the clone, and return its name."""
    clone.write(".git/text", text)
    return clone.git("hash-object", "-t", kind, "-w", ".git/text")


def put_tag(clone: Clone, name: str, target: str, kind: str = "commit", at: str = "0") -> None:
    """Make an annotated tag, here only; `at` is its time in seconds."""
    lines = [f"object {target}", f"type {kind}", f"tag {name}", f"tagger U <u@x> {at} +0000"]
    made = put_object(clone, "tag", "\n".join([*lines, "", "x\n"]))
    clone.git("update-ref", f"refs/tags/{name}", made)


def put_commit(clone: Clone, at: str) -> str:
    """Make a commit of no branch, at a time in seconds."""
    tree = clone.git("rev-parse", "HEAD^{tree}")
    lines = [f"tree {tree}", f"author U <u@x> {at} +0000", f"committer U <u@x> {at} +0000"]
    return put_object(clone, "commit", "\n".join([*lines, "", "x\n"]))


def time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def names(listed: Sequence[OriginTag]) -> list[str]:
    return [tag.name for tag in listed]


def test_a_tag_has_its_commit_and_its_own_time_or_else_that_of_the_commit(
    clone: Clone, tags: Tags
) -> None:
    commit = put_commit(clone, "100")
    clone.git("tag", "plain", commit)
    put_tag(clone, "annotated", commit, at="200")
    clone.push("refs/tags/*:refs/tags/*")
    expected = [OriginTag("annotated", commit, time(200)), OriginTag("plain", commit, time(100))]
    assert tags.listed() == expected


def test_the_newest_comes_first_and_of_one_time_the_highest_number(
    clone: Clone, tags: Tags
) -> None:
    old, new = put_commit(clone, "100"), put_commit(clone, "200")
    for tag in ("v1.9.0", "v1.10.0", "v1.10.0-rc.1"):
        clone.git("tag", tag, old)
    clone.git("tag", "v1.8.1", new)
    clone.push("refs/tags/*:refs/tags/*")
    assert names(tags.listed()) == ["v1.8.1", "v1.10.0-rc.1", "v1.10.0", "v1.9.0"]


def test_a_tag_of_a_tag_has_the_commit_that_this_has(clone: Clone, tags: Tags) -> None:
    put_tag(clone, "inner", clone.first)
    put_tag(clone, "outer", clone.git("rev-parse", "refs/tags/inner"), "tag")
    clone.push("refs/tags/*:refs/tags/*")
    assert {tag.name: tag.commit for tag in tags.listed()} == {
        "inner": clone.first,
        "outer": clone.first,
    }


def test_what_names_no_commit_is_left_out(clone: Clone, tags: Tags) -> None:
    blob = put_object(clone, "blob", "x")
    tree = clone.git("rev-parse", "HEAD^{tree}")
    clone.git("tag", "blob", blob)
    clone.git("tag", "tree", tree)
    put_tag(clone, "annotated-blob", blob, "blob")
    clone.push("refs/tags/*:refs/tags/*")
    assert tags.listed() == []
    clone.git("tag", "--delete", "blob", "tree", "annotated-blob")
    assert tags.listed() == []


def test_a_tag_of_the_clone_alone_is_left_out_and_one_of_origin_alone_is_fetched(
    clone: Clone, tags: Tags
) -> None:
    clone.git("tag", "here")
    colleague = clone.colleague()
    commit = clone.change("newer", at=colleague)
    clone.git("tag", "there", at=colleague)
    clone.push("there", at=colleague)
    (listed,) = tags.listed()
    assert (listed.name, listed.commit) == ("there", commit)
    assert clone.git("tag").split() == ["here", "there"]


def test_a_tag_that_moved_is_as_it_is_at_origin_and_stays_here(clone: Clone, tags: Tags) -> None:
    clone.git("tag", "v1.0.0")
    put_tag(clone, "v1.1.0", clone.first)
    clone.push("refs/tags/*:refs/tags/*")
    colleague = clone.colleague()
    second = clone.change("two", at=colleague)
    for tag in ("v1.0.0", "v1.1.0"):
        clone.push(f"HEAD:refs/tags/{tag}", at=colleague)
    assert {tag.name: tag.commit for tag in tags.listed()} == {"v1.0.0": second, "v1.1.0": second}
    assert clone.git("rev-parse", "v1.0.0", "v1.1.0^{commit}").split() == [clone.first, clone.first]


def test_a_time_that_no_calendar_has_is_a_very_late_one(clone: Clone, tags: Tags) -> None:
    clone.git("tag", "late", put_commit(clone, "9999999999999"))
    clone.push("refs/tags/*:refs/tags/*")
    (listed,) = tags.listed()
    assert listed.time.year == 9999


def test_a_thousand_tags_are_listed_that_the_clone_lacks_or_has(clone: Clone, tags: Tags) -> None:
    lines = [f"{clone.first} refs/tags/v1.0.{number}\n" for number in range(MANY)]
    (clone.origin / "packed-refs").write_text("".join(lines))
    for _ in range(2):
        listed = tags.listed()
        assert len(listed) == MANY
        assert names(listed[:2]) == ["v1.0.999", "v1.0.998"]
    assert len(clone.git("tag").split()) == MANY


def test_a_list_is_kept_for_a_time_but_not_beyond_a_change_of_ours(
    clone: Clone, tags: Tags
) -> None:
    assert tags.listed(60) == []
    clone.git("push", "--quiet", "origin", "HEAD:refs/tags/v1.0.0")
    assert tags.listed(60) == []
    assert names(tags.listed()) == ["v1.0.0"]
    tags.create("v1.1.0", clone.first, "x")
    assert set(names(tags.listed(60))) == {"v1.1.0", "v1.0.0"}
    tags.delete("v1.1.0")
    assert names(tags.listed(60)) == ["v1.0.0"]


def test_what_was_fetched_last_is_not_forgotten(clone: Clone, repository: Repository) -> None:
    clone.git("fetch", "--quiet", "origin", "main")
    fetched = repository.resolve("FETCH_HEAD")
    colleague = clone.colleague()
    clone.change("newer", at=colleague)
    clone.git("tag", "there", at=colleague)
    clone.push("main", at=colleague)
    clone.push("there", at=colleague)
    assert names(repository.tags.listed()) == ["there"]
    assert repository.resolve("FETCH_HEAD") == fetched


def test_the_tags_of_the_clone_need_no_origin(clone: Clone, tags: Tags) -> None:
    old, new = put_commit(clone, "100"), put_commit(clone, "200")
    clone.git("tag", "old", old)
    clone.git("tag", "new", new)
    put_tag(clone, "annotated", old, at="150")
    put_tag(clone, "nested", clone.git("rev-parse", "refs/tags/annotated"), "tag", at="300")
    clone.git("tag", "of-a-tree", f"{new}^{{tree}}")
    clone.set_origin("/nowhere")
    assert [(tag.name, tag.commit) for tag in tags.in_clone()] == [
        ("new", new),
        ("annotated", old),
        ("old", old),
    ]
