"""Issues, their comments and labels."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tasks.toolkit.clients.github.issues import Issues
from tasks.toolkit.core.errors import AccessDenied, ServiceError

from .conftest import SLUG, commands_of, failure, inputs_of, recorded_gh, runner_of


def issue_data(number: int, created: str) -> dict[str, Any]:
    return {
        "number": number,
        "title": f"Issue {number}",
        "body": "Text",
        "url": f"https://github.com/{SLUG}/issues/{number}",
        "state": "OPEN",
        "createdAt": created,
        "labels": [{"name": "bug"}, {"name": "type: incident"}],
    }


DATA = issue_data(7, "2025-01-01T10:00:00Z")


def test_an_issue_is_read_from_its_json() -> None:
    issue = Issues(recorded_gh({"issue view 7": DATA})).get(7)
    assert issue and issue.number == 7
    assert issue.created_at == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert issue.labels == ("bug", "type: incident")


def test_open_issues_are_searched_from_a_time_and_sorted() -> None:
    times = {1: "2025-01-01T10:00:00Z", 2: "2025-01-03T10:00:00Z", 3: "2025-01-01T10:00:00Z"}
    gh = recorded_gh({"issue list": [issue_data(*item) for item in times.items()]})
    found = Issues(gh).opened_since(datetime(2025, 1, 1, 9, 30, tzinfo=UTC))
    assert [issue.number for issue in found] == [2, 3, 1]
    command = commands_of(gh)[0]
    assert "--state=open '--search=created:>=2025-01-01T09:30:00Z' --limit=1000" in command


def test_issues_have_all_the_labels_that_are_asked_for() -> None:
    gh = recorded_gh({"issue list": [DATA]})
    assert len(Issues(gh).with_labels("bug", "type: incident", state="all")) == 1
    assert "--state=all --limit=100 --label=bug '--label=type: incident'" in commands_of(gh)[0]


def test_a_deleted_issue_is_none_and_an_error_is_an_error() -> None:
    deleted = failure(
        "GraphQL: Could not resolve to an issue or pull request with the number of 7."
    )
    assert Issues(recorded_gh({"issue view": deleted})).get(7) is None
    denied = failure("HTTP 401: Bad credentials")
    with pytest.raises(AccessDenied):
        Issues(recorded_gh({"issue view": denied})).get(7)


@pytest.mark.parametrize(("state", "closed"), [("CLOSED\n", True), ("OPEN\n", False)])
def test_an_issue_is_closed_or_not(state: str, closed: bool) -> None:
    gh = recorded_gh({"issue view 7": state})
    assert Issues(gh).is_closed(7) == closed
    assert runner_of(gh).limits == [10]


def test_only_labels_that_are_missing_are_created() -> None:
    gh = recorded_gh({"label list": [{"name": "bUG"}], "label create": ""})
    Issues(gh).create_labels({"Bug": "d73a4a", "type: incident": "b60205"})
    command = f"label create 'type: incident' --color=b60205 --force --repo {SLUG}"
    assert commands_of(gh)[1:] == [command]


def test_an_issue_is_created_with_its_text_on_stdin() -> None:
    gh = recorded_gh({"issue create": f"https://github.com/{SLUG}/issues/8\n"})
    assert Issues(gh).create("Title", "Body", ["bug"]) == 8
    assert commands_of(gh) == [
        f"issue create --title=Title --label=bug --repo {SLUG} --body-file=-"
    ]
    assert inputs_of(gh) == ["Body"]


def test_an_issue_that_is_only_planned_has_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    gh = recorded_gh(dry_run=True)
    assert Issues(gh).create("Title", "Body", []) is None
    assert commands_of(gh) == []
    assert "printf %s Body | gh issue create --title=Title" in capsys.readouterr().out


def test_an_answer_without_the_url_is_a_service_error() -> None:
    with pytest.raises(ServiceError, match="without the URL of the new issue: check if it exists"):
        Issues(recorded_gh({"issue create": "\n"})).create("Title", "Body", [])


def test_comments_are_read_and_edited_by_their_ids() -> None:
    comments = '{"id":11,"body":"One"}\n{"id":12,"body":null}\n'
    gh = recorded_gh({f"api 'repos/{SLUG}/issues/7/comments": comments, "api": ""})
    issues = Issues(gh)
    assert issues.comments(7) == {11: "One", 12: ""}
    issues.edit_comment(11, "Two")
    assert commands_of(gh)[1] == (
        f"api --method=PATCH repos/{SLUG}/issues/comments/11 --silent --field=body=@-"
    )
    assert inputs_of(gh)[1] == "Two"


def test_an_issue_is_edited_commented_and_closed() -> None:
    gh = recorded_gh({"issue": ""})
    issues = Issues(gh)
    issues.edit(7, "Title", "Body")
    issues.comment(7, "Comment")
    issues.close(7)
    assert commands_of(gh) == [
        f"issue edit 7 --title=Title --repo {SLUG} --body-file=-",
        f"issue comment 7 --repo {SLUG} --body-file=-",
        f"issue close 7 --reason=completed --repo {SLUG}",
    ]
    assert inputs_of(gh) == ["Body", "Comment", ""]
