"""Tags are found, made and deleted in both places, and nobody else's tag is touched."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.errors import BadInput, ServiceError

from .conftest import Clone

MESSAGE = "A test of the release flow."
PATTERN = r"v\d+\.\d+\.\d+-test"
TAG = "v9.0.0-test"


def tag(clone: Clone, name: str, message: str = "", *, push: bool = True) -> str:
    """Tag what is checked out, with an annotation if there is a message; return the object."""
    options = ["--annotate", f"--message={message}"] if message else []
    clone.git("tag", "--force", *options, name)
    if push:
        clone.git("push", "--quiet", "--force", "origin", name)
    return clone.git("rev-parse", f"refs/tags/{name}")


def tags_at_origin(clone: Clone) -> list[str]:
    return clone.git("tag", "--list", at=clone.origin).split()


def test_a_fetch_brings_new_tags_and_moves_none(clone: Clone) -> None:
    tag(clone, "v1.0.0")
    tag(clone, "v1.1.0")
    clone.git("tag", "--delete", "v1.1.0")
    clone.commit("feat: second", {"file": "two\n"})
    clone.git("push", "--quiet", "--force", "origin", "HEAD:refs/tags/v1.0.0")
    clone.repository().tags.fetch()
    assert clone.git("tag", "--list").split() == ["v1.0.0", "v1.1.0"]
    assert clone.git("rev-parse", "v1.0.0") == clone.first


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["chart-v1.7.0", "v1.7.0"], "v1.7.0"),
        (["web-v1.7.0", "chart-v1.7.0"], "chart-v1.7.0"),
        (["1.7.0"], "1.7.0"),
        (["v1.7.0-rc.1", "v1.7.1", "v11.7.0"], ""),
    ],
)
def test_the_tag_of_a_version_is_the_plain_one_if_there_is_one(
    clone: Clone, tags: list[str], expected: str
) -> None:
    for name in tags:
        tag(clone, name, MESSAGE)
    assert clone.repository().tags.tag_of_version("1.7.0") == expected


def test_a_tag_of_the_clone_alone_names_no_version(clone: Clone) -> None:
    tag(clone, "v1.7.0", push=False)
    assert clone.repository().tags.tag_of_version("1.7.0") == ""


def test_a_tag_that_moved_at_origin_is_seen_in_both_places_and_left_here(clone: Clone) -> None:
    tag(clone, "v1.0.0", MESSAGE)
    tags = clone.repository().tags
    assert tags.origin_and_local("v1.0.0") == (clone.first, clone.first)
    second = clone.commit("feat: second", {"file": "two\n"})
    clone.git("push", "--quiet", "--force", "origin", "HEAD:refs/tags/v1.0.0")
    assert tags.origin_and_local("v1.0.0") == (second, clone.first)
    assert clone.git("rev-parse", "v1.0.0^{commit}") == clone.first


def test_a_tag_may_be_in_one_place_or_in_none(clone: Clone) -> None:
    tag(clone, "here", push=False)
    tag(clone, "there")
    clone.git("tag", "--delete", "there")
    clone.git("config", "remote.origin.tagOpt", "--tags")
    tags = clone.repository().tags
    assert tags.origin_and_local("here") == ("", clone.first)
    assert tags.origin_and_local("there") == (clone.first, "")
    assert tags.origin_and_local("nowhere") == ("", "")
    assert clone.git("tag", "--list") == "here"


def test_the_message_of_a_tag_is_that_of_each_place(clone: Clone) -> None:
    tags = clone.repository().tags
    assert tags.messages(TAG) == {}
    tag(clone, TAG, "Theirs")
    tag(clone, TAG, f"{MESSAGE}\n\nAnd more", push=False)
    assert tags.messages(TAG) == {"here": f"{MESSAGE}\n\nAnd more", "origin": "Theirs"}
    tag(clone, TAG)
    assert tags.messages(TAG) == {"here": "", "origin": ""}


def test_tags_are_found_by_their_message_wherever_they_are(clone: Clone) -> None:
    tag(clone, "v1.0.0-test", MESSAGE)
    tag(clone, "v2.0.0-test", MESSAGE, push=False)
    tag(clone, "v3.0.0-test", MESSAGE)
    clone.git("tag", "--delete", "v3.0.0-test")
    tag(clone, "v4.0.0-test", "Somebody else's")
    clone.commit(MESSAGE, {"file": "two\n"})
    tag(clone, "v5.0.0-test")
    tag(clone, "v6.0.0-rc.1", MESSAGE)
    tag(clone, "v7.0.0-test", "Somebody else's", push=False)
    clone.git("push", "--quiet", "origin", f"{tag(clone, 'x', MESSAGE)}:refs/tags/v7.0.0-test")
    found = clone.repository().tags.with_message(MESSAGE, PATTERN)
    assert found == {"v1.0.0-test", "v2.0.0-test", "v3.0.0-test", "v7.0.0-test"}
    assert "v3.0.0-test" not in clone.git("tag", "--list").split()


def test_no_tag_has_the_message(clone: Clone) -> None:
    assert clone.repository().tags.with_message(MESSAGE, PATTERN) == set()


def test_a_tag_is_created_and_deleted_in_both_places(clone: Clone) -> None:
    tags = clone.repository().tags
    assert tags.create(TAG, clone.first, MESSAGE)
    assert tags.messages(TAG) == {"here": MESSAGE, "origin": MESSAGE}
    assert tags.origin_and_local(TAG) == (clone.first, clone.first)
    assert tags.delete(TAG) == ["here", "at origin"]
    assert tags.messages(TAG) == {}
    assert tags.delete(TAG) == []


def test_a_tag_in_one_place_is_deleted_there(clone: Clone) -> None:
    tags = clone.repository().tags
    tag(clone, TAG, push=False)
    assert tags.delete(TAG) == ["here"]
    tag(clone, TAG)
    clone.git("tag", "--delete", TAG)
    assert tags.delete(TAG) == ["at origin"]


def test_a_dry_run_creates_and_deletes_no_tag(
    clone: Clone, capsys: pytest.CaptureFixture[str]
) -> None:
    tag(clone, TAG)
    tags = clone.repository(dry_run=True).tags
    assert not tags.create("v8.0.0-test", clone.first, MESSAGE)
    assert tags.delete(TAG) == []
    assert clone.git("tag", "--list") == TAG
    assert tags_at_origin(clone) == [TAG]
    plan = capsys.readouterr().out
    assert f"tag --annotate --no-sign '--message={MESSAGE}' v8.0.0-test {clone.first}\n" in plan
    assert "push --quiet origin refs/tags/v8.0.0-test\n" in plan
    assert f"tag --delete {TAG}\n" in plan
    assert f"push --quiet origin --delete refs/tags/{TAG}\n" in plan


def test_a_tag_needs_an_identity(clone: Clone) -> None:
    (clone.home / ".gitconfig").write_text("[user]\nuseConfigOnly = true\n")
    with pytest.raises(BadInput, match=r"git config --global user\.name"):
        clone.repository().tags.create(TAG, clone.first, MESSAGE)


def test_a_tag_that_origin_keeps_is_reported_with_the_reason_and_the_command(clone: Clone) -> None:
    tag(clone, TAG)
    clone.reject_pushes("GH013: Cannot delete this tag")
    with pytest.raises(ServiceError) as raised:
        clone.repository().tags.delete(TAG)
    assert f"{TAG} is still at origin" in raised.value.what
    assert "GH013: Cannot delete this tag" in raised.value.what
    assert raised.value.advice.endswith(f": git push origin --delete refs/tags/{TAG}")


def test_an_origin_that_cannot_be_asked_may_still_have_the_tag(clone: Clone) -> None:
    tag(clone, TAG)
    clone.git("remote", "set-url", "origin", "http://127.0.0.1:1/x.git")
    with pytest.raises(ServiceError, match="may still be at origin"):
        clone.repository().tags.delete(TAG)
    assert tags_at_origin(clone) == [TAG]
