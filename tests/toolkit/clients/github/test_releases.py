"""Releases and their notes, on GitHub."""

from __future__ import annotations

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.core.errors import AccessDenied

from ....plans import planned
from .conftest import add_release, hours


def test_releases_are_listed_with_their_times_which_drafts_and_prereleases_do_not_have(
    server: Server,
    github: GitHub,
) -> None:
    add_release(server, "v1.6.1", 10)
    add_release(server, "chart-v1.7.0", 30)
    add_release(server, "v1.6.0", 5)
    add_release(server, "v1.8.0", 40, draft=True)
    add_release(server, "v1.8.0-rc.1", 35, prerelease=True)
    assert github.releases.listed() == {
        "v1.6.1": hours(10),
        "chart-v1.7.0": hours(30),
        "v1.6.0": hours(5),
        "v1.8.0": None,
        "v1.8.0-rc.1": None,
    }


def test_the_list_of_releases_is_kept_for_the_time_that_the_caller_allows(
    server: Server,
    github: GitHub,
) -> None:
    add_release(server, "v1.6.1", 10)
    assert github.releases.listed(60).keys() == {"v1.6.1"}
    add_release(server, "v1.7.0", 20)
    assert github.releases.listed(60).keys() == {"v1.6.1"}
    assert github.releases.listed().keys() == {"v1.6.1", "v1.7.0"}
    github.releases.delete("v1.7.0")
    assert github.releases.listed(60).keys() == {"v1.6.1"}


def test_the_notes_are_those_of_all_releases_but_drafts(
    server: Server,
    github: GitHub,
) -> None:
    add_release(server, "v2", 2)
    add_release(server, "v1", 1).body = None  # type: ignore[assignment]
    add_release(server, "v0", 0, draft=True)
    assert github.releases.notes() == {"v2": "Notes", "v1": ""}


def test_the_notes_of_one_release_are_read_by_its_tag(server: Server, github: GitHub) -> None:
    add_release(server, "v1", 1)
    add_release(server, "v2", 2).body = None  # type: ignore[assignment]
    assert github.releases.notes_of("v1") == "Notes"
    assert github.releases.notes_of("v2") == ""
    assert github.releases.notes_of("v3") == ""


NOTES = ["\r\n Notes \n", "", "it's {} $(id) \\n %s"]


@pytest.mark.parametrize("notes", NOTES)
def test_notes_are_replaced_to_the_byte(
    server: Server,
    github: GitHub,
    notes: str,
) -> None:
    release = add_release(server, "v1", 1)
    assert github.releases.edit_notes("v1", notes)
    assert release.body == notes


def test_notes_are_planned(
    planning: GitHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert not planning.releases.edit_notes("v1", "Notes")
    assert "printf %s Notes | gh release edit v1" in planned(capsys)


def test_a_release_exists_or_not_and_an_error_is_neither(
    server: Server,
    github: GitHub,
    stranger: GitHub,
) -> None:
    add_release(server, "v1", 1)
    assert github.releases.exists("v1")
    assert not github.releases.exists("v2")
    with pytest.raises(AccessDenied):
        stranger.releases.exists("v1")


def test_a_release_whose_tag_was_deleted_exists(
    server: Server,
    github: GitHub,
) -> None:
    release = add_release(server, "v1", 1)
    server.repository.git("tag", "--delete", "v1")
    assert github.releases.exists("v1")
    assert release.draft


def test_a_release_is_deleted_without_its_tag(server: Server, github: GitHub) -> None:
    add_release(server, "v1", 1)
    github.releases.delete("v1")
    assert server.releases == []
    assert server.repository.git("tag") == "v1"
