"""Releases and their notes."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.github.releases import Releases
from tasks.toolkit.core.errors import AccessDenied

from .conftest import SLUG, commands_of, failure, inputs_of, recorded_gh


def test_the_newest_releases_are_sorted_by_their_time() -> None:
    listed = [
        {"tagName": "v1.6.1", "publishedAt": "2025-01-01T10:00:00Z"},
        {"tagName": "chart-v1.7.0", "publishedAt": "2025-01-03T10:00:00Z"},
    ]
    gh = recorded_gh({"release list": listed})
    assert [release.version for release in Releases(gh).newest(3)] == ["1.7.0", "1.6.1"]
    assert "--exclude-drafts --exclude-pre-releases --limit=3" in commands_of(gh)[0]


def test_the_notes_are_those_of_all_releases_but_drafts() -> None:
    lines = (
        '{"tag_name":"v2","body":"Two","draft":false}\n'
        '{"tag_name":"v1","body":null,"draft":false}\n'
        '{"tag_name":"v0","body":"Draft","draft":true}\n'
    )
    assert Releases(recorded_gh({"api": lines})).notes() == {"v2": "Two", "v1": ""}


def test_notes_are_replaced_to_the_byte_or_planned(capsys: pytest.CaptureFixture[str]) -> None:
    gh = recorded_gh({"release edit": ""})
    assert Releases(gh).edit_notes("v1", "\r\n Notes \n")
    assert commands_of(gh) == [f"release edit v1 --repo {SLUG} --notes-file -"]
    assert inputs_of(gh) == ["\r\n Notes \n"]
    assert not Releases(recorded_gh(dry_run=True)).edit_notes("v1", "Notes")
    assert "printf %s Notes | gh release edit v1" in capsys.readouterr().out


def test_a_release_exists_or_not_and_an_error_is_neither() -> None:
    assert Releases(recorded_gh({"release view v1": {"tagName": "v1"}})).exists("v1")
    assert not Releases(recorded_gh({"release view": failure("release not found")})).exists("v1")
    with pytest.raises(AccessDenied):
        Releases(recorded_gh({"release view": failure("HTTP 401")})).exists("v1")


def test_a_release_is_deleted_without_its_tag() -> None:
    gh = recorded_gh({"release delete": ""})
    Releases(gh).delete("v1")
    assert commands_of(gh) == [f"release delete v1 --yes --repo {SLUG}"]
