"""What GraphQL shows of the stored records, by the names in schema.graphql.

A function in a view is called with the arguments of its field, when a query asks for the field.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from .job_permissions import viewer
from .merges import changed_files
from .records import Execution, Issue, Pull, Release, is_older, json_fields, json_value
from .repository import Repository
from .state import State

View = dict[str, Any]


def show_user(login: str) -> View:
    """Return the view of a user, or of an app, whose login in REST ends in `[bot]`."""
    if login.endswith("[bot]"):
        name = login.removesuffix("[bot]")
        return {"__typename": "Bot", "id": f"BOT_{name}", "login": name}
    return {
        "__typename": "User",
        "id": f"U_{login}",
        "login": login,
        "name": login,
    }


def show_repository(repository: Repository) -> View:
    """Return the view of a repository, without what is in it."""
    return {
        "__typename": "Repository",
        "id": "R_1",
        "name": repository.name,
        "nameWithOwner": repository.slug,
        "owner": show_user(repository.owner),
        "sshUrl": f"git@github.com:{repository.slug}.git",
        "hasIssuesEnabled": True,
        "hasWikiEnabled": False,
        "mergeCommitAllowed": True,
        "rebaseMergeAllowed": True,
        "squashMergeAllowed": True,
        "defaultBranchRef": {"name": repository.default_branch},
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


def show_release(release: Release, is_latest: bool) -> View:
    """Return the view of a release."""
    return {
        **_attributes(release),
        "databaseId": release.id,
        "isLatest": is_latest,
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
    comments = [_show_comment(github, issue, key) for key in issue.comments]
    progress = {"completed": 0, "percentCompleted": 0, "total": 0}
    return {
        **_attributes(issue),
        "__typename": "Issue",
        "id": issue.id,
        "url": f"{github.repository.url}/issues/{issue.number}",
        "repository": show_repository(github.repository),
        "updatedAt": json_value(issue.created_at),
        "author": show_user(issue.author),
        "viewerDidAuthor": issue.author == viewer(github),
        "labels": [show_label(github, name) for name in issue.labels],
        "comments": comments,
        "subIssuesSummary": progress,
    }


def _show_comment(github: State, item: Issue, key: int) -> View:
    owner = github.repository.owner
    author = item.comment_authors.get(key, owner)
    return {
        "id": f"IC_{key}",
        "fullDatabaseId": str(key),
        "body": item.comments[key],
        "author": show_user(author),
        "authorAssociation": "OWNER" if author == owner else "NONE",
        "createdAt": json_value(item.created_at),
        "includesCreatedEdit": False,
        "isMinimized": False,
        "viewerDidAuthor": author == viewer(github),
        "url": f"{github.repository.url}/issues/{item.number}#issuecomment-{key}",
    }


def _show_pull(github: State, pull: Pull) -> View:
    commit: View = {"oid": pull.head_sha}
    if pull.checks:
        checks = [_show_check(github, check) for check in pull.checks.values()]
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
        "mergeCommit": _merge_commit(github, pull),
        "maintainerCanModify": False,
        "additions": partial(_count_lines, github, pull, "additions"),
        "deletions": partial(_count_lines, github, pull, "deletions"),
        "mergeable": partial(_mergeable, github, pull),
        "mergeStateStatus": partial(github.merge_state, pull),
        "reviewDecision": _review_decision(github, pull),
        "commits": [{"commit": commit}],
        "files": partial(changed_files, github.repository, pull),
    }


def _show_auto_merge(pull: Pull) -> View | None:
    if not pull.auto_merge:
        return None
    return {"enabledAt": json_value(pull.auto_merge), "mergeMethod": "MERGE"}


def _count_lines(github: State, pull: Pull, kind: str) -> int:
    return sum(file[kind] for file in changed_files(github.repository, pull))


def _mergeable(github: State, pull: Pull) -> str:
    states = {"DIRTY": "CONFLICTING", "UNKNOWN": "UNKNOWN"}
    return states.get(github.merge_state(pull), "MERGEABLE")


def _merge_commit(github: State, pull: Pull) -> View | None:
    if not pull.merged_at or not is_older(pull.merged_at, github.lag):
        return None
    return {"oid": pull.merge_sha}


def _review_decision(github: State, pull: Pull) -> str | None:
    if not github.required_reviews:
        return None
    if pull.approvals < github.required_reviews:
        return "REVIEW_REQUIRED"
    return "APPROVED"


def _show_check(github: State, check: Execution) -> View:
    conclusion = check.conclusion or ""
    return {
        **_attributes(check),
        "__typename": "CheckRun",
        "status": check.status.upper(),
        "conclusion": conclusion.upper() or None,
        "checkSuite": {},
        "isRequired": lambda **_: check.name in github.required_checks,
    }


def _attributes(record: object) -> View:
    """Return the attributes of a record, their names in camel case."""
    attributes = json_fields(record)
    return {
        re.sub("_(.)", lambda match: match[1].upper(), name): value
        for name, value in attributes.items()
    }
