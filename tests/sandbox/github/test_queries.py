"""GraphQL answers as GitHub's does."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.sandbox.github.queries import answer
from tasks.sandbox.github.state import State

from .conftest import Clone

REPOSITORY = 'repository(owner: "stianfro", name: "threek8s")'


def ask(github: State, query: str) -> dict[str, Any]:
    """Return the fields of the repository that a query asks for."""
    reply = answer(github, {"query": f"{{ {REPOSITORY} {{ {query} }} }}"})
    assert "errors" not in reply, reply
    fields: dict[str, Any] = reply["data"]["repository"]
    return fields


def refused(github: State, query: str) -> dict[str, Any]:
    """Return the only error of a query."""
    (error,) = answer(github, {"query": query})["errors"]
    return dict(error)


def search(github: State, query: str) -> list[str]:
    """Return the titles of the issues that are found."""
    fields = "nodes { ...on Issue { title } }"
    document = f"query($query: String!) {{ search(type: ISSUE, query: $query) {{ {fields} }} }}"
    reply = answer(github, {"query": document, "variables": {"query": query}})
    return [issue["title"] for issue in reply["data"]["search"]["nodes"]]


def mutate(github: State, name: str, given: str, fields: str) -> dict[str, Any]:
    """Execute a mutation and return its reply."""
    return answer(github, {"query": f"mutation {{ {name}(input: {{{given}}}) {{ {fields} }} }}"})


def test_an_unknown_number_is_not_found(github: State) -> None:
    error = refused(github, f"{{ {REPOSITORY} {{ pullRequest(number: 9) {{ id }} }} }}")
    assert error == {
        "message": "Could not resolve to a PullRequest with the number of 9.",
        "path": ["repository", "pullRequest"],
        "type": "NOT_FOUND",
    }


def test_another_repository_is_not_found(github: State) -> None:
    error = refused(github, '{ repository(owner: "a", name: "b") { id } }')
    assert error["message"] == "Could not resolve to a Repository with the name 'a/b'."


def test_an_unknown_field_is_an_error(github: State) -> None:
    assert "Cannot query field 'x'" in refused(github, f"{{ {REPOSITORY} {{ x }} }}")["message"]


def test_pull_requests_are_listed_newest_first_by_state_and_head(
    github: State, clone: Clone
) -> None:
    clone.push("two", "two", "2")
    clone.push("three", "three", "3")
    github.open_pull("two", "main", "Two")
    github.open_pull("three", "main", "Three")
    assert ask(github, "pullRequests { nodes { title headRefName } }") == {
        "pullRequests": {
            "nodes": [
                {"title": "Three", "headRefName": "three"},
                {"title": "Two", "headRefName": "two"},
            ]
        }
    }
    github.merge(1)
    (merged,) = ask(github, "pullRequests(states: MERGED) { nodes { title } }").values()
    assert merged == {"nodes": [{"title": "Two"}]}
    (three,) = ask(github, 'pullRequests(headRefName: "three") { nodes { title } }').values()
    assert three == {"nodes": [{"title": "Three"}]}


def test_a_connection_has_pages(github: State) -> None:
    for number in range(3):
        github.create_release(f"v{number}", "", "")
    query = "nodes { tagName } pageInfo { hasNextPage endCursor }"
    (first,) = ask(github, f"releases(first: 2) {{ {query} }}").values()
    assert first["nodes"] == [{"tagName": "v2"}, {"tagName": "v1"}]
    assert first["pageInfo"] == {"hasNextPage": True, "endCursor": "2"}
    (second,) = ask(github, f'releases(first: 2, after: "2") {{ {query} }}').values()
    assert second["nodes"] == [{"tagName": "v0"}]
    assert second["pageInfo"]["hasNextPage"] is False


def test_issues_are_found_by_state_label_and_time(github: State) -> None:
    old = github.open_issue("Old")
    old.created_at = old.created_at.replace(year=2020)
    github.open_issue("New").labels.append("type: incident")
    assert search(github, "repo:stianfro/threek8s type:issue") == ["New", "Old"]
    assert search(github, 'label:"type: incident" state:open') == ["New"]
    assert search(github, "( created:>=2021-01-01T00:00:00Z ) state:open") == ["New"]
    assert search(github, "state:closed") == []


def test_words_are_not_searched_for_in_vain(github: State) -> None:
    query = '{ search(type: ISSUE, query: "down", first: 1) { issueCount } }'
    assert "cannot search for words: down" in refused(github, query)["message"]


@pytest.mark.parametrize(
    ("state", "text"),
    [("draft", "still a draft"), ("check", "rule violations"), ("conflict", "not mergeable")],
)
def test_a_merge_is_refused_for_its_reason(
    github: State, clone: Clone, state: str, text: str
) -> None:
    clone.push("two", "two", "2")
    pull = github.open_pull("two", "main", "Two", draft=state == "draft")
    if state == "check":
        github.required_checks = ["lint"]
    if state == "conflict":
        clone.push("main", "two", "zwei")
    given = f'pullRequestId: "{pull.id}", mergeMethod: MERGE'
    reply = mutate(github, "mergePullRequest", given, "clientMutationId")
    assert text in reply["errors"][0]["message"]
    assert pull.state == "OPEN"


def test_a_token_without_the_permission_changes_nothing(github: State) -> None:
    github.permissions["issues"] = "read"
    given = 'repositoryId: "R_1", title: "x"'
    (error,) = mutate(github, "createIssue", given, "issue { id }")["errors"]
    assert (error["type"], github.issues) == ("FORBIDDEN", {})


def test_a_text_that_is_too_long_is_refused(github: State) -> None:
    given = f'repositoryId: "R_1", title: "x", body: "{"x" * 65537}"'
    (error,) = mutate(github, "createIssue", given, "issue { id }")["errors"]
    assert "Body is too long" in error["message"]
    assert github.issues == {}


def test_an_issue_is_changed_closed_and_opened_again(github: State) -> None:
    issue = github.open_issue("Down")
    mutate(github, "updateIssue", f'id: "{issue.id}", title: "Up"', "__typename")
    mutate(github, "closeIssue", f'issueId: "{issue.id}"', "issue { id }")
    assert (issue.title, issue.state) == ("Up", "CLOSED")
    mutate(github, "reopenIssue", f'issueId: "{issue.id}"', "issue { id }")
    assert issue.state == "OPEN"


def test_a_pull_request_and_an_issue_take_comments(github: State, clone: Clone) -> None:
    clone.push("two", "two", "2")
    pull = github.open_pull("two", "main", "Two")
    issue = github.open_issue("Down")
    for item in (pull, issue):
        given = f'subjectId: "{item.id}", body: "Hello."'
        mutate(github, "addComment", given, "commentEdge { node { url } }")
    assert pull.comments == {3000000001: "Hello."}
    assert issue.comments == {3000000002: "Hello."}


def test_a_draft_becomes_ready_for_review(github: State, clone: Clone) -> None:
    clone.push("two", "two", "2")
    pull = github.open_pull("two", "main", "Two", draft=True)
    given = f'pullRequestId: "{pull.id}"'
    mutate(github, "markPullRequestReadyForReview", given, "pullRequest { id }")
    assert pull.is_draft is False
