"""Tags are found, made and deleted in both places, and nobody else's tag is touched."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.git.repository import Repository
from tasks.toolkit.clients.git.tags import Tags
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.errors import BadInput, ServiceError

from .conftest import Clone

MESSAGE = "A test of the release flow."
TAG = "v9.0.0-test"


def is_test(tag: str) -> bool:
    return tag.endswith("-test")


@pytest.fixture
def tags(repository: Repository) -> Tags:
    """Give the tags of the clone."""
    return repository.tags


def tag_here(clone: Clone, name: str, message: str = "") -> str:
    """Tag what is checked out, with an annotation if there is a message; return the object."""
    options = ["--force"]
    if message:
        options += ["--annotate", f"--message={message}"]
    clone.git("tag", *options, name)
    return clone.git("rev-parse", f"refs/tags/{name}")


def tag(clone: Clone, name: str, message: str = "") -> None:
    """Tag what is checked out, here and at origin."""
    tag_here(clone, name, message)
    clone.push(name)


def tag_at_origin(clone: Clone, name: str, message: str = "") -> None:
    """Tag what is checked out, at origin only."""
    tag(clone, name, message)
    clone.git("tag", "--delete", name)


def tags_here(clone: Clone) -> list[str]:
    return clone.git("tag", "--list").split()


def tags_at_origin(clone: Clone) -> list[str]:
    return clone.git("tag", "--list", at=clone.origin).split()


def test_a_fetch_brings_new_tags_and_moves_none(clone: Clone, tags: Tags) -> None:
    tag(clone, "v1.0.0")
    tag_at_origin(clone, "v1.1.0")
    clone.change("two")
    clone.push("HEAD:refs/tags/v1.0.0")
    tags.fetch()
    assert tags_here(clone) == ["v1.0.0", "v1.1.0"]
    assert clone.git("rev-parse", "v1.0.0") == clone.first


def test_a_part_of_a_name_is_no_tag(clone: Clone, tags: Tags) -> None:
    tag(clone, "v1.7.0\N{LINE SEPARATOR}v1.7.0")  # str.splitlines would split it
    tag(clone, "x/refs/tags/v1.7.0")
    assert tags.origin_and_local("v1.7.0") == ("", "")


def test_a_tag_that_moved_at_origin_is_seen_in_both_places_and_left_here(
    clone: Clone, tags: Tags
) -> None:
    tag(clone, "v1.0.0", MESSAGE)
    assert tags.origin_and_local("v1.0.0") == (clone.first, clone.first)
    second = clone.change("two")
    clone.push("HEAD:refs/tags/v1.0.0")
    assert tags.origin_and_local("v1.0.0") == (second, clone.first)
    assert clone.git("rev-parse", "v1.0.0^{commit}") == clone.first


def test_a_tag_of_a_commit_that_only_origin_has_is_fetched(clone: Clone, tags: Tags) -> None:
    colleague = clone.colleague()
    commit = clone.change("newer", at=colleague)
    clone.git("tag", "--annotate", f"--message={MESSAGE}", TAG, at=colleague)
    clone.push(TAG, at=colleague)
    assert tags.origin_and_local(TAG) == (commit, "")
    assert tags.messages(TAG) == {"origin": MESSAGE}


def test_a_tag_may_be_in_one_place_or_in_none(clone: Clone, tags: Tags) -> None:
    tag_here(clone, "here")
    tag_at_origin(clone, "there")
    clone.git("config", "remote.origin.tagOpt", "--tags")
    assert tags.origin_and_local("here") == ("", clone.first)
    assert tags.origin_and_local("there") == (clone.first, "")
    assert tags.origin_and_local("nowhere") == ("", "")
    assert tags_here(clone) == ["here"]


def test_the_message_of_a_tag_is_that_of_each_place(clone: Clone, tags: Tags) -> None:
    assert tags.messages(TAG) == {}
    long_message = f"{MESSAGE}\n\nAnd more"
    tag(clone, TAG, "Theirs")
    tag_here(clone, TAG, long_message)
    assert tags.messages(TAG) == {"here": long_message, "origin": "Theirs"}


def test_a_tag_without_annotation_has_no_message(clone: Clone, tags: Tags) -> None:
    tag(clone, TAG)
    assert tags.messages(TAG) == {"here": "", "origin": ""}


def test_tags_are_found_by_their_message_wherever_they_are(clone: Clone, tags: Tags) -> None:
    tag(clone, "v1.0.0-test", MESSAGE)
    tag_here(clone, "v2.0.0-test", MESSAGE)
    tag_at_origin(clone, "v3.0.0-test", MESSAGE)
    tag(clone, "v4.0.0-test", "Somebody else's")
    clone.commit(MESSAGE, {"file": "two\n"})
    tag(clone, "v5.0.0-test")
    tag_at_origin(clone, "v5.1.0-test")
    tag(clone, "v6.0.0-rc.1", MESSAGE)
    tag_here(clone, "v7.0.0-test", "Somebody else's")
    ours = tag_here(clone, "x", MESSAGE)
    clone.push(f"{ours}:refs/tags/v7.0.0-test")
    before = tags_here(clone)
    found = tags.with_message(MESSAGE, is_test)
    assert found == {"v1.0.0-test", "v2.0.0-test", "v3.0.0-test", "v7.0.0-test"}
    assert tags_here(clone) == before


def test_no_tag_has_the_message(tags: Tags) -> None:
    assert tags.with_message(MESSAGE, is_test) == set()


def test_a_tag_is_created_in_both_places(clone: Clone, tags: Tags) -> None:
    assert tags.create(TAG, clone.first, MESSAGE)
    assert tags.messages(TAG) == {"here": MESSAGE, "origin": MESSAGE}
    assert tags.origin_and_local(TAG) == (clone.first, clone.first)


def test_a_tag_is_deleted_in_both_places(clone: Clone, tags: Tags) -> None:
    tag(clone, TAG)
    assert tags.delete(TAG) == ["here", "at origin"]
    assert tags_here(clone) == []
    assert tags_at_origin(clone) == []
    assert tags.delete(TAG) == []


def test_a_tag_in_one_place_is_deleted_there(clone: Clone, tags: Tags) -> None:
    tag_here(clone, TAG)
    assert tags.delete(TAG) == ["here"]
    tag_at_origin(clone, TAG)
    assert tags.delete(TAG) == ["at origin"]


def test_a_dry_run_creates_no_tag_but_its_plan_does(
    clone: Clone,
    tags: Tags,
    planner: ProcessRunner,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert not clone.repository(planner).tags.create(TAG, clone.first, MESSAGE)
    assert tags.messages(TAG) == {}
    planner.executor.finish(complete=True)
    clone.paste(capsys.readouterr().out)
    assert tags.messages(TAG) == {"here": MESSAGE, "origin": MESSAGE}
    assert tags.origin_and_local(TAG) == (clone.first, clone.first)


def test_a_dry_run_deletes_no_tag_but_its_plan_does(
    clone: Clone,
    planner: ProcessRunner,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tag(clone, TAG)
    tag(clone, "v1.0.0")
    assert clone.repository(planner).tags.delete(TAG) == []
    assert tags_here(clone) == ["v1.0.0", TAG]
    assert tags_at_origin(clone) == ["v1.0.0", TAG]
    planner.executor.finish(complete=True)
    clone.paste(capsys.readouterr().out)
    assert tags_here(clone) == ["v1.0.0"]
    assert tags_at_origin(clone) == ["v1.0.0"]


def test_a_tag_needs_an_identity(clone: Clone, tags: Tags) -> None:
    clone.forget_identity()
    with pytest.raises(BadInput, match=r"git config --global user\.name"):
        tags.create(TAG, clone.first, MESSAGE)


def test_a_tag_that_origin_keeps_is_reported_with_the_reason_and_the_command(
    clone: Clone, tags: Tags
) -> None:
    tag(clone, TAG)
    clone.reject_pushes("GH013: Cannot delete this tag")
    with pytest.raises(ServiceError) as raised:
        tags.delete(TAG)
    error = raised.value
    assert f"{TAG} is still at origin" in error.what
    assert "GH013: Cannot delete this tag" in error.what
    assert error.advice.endswith(f": git push origin --delete refs/tags/{TAG}")


def test_an_origin_that_cannot_be_asked_may_still_have_the_tag(clone: Clone, tags: Tags) -> None:
    tag(clone, TAG)
    clone.set_origin("http://127.0.0.1:1/x.git")
    with pytest.raises(ServiceError, match="may still be at origin"):
        tags.delete(TAG)
    assert tags_at_origin(clone) == [TAG]
