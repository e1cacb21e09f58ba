"""GraphQL answers as GitHub's does."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.sandbox.github.queries import SCHEMA, answer
from tasks.sandbox.github.records import Pull
from tasks.sandbox.github.state import State

from .conftest import Clone
from .graphql_schema import everything_of

REPOSITORY = 'repository(owner: "stianfro", name: "threek8s")'
SEARCH = """
query($query: String!) {
  search(type: ISSUE, query: $query) { issueCount nodes { ...on Issue { title } } }
}
"""
each_search = pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("repo:stianfro/threek8s type:issue", ["New", "Old"]),
        ('label:"type: incident" state:open', ["New"]),
        ("( created:>=2021-01-01T00:00:00Z ) state:open", ["New"]),
        ("state:closed", []),
    ],
)
each_refused_merge = pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("draft", "still a draft"),
        ("check", "rule violations"),
        ("conflict", "not mergeable"),
    ],
)


def ask(
    github: State,
    query: str,
    variables: Any = None,
) -> dict[str, Any]:
    """Return the data that a query asks for."""
    reply = answer(github, {"query": query, "variables": variables})
    assert "errors" not in reply, reply
    data: dict[str, Any] = reply["data"]
    return data


def nodes(
    github: State,
    connection: str,
    fields: str,
) -> Any:
    """Return fields of the nodes of one of the repository's connections."""
    query = f"{{ {REPOSITORY} {{ found: {connection} {{ nodes {{ {fields} }} }} }} }}"
    data = ask(github, query)
    return data["repository"]["found"]["nodes"]


def refused(github: State, query: str) -> dict[str, Any]:
    """Return the only error of a query."""
    reply = answer(github, {"query": query})
    (error,) = reply["errors"]
    return dict(error)


def mutation(
    name: str,
    given: str,
    fields: str = "__typename",
) -> str:
    """Return a query that executes a mutation."""
    return f"mutation {{ {name}(input: {{{given}}}) {{ {fields} }} }}"


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


@pytest.mark.thorough
@pytest.mark.usefixtures("pull")
def test_each_field_of_the_schema_has_a_value_of_its_type(github: State, clone: Clone) -> None:
    github.set_check(1, "lint", "success")
    github.merge(1)
    github.labels["type: incident"] = ("ff0000", "")
    issue = github.open_issue("Down")
    issue.labels = ["type: incident"]
    issue.comments[1] = "Why?"
    github.create_release("v1", "One", "The first.")
    clone.push("three", "three", "3")
    github.open_pull("three", "main", "Three")
    arguments = {
        "issue": "(number: 2)",
        "issueOrPullRequest": "(number: 1)",
        "pullRequest": "(number: 3)",
        "release": '(tagName: "v1")',
        "repository": '(owner: "stianfro", name: "threek8s")',
        "search": '(type: ISSUE, query: "repo:stianfro/threek8s type:issue")',
        "node": '(id: "Pull_1")',
    }
    assert SCHEMA.query_type
    query = everything_of(SCHEMA.query_type, arguments)
    assert ask(github, query)["repository"]["pullRequest"]["files"]["nodes"]


def test_an_unknown_field_is_an_error(github: State) -> None:
    error = refused(github, f"{{ {REPOSITORY} {{ x }} }}")
    assert "Cannot query field 'x'" in error["message"]


@pytest.mark.usefixtures("pull")
def test_pull_requests_are_listed_newest_first_by_state_and_head(
    github: State,
    clone: Clone,
) -> None:
    clone.push("three", "three", "3")
    github.open_pull("three", "main", "Three")
    two = {"title": "Two", "headRefName": "two"}
    three = {"title": "Three", "headRefName": "three"}
    fields = "title headRefName"
    assert nodes(github, "pullRequests", fields) == [three, two]
    github.merge(1)
    assert nodes(github, "pullRequests(states: MERGED)", fields) == [two]
    assert nodes(github, 'pullRequests(headRefName: "three")', fields) == [three]


