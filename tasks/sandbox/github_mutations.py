"""The mutations of GitHub's stand-in that gh uses: https://docs.github.com/en/graphql/reference/mutations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .records import Refusal, now

if TYPE_CHECKING:
    from .github import GitHub


def find(github: GitHub, name: str) -> Any:
    """Return what a node id names. Raises KeyError."""
    kind, _, number = name.partition("_")
    return (github.pulls if kind == "PR" else github.issues)[int(number)]


def short(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is given, unless its text is longer than GitHub takes."""
    if len(given.get("body") or "") > 65536:
        raise Refusal("Body is too long (maximum is 65536 characters)")
    return given


def _merge(github: GitHub, given: Mapping[str, Any]) -> dict[str, Any]:
    pull, method = find(github, given["pullRequestId"]), (given.get("mergeMethod") or "MERGE").lower()
    names = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}
    obstacles = github.obstacles(pull)
    if pull.is_draft:
        raise Refusal("Pull Request is still a draft")
    if (given.get("expectedHeadOid") or pull.head_sha) != pull.head_sha:
        raise Refusal("Head branch was modified. Review and try the merge again.")
    if method not in github.merge_methods:
        raise Refusal(f"{names[method]} are not allowed on this repository.")
    if obstacles:
        raise Refusal(obstacles[0])
    github.merge(pull.number, method, given.get("commitHeadline") or "", given.get("commitBody") or "")
    return {"pullRequest": pull}


def _auto_merge(github: GitHub, given: Mapping[str, Any]) -> dict[str, Any]:
    pull = find(github, given["pullRequestId"])
    if not github.auto_merge_allowed:
        raise Refusal("Auto merge is not allowed for this repository")
    if github.merge_state(pull) in ("CLEAN", "UNSTABLE"):
        raise Refusal(f"Pull request Pull request is in {github.merge_state(pull).lower()} status")
    pull.auto_merge = given["mergeMethod"].lower()
    return {"pullRequest": pull}


def _open_pull(github: GitHub, given: Mapping[str, Any]) -> dict[str, Any]:
    head, draft = given["headRefName"].rpartition(":")[2], bool(given.get("draft"))
    return {"pullRequest": github.open_pull(head, given["baseRefName"], given["title"], given.get("body") or "", draft=draft)}


def _open_issue(github: GitHub, given: Mapping[str, Any]) -> dict[str, Any]:
    issue = github.open_issue(given["title"], given.get("body") or "")
    issue.labels = [name.removeprefix("LA_") for name in given.get("labelIds") or []]
    return {"issue": issue}


def _update(github: GitHub, given: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Change what `given` names and what `changes` say; a pull request answers under its own name."""
    item = find(
        github, next(value for key, value in given.items() if key in ("id", "issueId", "pullRequestId", "subjectId", "labelableId"))
    )
    for name, value in {**{key: given[key] for key in ("title", "body") if given.get(key) is not None}, **changes}.items():
        setattr(item, name, value)
    return {"issue": item, "pullRequest": item}


def _comment(github: GitHub, given: Mapping[str, Any]) -> dict[str, Any]:
    item, github.next_comment = find(github, given["subjectId"]), github.next_comment + 1
    item.comments[github.next_comment] = given["body"]
    url = f"https://github.com/{github.slug}/issues/{item.number}#issuecomment-{github.next_comment}"
    return {"commentEdge": {"node": {"url": url}}}


def _add_labels(github: GitHub, given: Mapping[str, Any]) -> dict[str, Any]:
    item = find(github, given["labelableId"])
    item.labels += [name for label in given["labelIds"] if (name := label.removeprefix("LA_")) not in item.labels]
    return {"__typename": "AddLabelsToLabelablePayload"}


def _remove_labels(github: GitHub, given: Mapping[str, Any]) -> dict[str, Any]:
    item = find(github, given["labelableId"])
    item.labels = [name for name in item.labels if f"LA_{name}" not in given["labelIds"]]
    return {"__typename": "RemoveLabelsFromLabelablePayload"}


def _review(github: GitHub, given: Mapping[str, Any]) -> dict[str, Any]:
    if given.get("event") == "APPROVE":
        github.approve(find(github, given["pullRequestId"]).number)
    return {"__typename": "AddPullRequestReviewPayload"}


def _revert(github: GitHub, given: Mapping[str, Any]) -> dict[str, Any]:
    pull = find(github, given["pullRequestId"])
    made = github.revert(pull.number, given.get("title") or "", given.get("body") or "", bool(given.get("draft")))
    return {"pullRequest": pull, "revertPullRequest": made}


MUTATIONS: dict[str, Callable[[Any, Mapping[str, Any]], dict[str, Any]]] = {
    "createPullRequest": _open_pull,
    "revertPullRequest": _revert,
    "mergePullRequest": _merge,
    "enablePullRequestAutoMerge": _auto_merge,
    "markPullRequestReadyForReview": lambda g, x: _update(g, x, is_draft=False),
    "closePullRequest": lambda g, x: _update(g, x, state="CLOSED", closed_at=now()),
    "createIssue": _open_issue,
    "updateIssue": _update,
    "closeIssue": lambda g, x: _update(g, x, state="CLOSED", closed_at=now(), state_reason=x.get("stateReason") or "COMPLETED"),
    "reopenIssue": lambda g, x: _update(g, x, state="OPEN", closed_at=None, state_reason="REOPENED"),
    "addComment": _comment,
    "addLabelsToLabelable": _add_labels,
    "removeLabelsFromLabelable": _remove_labels,
    "addPullRequestReview": _review,
}
