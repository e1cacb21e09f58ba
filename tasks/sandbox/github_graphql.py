"""GitHub's GraphQL API (https://docs.github.com/en/graphql) over the stand-in: the slice of it that gh asks for, in schema.graphql."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    build_schema,
    execute_sync,
    parse,
    specified_rules,
    validate,
)

from .github_mutations import MUTATIONS, find, short
from .records import Issue, Pull, Refusal, moment

if TYPE_CHECKING:
    from .github import GitHub

SCHEMA = build_schema(Path(__file__).with_name("schema.graphql").read_text(encoding="utf-8"))
# GitHub lets fields of one name differ in type between fragments, and gh relies on it.
RULES = [rule for rule in specified_rules if rule.__name__ != "OverlappingFieldsCanBeMergedRule"]
NAMES = ("id", "issueId", "pullRequestId")
TYPES = {"Pull": "PullRequest", "Part": "CheckRun"}
ALIASES = {
    "updatedAt": "created_at",
    "headRefName": "head",
    "baseRefName": "base",
    "headRefOid": "head_sha",
    "isPrerelease": "prerelease",
    "isDraft": "is_draft",
}


def answer(github: GitHub, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Execute a query and return GitHub's answer: `data`, and `errors` if there are any."""
    document = parse(asked["query"])
    result = ExecutionResult(None, validate(SCHEMA, document, RULES))
    if not result.errors:
        result = execute_sync(
            SCHEMA, document, context_value=github, variable_values=asked.get("variables"), operation_name=asked.get("operationName"),
            field_resolver=_resolve, type_resolver=lambda value, *_: _type(value),
        )  # fmt: skip
    errors = [{"message": e.message, "path": e.path, "type": (e.extensions or {}).get("type")} for e in result.errors or ()]
    return {"data": result.data} | ({"errors": errors} if errors else {})


def _type(value: Any) -> str:
    return str(value["__typename"]) if isinstance(value, Mapping) else TYPES.get(type(value).__name__, type(value).__name__)


def _resolve(source: Any, info: GraphQLResolveInfo[GitHub], **args: Any) -> Any:
    """Find a field: in FIELDS, among MUTATIONS, or as an attribute or a key of the same name."""
    name, github = info.field_name, info.context
    try:
        if info.parent_type.name == "Mutation":
            github.demand("pull_requests" if "PullRequest" in name else "issues")
            return MUTATIONS[name](github, short(args["input"]))
        if found := FIELDS.get(f"{info.parent_type.name}.{name}") or FIELDS.get(name):
            return found(github, source, **args)
    except Refusal as error:
        raise GraphQLError(str(error), extensions={"type": error.kind}) from error
    if isinstance(source, Mapping):
        return source.get(name)
    value = getattr(source, ALIASES.get(name) or re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower(), None)
    return moment(value) if isinstance(value, datetime) else value


def _page(items: Sequence[Any], first: int | None = None, last: int | None = None, after: str | None = None, **_: Any) -> dict[str, Any]:
    """Return a connection: a page of the items, and where it ends."""
    start = int(after or 0) if last is None else max(0, len(items) - last)
    end = min(len(items), start + first) if first is not None else len(items)
    nodes = items[start:end]
    info = {"hasNextPage": end < len(items), "endCursor": str(end), "hasPreviousPage": start > 0, "startCursor": str(start)}
    return {"nodes": nodes, "edges": [{"node": node} for node in nodes], "totalCount": len(items), "pageInfo": info}


def _user(login: str) -> dict[str, str]:
    return {"__typename": "User", "login": login, "id": f"U_{login}", "name": login}


def _repository(github: GitHub, owner: str, name: str) -> dict[str, Any]:
    if f"{owner}/{name}".lower() != github.slug.lower():
        raise Refusal(f"Could not resolve to a Repository with the name '{owner}/{name}'.", "NOT_FOUND")
    return {
        "__typename": "Repository", "id": "R_1", "name": github.name, "nameWithOwner": github.slug, "url": f"https://github.com/{github.slug}",
        "isPrivate": False, "viewerPermission": "ADMIN", "hasIssuesEnabled": True, "isArchived": False, "owner": _user(github.owner),
        "autoMergeAllowed": github.auto_merge_allowed, "defaultBranchRef": {"name": github.default_branch}, "visibility": "PUBLIC",
        **{f"{method}Allowed": method.removesuffix("Commit") in github.merge_methods for method in ("mergeCommit",)},
        **{f"{method}MergeAllowed": method in github.merge_methods for method in ("squash", "rebase")},
        "viewerDefaultMergeMethod": "MERGE", "deleteBranchOnMerge": False, "issueTemplates": [], "mergeQueue": None,
    }  # fmt: skip


def _numbered(found: Mapping[int, Any], what: str, number: int) -> Any:
    if number not in found:
        raise Refusal(f"Could not resolve to {what} with the number of {number}.", "NOT_FOUND")
    return found[number]


def _listed(items: Mapping[int, Issue], states: Sequence[str] | None, **asked: Any) -> Any:
    """Return the newest first of those in the wanted states, of the wanted head, base and labels."""
    head, base, labels = (asked.pop(name, None) for name in ("headRefName", "baseRefName", "labels"))
    wanted = [
        item
        for item in sorted(items.values(), key=lambda item: -item.number)
        if item.state in (states or [item.state])
        and set(labels or []) <= set(item.labels)
        and (not isinstance(item, Pull) or (head or item.head, base or item.base) == (item.head, item.base))
    ]
    return _page(wanted, **asked)


