"""GitHub's GraphQL API over the stand-in: the part of it that gh uses, in schema.graphql.

https://docs.github.com/en/graphql
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import graphql

from .job_permissions import viewer
from .mutations import MUTATIONS, find_node, mutate
from .records import Issue, Refusal, Release, is_older
from .search import search
from .state import State
from .views import View, show_item, show_label, show_release, show_repository, show_user

SCHEMA = graphql.build_schema(Path(__file__).with_name("schema.graphql").read_text("utf-8"))
# GitHub lets fields of one name differ in type between fragments, and gh relies on it.
LENIENT = "OverlappingFieldsCanBeMergedRule"
MERGES = {"mergeCommit": "merge", "rebaseMerge": "rebase", "squashMerge": "squash"}
RULES = [rule for rule in graphql.specified_rules if rule.__name__ != LENIENT]


def answer(github: State, request: Mapping[str, Any]) -> View:
    """Execute a query and return GitHub's answer: `data`, and `errors` if there are any."""
    document = graphql.parse(request["query"])
    errors = graphql.validate(SCHEMA, document, RULES)
    if errors:
        return _show_result(None, errors)
    result = graphql.execute_sync(
        SCHEMA,
        document,
        _root(github),
        variable_values=request.get("variables"),
        field_resolver=_resolve,
    )
    return _show_result(result.data, result.errors or [])


def _show_result(data: View | None, errors: list[graphql.GraphQLError]) -> View:
    if not errors:
        return {"data": data}
    return {"data": data, "errors": [_show_error(error) for error in errors]}


def _show_error(error: graphql.GraphQLError) -> View:
    return {
        "message": error.message,
        "path": error.path,
        "type": getattr(error.original_error, "kind", None),
    }


def _resolve(source: View, info: graphql.GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """Return a field of a view, or the page of it that a query asks for."""
    value = source.get(info.field_name)
    if callable(value):
        value = value(**arguments)
    if graphql.get_named_type(info.return_type).name.endswith("Connection"):
        return _page(value or [], **arguments)
    return value


def _page(items: list[Any], **options: Any) -> View:
    """Return a page of a connection. Pages go forward, even if a query asks for the `last`."""
    start = int(options.get("after") or 0)
    size = options.get("first") or options.get("last") or len(items)
    end = min(start + size, len(items))
    return {
        "nodes": items[start:end],
        "totalCount": len(items),
        "issueCount": len(items),
        "pageInfo": {"endCursor": str(end), "hasNextPage": end < len(items)},
    }


def _root(github: State) -> View:
    """Return the view of a query or mutation."""
    mutations = {}
    for name in MUTATIONS:
        mutations[name] = partial(mutate, github, name)
    return {
        "viewer": {**show_user(github.repository.owner), "login": viewer(github)},
        "node": lambda **given: show_item(github, find_node(github, given["id"])),
        "repository": partial(_show_repository, github),
        "search": partial(search, github),
        **mutations,
    }


def _show_repository(github: State, owner: str, name: str) -> View:
    if f"{owner}/{name}".lower() != github.slug.lower():
        text = f"Could not resolve to a Repository with the name '{owner}/{name}'."
        raise Refusal(text, "NOT_FOUND")
    items = {**github.issues, **github.pulls}
    return {
        **show_repository(github.repository),
        "viewerPermission": None if github.job_acts else "ADMIN",
        **{f"{name}Allowed": method in github.merge_methods for name, method in MERGES.items()},
        "object": partial(_find_commit, github),
        "mergeQueue": {"id": "MQ_1"} if github.merge_queue.enabled else None,
        "labels": [show_label(github, label) for label in github.labels],
        "release": partial(_find_release, github),
        "releases": [_show_release(github, release) for release in github.releases],
        "issues": partial(_list, github, github.issues),
        "issue": partial(_find, github, github.issues, "an Issue"),
        "issueOrPullRequest": partial(_find, github, items, "an issue or pull request"),
        "pullRequests": partial(_list, github, github.pulls),
        "pullRequest": partial(_find, github, github.pulls, "a PullRequest"),
    }


def _find(
    github: State,
    items: Mapping[int, Issue],
    what: str,
    number: int,
) -> View:
    if number not in items or not is_older(items[number].created_at, github.lag):
        text = f"Could not resolve to {what} with the number of {number}."
        raise Refusal(text, "NOT_FOUND")
    return show_item(github, items[number])


def _list(github: State, items: Mapping[int, Issue], **options: Any) -> list[View]:
    """List issues or pull requests, newest first, by states, head or base."""
    newest_first = []
    for number in sorted(items, reverse=True):
        newest_first.append(items[number])
    shown = [item for item in newest_first if is_older(item.created_at, github.lag)]
    views = [show_item(github, item) for item in shown]
    states = options.get("states")
    if states:
        views = [view for view in views if view["state"] in states]
    for name in ("headRefName", "baseRefName"):
        wanted = options.get(name)
        if wanted:
            views = [view for view in views if view[name] == wanted]
    return views


def _find_commit(github: State, oid: str = "") -> View | None:
    """Return a commit with the pull request that brought it to its base branch, if any."""
    repository = github.repository
    try:
        repository.git("rev-parse", "--verify", "--quiet", f"{oid}^{{commit}}")
    except subprocess.CalledProcessError:
        return None
    pulls = []
    for pull in github.pulls.values():
        brought = f"{pull.base_sha}..{pull.merge_sha}"
        if pull.merge_sha and oid in repository.git("rev-list", brought).split():
            pulls.append(show_item(github, pull))
    return {"__typename": "Commit", "oid": oid, "associatedPullRequests": pulls}


def _find_release(github: State, **options: str) -> View | None:
    for release in github.releases:
        if release.tag_name == options["tagName"]:
            return _show_release(github, release)
    return None


def _show_release(github: State, release: Release) -> View:
    published = []
    for one in github.releases:
        if not (one.draft or one.prerelease):
            published.append(one)
    return show_release(release, release in published[:1])
