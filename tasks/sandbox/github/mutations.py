"""The mutations that gh uses: https://docs.github.com/en/graphql/reference/mutations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .fields import find_node
from .records import Refusal, check_length
from .state import State

Input = Mapping[str, Any]
Payload = dict[str, Any]
MERGE_REFUSALS = {
    "BLOCKED": "Repository rule violations found",
    "DIRTY": "Pull Request is not mergeable",
    "DRAFT": "Pull Request is still a draft",
}


def mutate(github: State, name: str, given: Input) -> Payload:
    """Execute a mutation. Raises Refusal."""
    permission = "pull_requests" if "PullRequest" in name else "issues"
    github.require_write(permission)
    check_length(given.get("body") or "")
    return MUTATIONS[name](github, given)


def _create_pull(github: State, given: Input) -> Payload:
    head = given["headRefName"].rpartition(":")[2]
    body = given.get("body") or ""
    draft = given.get("draft", False)
    pull = github.open_pull(head, given["baseRefName"], given["title"], body, draft)
    return {"pullRequest": pull}


def _revert_pull(github: State, given: Input) -> Payload:
    pull = find_node(github, given["pullRequestId"])
    title = given.get("title") or ""
    body = given.get("body") or ""
    revert = github.revert(pull.number, title, body, bool(given.get("draft")))
    return {"pullRequest": pull, "revertPullRequest": revert}


def _merge_pull(github: State, given: Input) -> Payload:
    pull = find_node(github, given["pullRequestId"])
    state = github.merge_state(pull)
    if state in MERGE_REFUSALS:
        raise Refusal(MERGE_REFUSALS[state])
    github.merge(pull.number, given["mergeMethod"].lower())
    return {}


def _create_issue(github: State, given: Input) -> Payload:
    issue = github.open_issue(given["title"], given.get("body") or "")
    labels = given.get("labelIds") or []
    issue.labels = [label.removeprefix("LA_") for label in labels]
    return {"issue": issue}


def _update_issue(github: State, given: Input) -> Payload:
    changes = {name: given[name] for name in ("title", "body") if given.get(name)}
    return _update_item(github, given["id"], **changes)


def _update_item(github: State, node_id: str, **changes: Any) -> Payload:
    """Change an issue or pull request, and return it under either name."""
    item = find_node(github, node_id)
    for name, value in changes.items():
        setattr(item, name, value)
    return {"issue": item, "pullRequest": item}


def _add_comment(github: State, given: Input) -> Payload:
    item = find_node(github, given["subjectId"])
    number = next(github.comment_ids)
    item.comments[number] = given["body"]
    url = f"{github.repository.url}/issues/{item.number}#issuecomment-{number}"
    return {"commentEdge": {"node": {"url": url}}}


MUTATIONS: dict[str, Callable[[State, Input], Payload]] = {
    "addComment": _add_comment,
    "closeIssue": lambda github, given: _update_item(github, given["issueId"], state="CLOSED"),
    "createIssue": _create_issue,
    "createPullRequest": _create_pull,
    "markPullRequestReadyForReview": lambda github, given: _update_item(
        github, given["pullRequestId"], is_draft=False
    ),
    "mergePullRequest": _merge_pull,
    "reopenIssue": lambda github, given: _update_item(github, given["issueId"], state="OPEN"),
    "revertPullRequest": _revert_pull,
    "updateIssue": _update_issue,
}