def _searched(github: GitHub, query: str, first: int | None = None, last: int | None = None, after: str | None = None, **_: Any) -> Any:
    """Search issues as https://docs.github.com/en/search-github describes: words, `state:`, `label:`, `created:>=`.

    A search's pages go forward, also where gh asks for the `last`: it reads on while there is a next page.
    """
    terms = re.findall(r'(\w+):(?:"([^"]*)"|(\S+))|"([^"]*)"|(\S+)', query)
    found = [*github.issues.values()] if "is:pr" not in query and "type:pr" not in query else [*github.pulls.values()]
    for key, quoted, plain, phrase, word in terms:
        value = quoted or plain
        if key == "state":
            found = [item for item in found if item.state == value.upper()]
        elif key == "label":
            found = [item for item in found if value in item.labels]
        elif key == "created":
            found = [item for item in found if moment(item.created_at) >= value.lstrip(">=")]
        elif text := phrase or word:
            alternatives = [text.strip("()")] if text not in ("OR", "AND") else [""]
            found = [item for item in found if any(word.lower() in f"{item.title} {item.body}".lower() for word in alternatives)]
    return {**_page(sorted(found, key=lambda item: -item.number), first or last, after=after), "issueCount": len(found)}


def _rollup(github: GitHub, pull: Pull) -> dict[str, Any] | None:
    checks = list(github.checks[pull.head_sha].values())
    good = all(check.conclusion == "success" for check in checks)
    return {"state": "SUCCESS" if good else "PENDING", "checks": checks} if checks else None


def _files(github: GitHub, pull: Pull, **asked: Any) -> Any:
    between = [pull.before, pull.merge_sha] if pull.merge_sha else [f"{pull.base}...{pull.head_sha}"]
    lines = [line.split("\t") for line in github.git("diff", "--numstat", *between).splitlines()]
    return _page(
        [{"additions": int(more), "deletions": int(less), "path": path, "changeType": "MODIFIED"} for more, less, path in lines], **asked
    )


def _review(github: GitHub, pull: Pull) -> str | None:
    return ("APPROVED" if pull.approvals >= github.required_reviews else "REVIEW_REQUIRED") if github.required_reviews else None


FIELDS: dict[str, Callable[..., Any]] = {
    "repository": lambda g, _, owner, name, **__: _repository(g, owner, name),
    "viewer": lambda g, _: _user(g.owner),
    "Query.node": lambda g, _, **a: find(g, a["id"]),
    "search": lambda g, _, query, **a: _searched(g, query, **a),
    "Repository.pullRequest": lambda g, _, number: _numbered(g.pulls, "a PullRequest", number),
    "Repository.issue": lambda g, _, number: _numbered(g.issues, "an Issue", number),
    "Repository.issueOrPullRequest": lambda g, _, number: _numbered({**g.issues, **g.pulls}, "an issue or pull request", number),
    "Repository.pullRequests": lambda g, _, states=None, **a: _listed(g.pulls, states, **a),
    "Repository.issues": lambda g, _, states=None, **a: _listed(g.issues, states, **a),
    "Repository.labels": lambda g, _, **a: _page([_label(g, name) for name in g.labels], **a),
    "Repository.releases": lambda g, _, **a: _page(g.releases, **a),
    "Repository.release": lambda g, _, **a: next((r for r in g.releases if r.tag_name == a["tagName"]), None),
    "Repository.latestRelease": lambda g, _: next((r for r in g.releases if not r.draft and not r.prerelease), None),
    "Release.isLatest": lambda g, r: r is next((x for x in g.releases if not x.draft and not x.prerelease), None),
    "Release.isDraft": lambda _, r: r.draft,
    "Release.databaseId": lambda _, r: r.id,
    "Release.publishedAt": lambda _, r: None if r.draft else moment(r.created_at),
    "Release.description": lambda _, r: r.body,
    "PullRequest.id": lambda _, pull: f"PR_{pull.number}",
    "Issue.id": lambda _, issue: f"I_{issue.number}",
    "PullRequest.url": lambda g, pull: f"https://github.com/{g.slug}/pull/{pull.number}",
    "Issue.url": lambda g, issue: f"https://github.com/{g.slug}/issues/{issue.number}",
    "PullRequest.author": lambda _, item: _user(item.author),
    "Issue.author": lambda _, item: _user(item.author),
    "labels": lambda g, item, **a: _page([_label(g, name) for name in item.labels], **a),
    "comments": lambda _, item, **a: _page([{"body": text, "author": _user(item.author)} for text in item.comments.values()], **a),
    "mergeCommit": lambda _, pull: {"oid": pull.merge_sha} if pull.merge_sha else None,
    "mergeStateStatus": lambda g, pull: g.merge_state(pull),
    "mergeable": lambda g, pull: {"UNKNOWN": "UNKNOWN", "DIRTY": "CONFLICTING"}.get(g.merge_state(pull), "MERGEABLE"),
    "reviewDecision": _review,
    "files": _files,
    "PullRequest.commits": lambda g, pull, **a: _page([{"commit": {"oid": pull.head_sha, "statusCheckRollup": _rollup(g, pull)}}], **a),
    "contexts": lambda _, rollup, **a: _page(rollup["checks"], **a),
    "CheckRun.status": lambda _, check: check.status.upper(),
    "CheckRun.conclusion": lambda _, check: check.conclusion and check.conclusion.upper(),
    "headRepositoryOwner": lambda g, _: _user(g.owner),
    "headRepository": lambda g, _: _repository(g, g.owner, g.name),
    "isCrossRepository": lambda *_: False,
    "isInMergeQueue": lambda *_: False,
    "isMergeQueueEnabled": lambda *_: False,
}


def _label(github: GitHub, name: str) -> dict[str, str]:
    color, description = github.labels[name]
    return {"__typename": "Label", "id": f"LA_{name}", "name": name, "color": color, "description": description}
