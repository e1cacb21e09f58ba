"""Issues, their comments and labels, on GitHub."""

from __future__ import annotations

import time

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.server import Reply, Request
from tasks.sandbox.world import SLUG
from tasks.toolkit.clients.github import issues
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.core.errors import AccessDenied, TookTooLong

from ....plans import planned
from .conftest import add_issue, hours

INCIDENT = ["bug", "type: incident"]
ODD_TEXT = "a\u2028b\nit's {} {'{}'}\n$(id) `id` \\n %s"


def numbers(found: list[issues.Issue]) -> list[int]:
    return [issue.number for issue in found]


def test_an_issue_is_read_with_its_labels_and_time(
    server: Server,
    github: GitHub,
) -> None:
    add_issue(
        server,
        7,
        labels=INCIDENT,
        created_at=hours(10),
    )
    assert github.issues.get(7) == issues.Issue(
        number=7,
        title="Issue 7",
        body="Text",
        url=f"https://github.com/{SLUG}/issues/7",
        state="OPEN",
        created_at=hours(10),
        labels=("bug", "type: incident"),
    )


def test_open_issues_since_a_time_are_found_newest_first(
    server: Server,
    github: GitHub,
) -> None:
    add_issue(server, 1, created_at=hours(10))
    add_issue(server, 2, created_at=hours(12))
    add_issue(server, 3, created_at=hours(10))
    add_issue(server, 4, created_at=hours(9))
    add_issue(
        server,
        5,
        created_at=hours(11),
        state="CLOSED",
    )
    found = github.issues.opened_since(hours(9.5))
    assert numbers(found) == [2, 3, 1]


def test_issues_have_all_the_labels_that_are_asked_for(
    server: Server,
    github: GitHub,
) -> None:
    add_issue(server, 1, labels=INCIDENT)
    add_issue(server, 2, labels=["bug"])
    add_issue(server, 3, labels=INCIDENT, state="CLOSED")
    found = github.issues.with_labels(*INCIDENT)
    assert numbers(found) == [1]
    found = github.issues.with_labels(*INCIDENT, state="all")
    assert numbers(found) == [3, 1]


def test_a_deleted_issue_is_none_and_an_error_is_an_error(
    github: GitHub,
    stranger: GitHub,
) -> None:
    assert github.issues.get(7) is None
    with pytest.raises(AccessDenied):
        stranger.issues.get(7)


def test_an_issue_is_closed_or_not(server: Server, github: GitHub) -> None:
    issue = add_issue(server, 7)
    assert not github.issues.is_closed(7)
    issue.state = "CLOSED"
    assert github.issues.is_closed(7)


def test_the_state_of_an_issue_is_not_waited_for_long(
    server: Server,
    github: GitHub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hang(_request: Request) -> Reply:
        time.sleep(2)
        return Reply(503)

    server.server.answer = hang
    monkeypatch.setattr(issues, "STATE_LIMIT", 0.3)
    with pytest.raises(TookTooLong, match=r"gave no answer for 0\.3 s"):
        github.issues.is_closed(7)


def test_only_labels_that_are_missing_are_created(
    server: Server,
    github: GitHub,
) -> None:
    github.issues.create_labels({"bUG": "d73a4a"})
    github.issues.create_labels({"Bug": "ffffff", "type: incident": "b60205"})
    assert server.labels == {
        "bUG": ("d73a4a", ""),
        "type: incident": ("b60205", ""),
    }


def test_an_issue_is_created_edited_and_closed(server: Server, github: GitHub) -> None:
    github.issues.create_labels({"bug": "d73a4a"})
    number = github.issues.create("Title", ODD_TEXT, ["bug"])
    assert number
    issue = server.issues[number]
    assert issue.title == "Title"
    assert issue.body == ODD_TEXT
    assert issue.labels == ["bug"]
    github.issues.edit(number, "--title", "@body")
    assert issue.title == "--title"
    assert issue.body == "@body"
    assert issue.state == "OPEN"
    github.issues.close(number)
    assert issue.state == "CLOSED"


def test_an_issue_that_is_only_planned_has_no_number(
    planning: GitHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert planning.issues.create("Title", "Body", []) is None
    assert "printf %s Body | gh issue create --title=Title" in planned(capsys)


def test_comments_are_made_and_edited_to_the_byte(
    server: Server,
    github: GitHub,
) -> None:
    issue = add_issue(server, 7)
    github.issues.comment(7, ODD_TEXT)
    github.issues.comment(7, "Two")
    first, second = issue.comments
    github.issues.edit_comment(second, "@file")
    assert issue.comments == {first: ODD_TEXT, second: "@file"}


def test_own_comments_of_all_pages_are_read_whatever_is_in_a_text(
    server: Server,
    github: GitHub,
) -> None:
    issue = add_issue(server, 7)
    issue.comments = dict.fromkeys(range(100), ODD_TEXT)
    issue.comments[3_000_000_100] = "the first of the next page"
    assert github.issues.own_comments(7) == issue.comments
    issue.comment_authors[1] = issue.comment_authors[3_000_000_100] = "somebody"
    assert sorted(github.issues.own_comments(7)) == [0, *range(2, 100)]


def test_an_issue_is_own_if_this_login_opened_it(server: Server, github: GitHub) -> None:
    add_issue(server, 7).comments = dict.fromkeys(range(101), "two pages")
    assert not github.issues.is_own(7)
    own = server.open_issue("Mine")
    assert github.issues.is_own(own.number)