def test_a_connection_has_pages(github: State) -> None:
    for number in range(3):
        github.create_release(f"v{number}", "", "")
    fields = "nodes { tagName } pageInfo { hasNextPage endCursor }"
    first = f"first: releases(first: 2) {{ {fields} }}"
    second = f'second: releases(first: 2, after: "2") {{ {fields} }}'
    data = ask(github, f"{{ {REPOSITORY} {{ {first} {second} }} }}")
    assert data["repository"] == {
        "first": {
            "nodes": [{"tagName": "v2"}, {"tagName": "v1"}],
            "pageInfo": {"hasNextPage": True, "endCursor": "2"},
        },
        "second": {
            "nodes": [{"tagName": "v0"}],
            "pageInfo": {"hasNextPage": False, "endCursor": "3"},
        },
    }


@each_search
def test_issues_are_found_by_state_label_and_time(
    github: State,
    query: str,
    titles: list[str],
) -> None:
    github.labels["type: incident"] = ("ff0000", "")
    old = github.open_issue("Old")
    old.created_at = old.created_at.replace(year=2020)
    new = github.open_issue("New")
    new.labels.append("type: incident")
    data = ask(github, SEARCH, {"query": query})
    assert data["search"] == {
        "issueCount": len(titles),
        "nodes": [{"title": title} for title in titles],
    }


@pytest.mark.parametrize(("term", "text"), [("down", "for words: down"), ("no:label", "by no")])
def test_an_unknown_term_is_refused_instead_of_ignored(
    github: State,
    term: str,
    text: str,
) -> None:
    github.open_issue("Down")
    error = refused(github, f'{{ search(type: ISSUE, query: "{term}") {{ issueCount }} }}')
    assert f"the sandbox cannot search {text}" in error["message"]


@each_refused_merge
def test_a_merge_is_refused_for_its_reason(
    github: State,
    clone: Clone,
    pull: Pull,
    reason: str,
    text: str,
) -> None:
    if reason == "draft":
        pull.is_draft = True
    if reason == "check":
        github.required_checks = ["lint"]
    if reason == "conflict":
        clone.push("main", "two", "zwei")
    given = f'pullRequestId: "{pull.id}", mergeMethod: MERGE'
    error = refused(github, mutation("mergePullRequest", given))
    assert text in error["message"]
    assert pull.state == "OPEN"


def test_a_token_without_the_permission_changes_nothing(github: State) -> None:
    github.permissions["issues"] = "read"
    given = 'repositoryId: "R_1", title: "x"'
    error = refused(github, mutation("createIssue", given))
    assert error["type"] == "FORBIDDEN"
    assert github.issues == {}


def test_a_text_that_is_too_long_is_refused(github: State) -> None:
    body = "x" * 65537
    given = f'repositoryId: "R_1", title: "x", body: "{body}"'
    error = refused(github, mutation("createIssue", given))
    assert "Body is too long" in error["message"]
    assert github.issues == {}


def test_an_issue_is_changed_closed_and_opened_again(github: State) -> None:
    issue = github.open_issue("Down")
    ask(github, mutation("updateIssue", f'id: "{issue.id}", title: "Up"'))
    assert issue.title == "Up"
    fields = "issue { state }"
    closed = ask(github, mutation("closeIssue", f'issueId: "{issue.id}"', fields))
    assert closed == {"closeIssue": {"issue": {"state": "CLOSED"}}}
    reopened = ask(github, mutation("reopenIssue", f'issueId: "{issue.id}"', fields))
    assert reopened == {"reopenIssue": {"issue": {"state": "OPEN"}}}
    assert issue.state == "OPEN"


def test_a_pull_request_and_an_issue_take_comments(github: State, pull: Pull) -> None:
    issue = github.open_issue("Down")
    for item in (pull, issue):
        given = f'subjectId: "{item.id}", body: "Hello."'
        ask(github, mutation("addComment", given))
    assert pull.comments == {3000000001: "Hello."}
    assert issue.comments == {3000000002: "Hello."}
    assert nodes(github, "issues", "comments { nodes { body author { login } } }") == [
        {"comments": {"nodes": [{"body": "Hello.", "author": {"login": "stianfro"}}]}}
    ]


def test_a_draft_becomes_ready_for_review(github: State, pull: Pull) -> None:
    pull.is_draft = True
    given = f'pullRequestId: "{pull.id}"'
    ask(github, mutation("markPullRequestReadyForReview", given))
    assert pull.is_draft is False


def test_an_unknown_node_is_not_found(github: State) -> None:
    error = refused(github, mutation("mergePullRequest", 'pullRequestId: "Pull_9"'))
    assert error["type"] == "NOT_FOUND"
