"""What GraphQL shows of the stored records, by the names in schema.graphql.

A function in a view is called with the arguments of its field, when a query asks for the field.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from .merges import changed_files
from .records import Execution, Issue, Pull, Release, json_fields, json_value
from .state import State

View = dict[str, Any]


def show_user(login: str) -> View:
    """Return the view of a user, or of an app, whose login in REST ends in `[bot]`."""
    if login.endswith("[bot]"):
        return {"__typename": "Bot", "login": login.removesuffix("[bot]")}
    return {
        "__typename": "User",
        "id": f"U_{login}",
        "login": login,
        "name": login,
    }


def show_label(github: State, name: str) -> View:
    """Return the view of one of the repository's labels."""
    color, description = github.labels[name]
    return {
        "id": f"LA_{name}",
        "name": name,
        "color": color,
        "description": description,
    }


def show_release(release: Release) -> View:
    """Return the view of a release."""
    return {
        **_attributes(release),
        "databaseId": release.id,
        "isDraft": release.draft,
        "isPrerelease": release.prerelease,
        "publishedAt": json_value(release.published_at),
    }


def show_item(github: State, item: Issue) -> View:
    """Return the view of an issue or pull request."""
    if isinstance(item, Pull):
        return _show_pull(github, item)
    return _show_issue(github, item)


def _show_issue(github: State, issue: Issue) -> View:
    viewer = github.repository.owner
    comments = [_show_comment(issue, number, viewer) for number in issue.comments]
    return {
        **_attributes(issue),
        "__typename": "Issue",
        "id": issue.id,
        "url": f"{github.repository.url}/issues/{issue.number}",
        "updatedAt": json_value(issue.created_at),
        "author": show_user(issue.author),
        "viewerDidAuthor": issue.author == viewer,
        "labels": [show_label(github, name) for name in issue.labels],
        "comments": comments,
    }


def _show_comment(issue: Issue, number: int, viewer: str) -> View:
    author = issue.comment_authors.get(number, viewer)
    return {
        "fullDatabaseId": str(number),
        "body": issue.comments[number],
        "author": show_user(author),
        "viewerDidAuthor": author == viewer,
    }


def _show_pull(github: State, pull: Pull) -> View:
    commit: View = {"oid": pull.head_sha}
    if pull.checks:
        checks = [_show_check(check) for check in pull.checks.values()]
        commit["statusCheckRollup"] = {"contexts": checks}
    return {
        **_show_issue(github, pull),
        "__typename": "PullRequest",
        "url": f"{github.repository.url}/pull/{pull.number}",
        "baseRefName": pull.base,
        "headRefName": pull.head,
        "headRefOid": pull.head_sha,
        "headRepositoryOwner": show_user(pull.fork or github.repository.owner),
        "isCrossRepository": bool(pull.fork),
        "isInMergeQueue": bool(pull.queued_at),
        "isMergeQueueEnabled": github.merge_queue.enabled,
        "autoMergeRequest": _show_auto_merge(pull),
        "mergeCommit": {"oid": pull.merge_sha} if pull.merge_sha else None,
        "mergeStateStatus": partial(github.merge_state, pull),
        "reviewDecision": _review_decision(github, pull),
        "commits": [{"commit": commit}],
        "files": partial(changed_files, github.repository, pull),
    }


def _show_auto_merge(pull: Pull) -> View | None:
    if not pull.auto_merge:
        return None
    return {"enabledAt": json_value(pull.auto_merge)}


def _review_decision(github: State, pull: Pull) -> str | None:
    if not github.required_reviews:
        return None
    if pull.approvals < github.required_reviews:
        return "REVIEW_REQUIRED"
    return "APPROVED"


def _show_check(check: Execution) -> View:
    conclusion = check.conclusion or ""
    return {
        **_attributes(check),
        "__typename": "CheckRun",
        "status": check.status.upper(),
        "conclusion": conclusion.upper() or None,
    }


def _attributes(record: object) -> View:
    """Return the attributes of a record, their names in camel case."""
    attributes = json_fields(record)
    return {
        re.sub("_(.)", lambda match: match[1].upper(), name): value
        for name, value in attributes.items()
    }
