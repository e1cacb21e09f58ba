"""What clients see of `GitHub`: its REST API (https://docs.github.com/en/rest) and its GraphQL API (https://docs.github.com/en/graphql)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLResolveInfo, build_schema, graphql_sync

from .actions import Part, Run, now
from .server import Reply, Request

if TYPE_CHECKING:
    from .github import GitHub, Issue, Label, Pull, Release

SCHEMA = build_schema(
    Path(os.environ.get("DEV_SCHEMA") or Path(__file__).with_name("schema.graphql")).read_text(encoding="utf-8"), assume_valid_sdl=True
)


class Api:
    """Answers requests for one GitHub."""

    def __init__(self, github: GitHub) -> None:
        self.github = github

    def answer(self, request: Request) -> Reply:
        """Answer one request, and let what it changed take effect."""
        with self.github.lock:
            reply = self._answer(request)
        return Reply(reply.status, reply.body, {"X-Oauth-Scopes": self.github.scopes, **reply.headers})

    def _answer(self, request: Request) -> Reply:
        github, graphql = self.github, request.path == "/graphql"
        asked = request.json() if graphql else {}
        operation = re.search(r"(?:query|mutation)\s+(\w+)", asked.get("query", ""))
        github.requests.append((request.method, f"{request.path} {operation[1]}" if operation else request.path))
        if request.headers.get("authorization", "").partition(" ")[2] != github.token:
            return _error(401, "Bad credentials")
        github.sync()
        reply = self._graphql(asked) if graphql else self._rest(request)
        github.sync()
        return reply

    # GraphQL

    def _graphql(self, asked: Mapping[str, Any]) -> Reply:
        result = graphql_sync(
            SCHEMA, asked["query"], context_value=self.github, variable_values=asked.get("variables"), operation_name=asked.get("operationName"),
            field_resolver=_resolve, type_resolver=_type,
        )  # fmt: skip
        errors = [
            {"type": error.extensions.get("type") if error.extensions else None, "path": error.path, "message": error.message}
            for error in result.errors or ()
        ]
        if DEV:
            DEV(asked, errors)
        return Reply(body={"data": result.data} | ({"errors": errors} if errors else {}))

    # REST

    def _rest(self, request: Request) -> Reply:
        for method, pattern, handle in ROUTES:
            found = re.fullmatch(pattern.replace("{repo}", f"/repos/{self.github.slug}"), request.path)
            if found and method == request.method:
                try:
                    return handle(self.github, request, *found.groups())
                except KeyError:
                    break
        return _error(404, "Not Found")


DEV = None


def _error(status: int, message: str, **more: Any) -> Reply:
    return Reply(status, {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status), **more})


def _resolve(source: Any, info: GraphQLResolveInfo, **args: Any) -> Any:
    """Find a field: in FIELDS, or as an attribute of the same name; a mutation takes its input."""
    name, github = info.field_name, info.context
    from .github import Refusal

    try:
        if info.parent_type.name == "Mutation":
            return _mutate(github, name, args["input"])
        if found := FIELDS.get(f"{info.parent_type.name}.{name}") or FIELDS.get(name):
            return found(github, source, **args)
    except Refusal as error:
        raise GraphQLError(str(error), extensions={"type": error.kind}) from error
    value = source[name] if isinstance(source, Mapping) else getattr(source, _snake(name))
    return _text(value) if isinstance(value, datetime) else value


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", lambda found: "_" + found[1].lower(), name)


def _text(time: datetime | None) -> str | None:
    return time and time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _type(value: Any, *_: Any) -> str:
    names = {"Pull": "PullRequest"}
    return value["__typename"] if isinstance(value, Mapping) else names.get(type(value).__name__, type(value).__name__)


def _page(items: Sequence[Any], first: int | None = None, last: int | None = None, after: str | None = None, **_: Any) -> dict[str, Any]:
    """Return a connection: a page of the items, and where it ends."""
    start = int(after or 0) if last is None else max(0, len(items) - last)
    end = min(len(items), start + first) if first is not None else len(items)
    info = {"hasNextPage": end < len(items), "endCursor": str(end), "hasPreviousPage": start > 0, "startCursor": str(start)}
    return {"nodes": items[start:end], "edges": [{"node": x} for x in items[start:end]], "totalCount": len(items), "pageInfo": info}


def _user(login: str) -> dict[str, str]:
    return {"__typename": "User", "login": login, "id": f"U_{login}", "name": login}


def _find(github: GitHub, kind: str, number: int) -> Any:
    from .github import Refusal

    found = {"PullRequest": github.pulls, "Issue": github.issues}[kind].get(number)
    if found is None:
        raise Refusal(
            f"Could not resolve to {'an Issue' if kind == 'Issue' else 'a PullRequest'} with the number of {number}.", "NOT_FOUND"
        )
    return found


def _repository(github: GitHub, _: Any, owner: str, name: str, **__: Any) -> dict[str, Any]:
    from .github import Refusal

    if f"{owner}/{name}".lower() != github.slug.lower():
        raise Refusal(f"Could not resolve to a Repository with the name '{owner}/{name}'.", "NOT_FOUND")
    return {
        "__typename": "Repository",
        "id": "R_1",
        "name": github.name,
        "nameWithOwner": github.slug,
        "url": f"https://github.com/{github.slug}",
        "isPrivate": False,
        "viewerPermission": "ADMIN",
        "hasIssuesEnabled": True,
        "autoMergeAllowed": github.auto_merge_allowed,
        "isArchived": False,
        "mergeCommitAllowed": "merge" in github.merge_methods,
        "squashMergeAllowed": "squash" in github.merge_methods,
        "rebaseMergeAllowed": "rebase" in github.merge_methods,
        "owner": _user(github.owner),
        "parent": None,
        "defaultBranchRef": {"name": github.default_branch},
        "hasWikiEnabled": True,
        "description": "",
        "visibility": "PUBLIC",
        "viewerDefaultMergeMethod": "MERGE",
        "createdAt": "2025-01-01T00:00:00Z",
        "deleteBranchOnMerge": False,
    }


def _pulls(
    github: GitHub, _: Any, states: Sequence[str] = (), headRefName: str | None = None, baseRefName: str | None = None, **page: Any
) -> Any:
    wanted = [
        p
        for p in github.pulls.values()
        if p.state in (states or [p.state]) and headRefName in (None, p.head_ref_name) and baseRefName in (None, p.base_ref_name)
    ]
    return _page(sorted(wanted, key=lambda pull: -pull.number), **page)


def _issues(github, _, states=(), labels=None, filterBy=None, **page):
    wanted = [i for i in github.issues.values() if i.state in (states or [i.state]) and (not labels or set(labels) & set(i.labels))]
    return _page(sorted(wanted, key=lambda x: -x.number), **page)


def _files(github, pull, **page):
    base, head = (pull.before, pull.merge_commit) if pull.merge_commit else (f"refs/heads/{pull.base_ref_name}...{pull.head_ref_oid}", "")
    lines = github.git("diff", "--numstat", *filter(None, [base, head])).splitlines()
    return _page([{"additions": int(a), "deletions": int(d), "path": path} for a, d, path in (line.split("\t") for line in lines)], **page)


def _commits(github, pull, **page):
    return _page([{"commit": {"oid": pull.head_ref_oid, "statusCheckRollup": _rollup(github, pull)}}], **page)


def _rollup(github, pull):
    checks = list(github.checks[pull.head_ref_oid].values())
    if not checks:
        return None
    ends = {c.conclusion or "PENDING" for c in checks}
    return {
        "state": "SUCCESS",
        "contexts": lambda **page: _page(
            [
                {
                    "__typename": "CheckRun",
                    "name": c.name,
                    "status": c.status.upper(),
                    "conclusion": c.conclusion and c.conclusion.upper(),
                    "startedAt": _text(c.started_at),
                    "completedAt": _text(c.completed_at),
                    "detailsUrl": "",
                    "checkSuite": {"workflowRun": None},
                    "isRequired": c.name in github.required_checks,
                }
                for c in checks
            ],
            **page,
        ),
    }


def _node(github, id):
    kind, _, number = id.partition("_")
    return _find(github, {"PR": "PullRequest", "I": "Issue"}[kind], int(number))


FIELDS: dict[str, Any] = {
    "repository": _repository,
    "viewer": lambda g, _: _user(g.login),
    "node": lambda g, _, id: _node(g, id),
    "pullRequest": lambda g, _, number=None: _find(g, "PullRequest", number),
    "issue": lambda g, _, number: _find(g, "Issue", number),
    "pullRequests": _pulls,
    "issues": _issues,
    "PullRequest.id": lambda g, p: f"PR_{p.number}",
    "PullRequest.url": lambda g, p: f"https://github.com/{g.slug}/pull/{p.number}",
    "Issue.id": lambda g, p: f"I_{p.number}",
    "Issue.url": lambda g, p: f"https://github.com/{g.slug}/issues/{p.number}",
    "author": lambda g, p: _user(p.author),
    "mergeCommit": lambda g, p: p.merge_commit and {"oid": p.merge_commit} or None,
    "mergeStateStatus": lambda g, p: g.merge_state(p),
    "mergeable": lambda g, p: {"UNKNOWN": "UNKNOWN", "DIRTY": "CONFLICTING"}.get(g.merge_state(p), "MERGEABLE"),
    "reviewDecision": lambda g, p: (
        None if not g.required_reviews else "APPROVED" if p.approvals >= g.required_reviews else "REVIEW_REQUIRED"
    ),
    "files": _files,
    "commits": _commits,
    "PullRequest.labels": lambda g, p, **a: _page([g.labels[x] for x in p.labels], **a),
    "Issue.labels": lambda g, p, **a: _page([g.labels[x] for x in p.labels], **a),
    "Label.id": lambda g, l: f"LA_{l.name}",
    "headRepositoryOwner": lambda g, p: _user(g.owner),
    "headRepository": lambda g, p: _repository(g, None, g.owner, g.name),
    "isCrossRepository": lambda g, p: False,
    "isInMergeQueue": lambda g, p: False,
    "isMergeQueueEnabled": lambda g, p: False,
    "Repository.labels": lambda g, _, **a: _page(list(g.labels.values()), **a),
    "contexts": lambda g, x, **a: x["contexts"](**a),
    "isRequired": lambda g, x, **a: x["isRequired"],
    "comments": lambda g, x, **a: _page([{"body": b, "url": "", "id": "", "author": _user(x.author)} for b in x.comments], **a),
    "assignees": lambda g, x, **a: _page([], **a),
    "assignedActors": lambda g, x, **a: _page([], **a),
}


def _mutate(github, name, given):
    from .github import Refusal

    x = lambda key: _node(github, given[key])
    match name:
        case "createPullRequest":
            return {
                "pullRequest": github.open_pull(
                    given["headRefName"].split(":")[-1], given["baseRefName"], given["title"], given.get("body", ""), draft=given["draft"]
                )
            }
        case "revertPullRequest":
            pull = x("pullRequestId")
            return {
                "pullRequest": pull,
                "revertPullRequest": github.revert(pull.number, given.get("title", ""), given.get("body", ""), given["draft"]),
            }
        case "mergePullRequest":
            pull = x("pullRequestId")
            method = given["mergeMethod"].lower()
            if pull.is_draft:
                raise Refusal("Pull Request is still a draft")
            if given.get("expectedHeadOid", pull.head_ref_oid) != pull.head_ref_oid:
                raise Refusal("Head branch was modified. Review and try the merge again.")
            if method not in github.merge_methods:
                raise Refusal(
                    {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}[method]
                    + " are not allowed on this repository."
                )
            if o := github.obstacles(pull):
                raise Refusal(o[0])
            github.merge(pull.number, method, given.get("commitHeadline", ""), given.get("commitBody", ""))
            return {"pullRequest": pull, "clientMutationId": None}
        case "enablePullRequestAutoMerge":
            pull = x("pullRequestId")
            if not github.auto_merge_allowed:
                raise Refusal("Auto merge is not allowed for this repository")
            state = github.merge_state(pull)
            if state in ("CLEAN", "UNSTABLE"):
                raise Refusal(f"Pull request Pull request is in {state.lower()} status")
            pull.auto_merge = given["mergeMethod"].lower()
            return {"pullRequest": pull, "clientMutationId": None}
        case "markPullRequestReadyForReview":
            x("pullRequestId").is_draft = False
            return {"pullRequest": x("pullRequestId")}
        case "closePullRequest":
            p = x("pullRequestId")
            p.state, p.closed_at = "CLOSED", now()
            return {"pullRequest": p}
        case _:
            raise Refusal(f"No such mutation {name}: {given}")


def _run(g, r):
    return {
        "id": r.id,
        "name": r.name,
        "display_title": g.git("log", "-1", "--format=%s", r.sha),
        "path": r.path,
        "head_branch": r.context["github"]["ref_name"],
        "head_sha": r.sha,
        "run_number": r.number,
        "run_attempt": 1,
        "event": r.event,
        "status": r.status,
        "conclusion": r.conclusion,
        "workflow_id": g.workflow_ids.index(r.path) + 1,
        "created_at": _text(r.created_at),
        "updated_at": _text(r.completed_at or now()),
        "run_started_at": _text(r.created_at),
        "html_url": f"https://github.com/{g.slug}/actions/runs/{r.id}",
        "url": f"https://api.github.com/repos/{g.slug}/actions/runs/{r.id}",
        "jobs_url": f"https://api.github.com/repos/{g.slug}/actions/runs/{r.id}/jobs",
        "actor": {"login": g.login},
        "head_repository": {"name": g.name, "owner": {"login": g.owner}},
        "repository": {"name": g.name, "owner": {"login": g.owner}},
    }


def _runs(g, q, file=None):
    path = file and _path(g, file)
    f = q.query
    runs = [
        r
        for r in map(lambda r: _run(g, r), g.runs)
        if (not path or r["path"] == path)
        and f.get("branch", r["head_branch"]) == r["head_branch"]
        and f.get("event", r["event"]) == r["event"]
        and f.get("status", r["status"]) in (r["status"], r["conclusion"])
        and f.get("head_sha", r["head_sha"]) == r["head_sha"]
    ]
    n, page = int(f.get("per_page", 30)), int(f.get("page", 1))
    return Reply(body={"total_count": len(runs), "workflow_runs": runs[(page - 1) * n : page * n]})


def _path(g, file):
    known = list(g.workflows(g.default_branch))
    path = g.workflow_ids[int(file) - 1] if file.isdecimal() else f".github/workflows/{file}"
    if path not in known:
        raise KeyError(file)
    return path


def _workflow(g, path):
    spec = g.workflows(g.default_branch)[path]
    return {
        "id": g.workflow_ids.index(path) + 1,
        "node_id": "W",
        "name": spec.get("name", path),
        "path": path,
        "state": "active",
        "html_url": f"https://github.com/{g.slug}/blob/{g.default_branch}/{path}",
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
    }


def _part(p, **more):
    return {
        "id": p.id,
        "name": p.name,
        "status": p.status,
        "conclusion": p.conclusion,
        "started_at": _text(p.started_at),
        "completed_at": _text(p.completed_at),
        **more,
    }


def _jobs(g, q, id):
    run = next(r for r in g.runs if r.id == int(id))
    return Reply(
        body={
            "total_count": len(run.parts),
            "jobs": [
                _part(j, run_id=run.id, html_url="", steps=[_part(s, number=s.id) for s in j.parts.values()]) for j in run.parts.values()
            ],
        }
    )


def _dispatch(g, q, file):
    from .github import Refusal

    body = q.json()
    try:
        run = g.dispatch(_path(g, file), body["ref"], body.get("inputs", {}))
    except Refusal as e:
        return _error(422, str(e))
    return Reply(204)


ROUTES = [
    ("GET", "/", lambda g, q: Reply(body={"current_user_url": "https://api.github.com/user"})),
    ("GET", "/user", lambda g, q: Reply(body={"login": g.login})),
    (
        "GET",
        "{repo}",
        lambda g, q: Reply(
            body={"name": g.name, "full_name": g.slug, "default_branch": g.default_branch, "owner": {"login": g.owner}, "private": False}
        ),
    ),
    (
        "GET",
        "{repo}/actions/workflows",
        lambda g, q: Reply(body={"total_count": 1, "workflows": [_workflow(g, p) for p in g.workflows(g.default_branch)]}),
    ),
    ("GET", r"{repo}/actions/workflows/([^/]+)", lambda g, q, f: Reply(body=_workflow(g, _path(g, f)))),
    ("GET", r"{repo}/actions/workflows/([^/]+)/runs", _runs),
    ("GET", r"{repo}/actions/runs", _runs),
    ("GET", r"{repo}/actions/runs/(\d+)", lambda g, q, i: Reply(body=_run(g, next(r for r in g.runs if r.id == int(i))))),
    ("GET", r"{repo}/actions/runs/(\d+)/jobs", _jobs),
    ("GET", r"{repo}/check-runs/(\d+)/annotations", lambda g, q, i: Reply(body=[])),
    ("POST", r"{repo}/actions/workflows/([^/]+)/dispatches", _dispatch),
    (
        "DELETE",
        r"{repo}/git/refs/(heads|tags)/(.+)",
        lambda g, q, k, n: Reply(204) if g.git("update-ref", "-d", f"refs/{k}/{n}") == "" else None,
    ),
]
