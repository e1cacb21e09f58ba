"""The mutations that gh uses: https://docs.github.com/en/graphql/reference/mutations.

Each takes the keys of its input in snake case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .job_permissions import ensure_may_open_pulls, needed_by, refuse_workflow, viewer
from .records import Pull, Refusal, check_length, check_title, now
from .scopes import ensure_mutation
from .state import State
from .views import View, show_item

MERGE_REFUSALS = {
    "BLOCKED": "Repository rule violations found",
    "DIRTY": "Pull Request is not mergeable",
    "DRAFT": "Pull Request is still a draft",
}


def mutate(github: State, name: str, **arguments: Any) -> View:
    """Execute a mutation. Raises Refusal."""
    if not github.job_acts:
        ensure_mutation(github.scopes, name)
    for permission in needed_by(name):
        github.require_write(permission)
    ensure_may_open_pulls(github, name)
    given = dict[str, Any]()
    for key, value in arguments["input"].items():
        if value is not None:
            given[re.sub("([A-Z])", r"_\1", key).lower()] = value
    check_length(given.get("body", ""))
    check_title(given.get("title", ""))
    return MUTATIONS[name](github, **given)


def find_node(github: State, node_id: str) -> Any:
    """Return the issue or pull request with a node id. Raises Refusal."""
    for item in (*github.issues.values(), *github.pulls.values()):
        if item.id == node_id:
            return item
    text = f"Could not resolve to a node with the global id of '{node_id}'"
    raise Refusal(text, "NOT_FOUND")


def _create_pull(
    github: State,
    head_ref_name: str,
    base_ref_name: str,
    title: str,
    body: str = "",
    draft: bool = False,
    **_: Any,
) -> View:
    head = head_ref_name.rpartition(":")[2]
    pull = github.open_pull(head, base_ref_name, title, body, draft)
    return {"pullRequest": show_item(github, pull)}


def _revert_pull(
    github: State,
    pull_request_id: str,
    title: str = "",
    body: str = "",
    draft: bool = False,
) -> View:
    pull = find_node(github, pull_request_id)
    if github.job_acts:
        refuse_workflow(github, pull)
    revert = github.revert(pull.number, title, body, draft)
    return {
        "pullRequest": show_item(github, pull),
        "revertPullRequest": show_item(github, revert),
    }


def _merge_pull(
    github: State,
    pull_request_id: str,
    merge_method: str = "MERGE",
    expected_head_oid: str = "",
    commit_headline: str = "",
) -> View:
    pull = find_node(github, pull_request_id)
    _ensure_head(pull, expected_head_oid)
    if github.merge_queue.enabled:
        raise Refusal("Changes must be made through the merge queue")
    refuse_workflow(github, pull)
    state = github.merge_state(pull)
    if state in MERGE_REFUSALS:
        raise Refusal(MERGE_REFUSALS[state])
    method = merge_method.lower()
    if method not in github.merge_methods:
        raise Refusal(f"{method.capitalize()} merges are not allowed on this repository.")
    github.merge(pull.number, method, commit_headline)
    return {"pullRequest": show_item(github, pull)}


def _enable_auto_merge(
    github: State,
    pull_request_id: str,
    expected_head_oid: str = "",
    **_: Any,
) -> View:
    """Let the merge queue have a pull request as soon as it can be merged."""
    pull = find_node(github, pull_request_id)
    _ensure_head(pull, expected_head_oid)
    if not github.merge_queue.enabled:
        raise Refusal("Auto merge is not allowed for this repository")
    pull.auto_merge = now()
    return {}


def _ensure_head(pull: Pull, expected: str) -> None:
    if expected and expected != pull.head_sha:
        raise Refusal("Head branch was modified. Review and try the merge again.")


def _mark_pull_ready(github: State, pull_request_id: str) -> View:
    pull = find_node(github, pull_request_id)
    pull.is_draft = False
    return {"pullRequest": show_item(github, pull)}


def _create_issue(
    github: State,
    title: str,
    body: str = "",
    label_ids: Sequence[str] = (),
    **_: Any,
) -> View:
    issue = github.open_issue(title, body)
    issue.labels = [label.removeprefix("LA_") for label in label_ids]
    return {"issue": show_item(github, issue)}


def _update_issue(
    github: State,
    id: str,  # noqa: A002 - the name in the schema
    title: str = "",
    body: str = "",
) -> View:
    issue = find_node(github, id)
    issue.title = title or issue.title
    issue.body = body or issue.body
    return {}


def _set_issue_state(
    github: State,
    issue_id: str,
    state: str,
    **_: Any,
) -> View:
    issue = find_node(github, issue_id)
    issue.state = state
    return {"issue": show_item(github, issue)}


def _add_comment(github: State, subject_id: str, body: str) -> View:
    item = find_node(github, subject_id)
    number = next(github.comment_ids)
    item.comments[number] = body
    item.comment_authors[number] = viewer(github)
    url = f"{github.repository.url}/issues/{item.number}#issuecomment-{number}"
    return {"commentEdge": {"node": {"url": url}}}


MUTATIONS: dict[str, Callable[..., View]] = {
    "addComment": _add_comment,
    "closeIssue": partial(_set_issue_state, state="CLOSED"),
    "createIssue": _create_issue,
    "createPullRequest": _create_pull,
    "enablePullRequestAutoMerge": _enable_auto_merge,
    "markPullRequestReadyForReview": _mark_pull_ready,
    "mergePullRequest": _merge_pull,
    "reopenIssue": partial(_set_issue_state, state="OPEN"),
    "revertPullRequest": _revert_pull,
    "updateIssue": _update_issue,
}
