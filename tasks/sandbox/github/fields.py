"""The fields of the GraphQL API that are not keys or attributes of their object."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .merges import changed_files
from .records import Execution, Issue, Pull, Refusal, Release, json_value
from .state import State

View = dict[str, Any]
TERM = re.compile(r'(\w+):(?:"([^"]*)"|(\S+))')
TYPES = {Execution: "CheckRun", Issue: "Issue", Pull: "PullRequest"}


def type_name(value: Any, *_: object) -> str:
    """Return the name of an object's type, where a field may have several."""
    return TYPES.get(type(value), "User")


def page(items: Sequence[Any], **options: Any) -> View:
    """Return a page of a connection. Pages go forward, even if a query asks for the `last`."""
    start = int(options.get("after") or 0)
    size = options.get("first") or options.get("last") or len(items)
    end = min(start + size, len(items))
    cursor = {"endCursor": str(end), "hasNextPage": end < len(items)}
    return {"nodes": items[start:end], "totalCount": len(items), "pageInfo": cursor}


def _user(login: str) -> View:
    return {"id": f"U_{login}", "login": login, "name": login}


def _labels(github: State, names: Iterable[str], **options: Any) -> View:
    labels = []
    for name in names:
        color, description = github.labels[name]
        shown = {"id": f"LA_{name}", "name": name, "color": color, "description": description}
        labels.append(shown)
    return page(labels, **options)


def find_node(github: State, node_id: str) -> Any:
    """Return the issue or pull request with a node id. Raises KeyError."""
    kind, _, number = node_id.partition("_")
    items: Mapping[int, Issue] = github.pulls if kind == "Pull" else github.issues
    return items[int(number)]


def _repository(
    github: State,
    _: object,
    owner: str,
    name: str,
) -> View:
    if f"{owner}/{name}".lower() != github.slug.lower():
        text = f"Could not resolve to a Repository with the name '{owner}/{name}'."
        raise Refusal(text, "NOT_FOUND")
    return {
        "id": "R_1",
        "name": github.repository.name,
        "owner": _user(github.repository.owner),
        "hasIssuesEnabled": True,
        "viewerPermission": "ADMIN",
        "mergeCommitAllowed": True,
        "rebaseMergeAllowed": True,
        "squashMergeAllowed": True,
        "defaultBranchRef": {"name": github.repository.default_branch},
    }


def _find_number(items: Mapping[int, Issue], number: int, what: str) -> Issue:
    if number not in items:
        text = f"Could not resolve to {what} with the number of {number}."
        raise Refusal(text, "NOT_FOUND")
    return items[number]


def _list(items: Mapping[int, Any], **options: Any) -> View:
    """List issues or pull requests, newest first, by states, head or base."""
    found = [items[number] for number in sorted(items, reverse=True)]
    states = options.get("states")
    if states:
        found = [item for item in found if item.state in states]
    for option, attribute in (("headRefName", "head"), ("baseRefName", "base")):
        wanted = options.get(option)
        if wanted:
            found = [item for item in found if getattr(item, attribute) == wanted]
    return page(found, **options)


def _search(
    github: State,
    _: object,
    query: str,
    **options: Any,
) -> View:
    """Search for issues, the newest first. Raises Refusal for words."""
    words = TERM.sub("", query).strip(" ()")
    if words:
        raise Refusal(f"the sandbox cannot search for words: {words}")
    found = list(github.issues.values())[::-1]
    for key, quoted, unquoted in TERM.findall(query):
        found = [issue for issue in found if SEARCH_TERMS[key](issue, quoted or unquoted)]
    return {**page(found, **options), "issueCount": len(found)}


def _release(github: State, _: object, **options: str) -> Release | None:
    return {release.tag_name: release for release in github.releases}.get(options["tagName"])


def _comments(_: State, item: Issue, **options: Any) -> View:
    author = _user(item.author)
    return page([{"body": text, "author": author} for text in item.comments.values()], **options)


def _review_decision(github: State, pull: Pull) -> str | None:
    if not github.required_reviews:
        return None
    approved = pull.approvals >= github.required_reviews
    return "APPROVED" if approved else "REVIEW_REQUIRED"


def _commits(_: State, pull: Pull, **options: Any) -> View:
    checks = list(pull.checks.values())
    rollup = {"checks": checks} if checks else None
    return page([{"commit": {"oid": pull.head_sha, "statusCheckRollup": rollup}}], **options)


def _files(github: State, pull: Pull, **options: Any) -> View:
    return page(changed_files(github.repository, pull), **options)


SEARCH_TERMS: dict[str, Callable[[Issue, str], bool]] = {
    "state": lambda issue, value: issue.state == value.upper(),
    "label": lambda issue, value: value in issue.labels,
    "created": lambda issue, value: bool(json_value(issue.created_at) >= value.removeprefix(">=")),
    "repo": lambda *_: True,
    "type": lambda *_: True,
}
FIELDS: dict[str, Callable[..., Any]] = {
    "Query.viewer": lambda github, _: _user(github.repository.owner),
    "Query.node": lambda github, _, **options: find_node(github, options["id"]),
    "Query.repository": _repository,
    "Query.search": _search,
    "Repository.pullRequest": lambda github, _, number: _find_number(
        github.pulls, number, "a PullRequest"
    ),
    "Repository.issueOrPullRequest": lambda github, _, number: _find_number(
        {**github.issues, **github.pulls}, number, "an issue or pull request"
    ),
    "Repository.pullRequests": lambda github, _, **options: _list(github.pulls, **options),
    "Repository.issues": lambda github, _, **options: _list(github.issues, **options),
    "Repository.labels": lambda github, _, **options: _labels(github, github.labels, **options),
    "Repository.release": _release,
    "Repository.releases": lambda github, _, **options: page(github.releases, **options),
    "Issue.url": lambda github, issue: f"{github.repository.url}/issues/{issue.number}",
    "Issue.updatedAt": lambda _, issue: json_value(issue.created_at),
    "Issue.author": lambda _, issue: _user(issue.author),
    "Issue.labels": lambda github, issue, **options: _labels(github, issue.labels, **options),
    "Issue.comments": _comments,
    "PullRequest.url": lambda github, pull: f"{github.repository.url}/pull/{pull.number}",
    "PullRequest.author": lambda _, pull: _user(pull.author),
    "PullRequest.comments": _comments,
    "PullRequest.baseRefName": lambda _, pull: pull.base,
    "PullRequest.headRefName": lambda _, pull: pull.head,
    "PullRequest.headRefOid": lambda _, pull: pull.head_sha,
    "PullRequest.mergeCommit": lambda _, pull: {"oid": pull.merge_sha} if pull.merge_sha else None,
    "PullRequest.mergeStateStatus": lambda github, pull: github.merge_state(pull),
    "PullRequest.reviewDecision": _review_decision,
    "PullRequest.commits": _commits,
    "PullRequest.files": _files,
    "StatusCheckRollup.contexts": lambda _, rollup, **options: page(rollup["checks"], **options),
    "CheckRun.status": lambda _, check: check.status.upper(),
    "CheckRun.conclusion": lambda _, check: check.conclusion and check.conclusion.upper(),
    "Release.databaseId": lambda _, release: release.id,
    "Release.isDraft": lambda _, release: release.draft,
    "Release.isPrerelease": lambda _, release: release.prerelease,
}
