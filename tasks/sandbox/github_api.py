"""What clients see of GitHub's stand-in: its REST API (https://docs.github.com/en/rest), and the way to its GraphQL API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from . import github_graphql
from .actions import Part, Run
from .records import Refusal, Release, moment, now
from .server import Reply, Request

if TYPE_CHECKING:
    from .github import GitHub


class Api:
    """Answers requests for one repository."""

    def __init__(self, github: GitHub) -> None:
        self.github = github

    def answer(self, request: Request) -> Reply:
        """Answer one request, and let what it changed take effect."""
        github, graphql = self.github, request.path == "/graphql"
        asked = request.json() if graphql else {}
        operation = re.search(r"(?:query|mutation)\s+(\w+)", asked.get("query", ""))
        github.requests.append((request.method, f"{request.path} {operation[1]}" if operation else request.path))
        if request.headers.get("authorization", "").partition(" ")[2] != github.token:
            return _error(401, "Bad credentials")
        with github.lock:
            github.sync()
            reply = Reply(body=github_graphql.answer(github, asked)) if graphql else self._rest(request)
            github.sync()
        return Reply(reply.status, reply.body, {"X-Oauth-Scopes": github.scopes, **reply.headers})

    def _rest(self, request: Request) -> Reply:
        prefix = f"/repos/{self.github.slug}"
        for route, handle in ROUTES.items():
            method, _, pattern = route.partition(" ")
            found = re.fullmatch(pattern.replace("{repo}", prefix), request.path, re.I)
            if found and method == request.method:
                try:
                    return _reply(handle(self.github, request, *map(unquote, found.groups())))
                except Refusal as error:
                    return _error(403 if error.kind == "FORBIDDEN" else 422, str(error))
                except (LookupError, StopIteration):
                    break
        return _error(404, "Not Found")


def _reply(answer: Any) -> Reply:
    return answer if isinstance(answer, Reply) else Reply(body=answer) if answer is not None else Reply(204)


def _error(status: int, message: str, **more: Any) -> Reply:
    return Reply(status, {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status), **more})


def _run(github: GitHub, run: Run) -> dict[str, Any]:
    repository = {"name": github.name, "full_name": github.slug, "owner": {"login": github.owner}}
    return {
        "id": run.id, "name": run.name, "path": run.path, "head_branch": run.head_branch, "head_sha": run.head_sha, "event": run.event,
        "display_title": github.git("log", "-1", "--format=%s", run.head_sha), "run_number": run.run_number, "run_attempt": 1,
        "status": run.status, "conclusion": run.conclusion, "workflow_id": github.workflow_ids.index(run.path) + 1,
        "created_at": moment(run.created_at), "run_started_at": moment(run.created_at), "updated_at": moment(run.completed_at or now()),
        "html_url": f"https://github.com/{github.slug}/actions/runs/{run.id}", "head_repository": repository, "repository": repository,
        "url": f"https://api.github.com/repos/{github.slug}/actions/runs/{run.id}",
        "jobs_url": f"https://api.github.com/repos/{github.slug}/actions/runs/{run.id}/jobs", "actor": {"login": github.owner},
    }  # fmt: skip


def _find_run(github: GitHub, number: str) -> Run:
    return {run.id: run for run in github.runs}[int(number)]


def _runs(github: GitHub, request: Request, file: str = "") -> dict[str, Any]:
    """List runs, filtered by `branch`, `event`, `status` (or conclusion), `head_sha` and a `created` lower bound."""
    path, asked = file and _path(github, file), request.query
    runs = [
        run
        for run in (_run(github, run) for run in github.runs if not path or run.path == path)
        if all(asked.get(query, run[key]) == run[key] for query, key in (("branch", "head_branch"), ("event", "event"), ("head_sha",) * 2))
        and asked.get("status", run["status"]) in (run["status"], run["conclusion"])
        and run["created_at"] >= asked.get("created", "").lstrip(">=")
    ]
    size, page = int(asked.get("per_page", 30)), int(asked.get("page", 1))
    return {"total_count": len(runs), "workflow_runs": runs[(page - 1) * size : page * size]}


def _path(github: GitHub, file: str) -> str:
    known = list(github.workflows(github.default_branch))
    path = github.workflow_ids[int(file) - 1] if file.isdecimal() else f".github/workflows/{file}"
    return known[known.index(path)] if path in known else {}[path]


def _workflow(github: GitHub, path: str) -> dict[str, Any]:
    return {
        "id": github.workflow_ids.index(path) + 1, "name": github.workflows(github.default_branch)[path].get("name", path), "path": path,
        "state": "disabled_manually" if path in github.disabled else "active",
        "html_url": f"https://github.com/{github.slug}/blob/{github.default_branch}/{path}",
    }  # fmt: skip


def _workflows(github: GitHub, _: Request) -> dict[str, Any]:
    found = [_workflow(github, path) for path in github.workflows(github.default_branch)]
    return {"total_count": len(found), "workflows": found}


def _switch(github: GitHub, _: Request, file: str, how: str) -> None:
    path = _path(github, file)
    github.disabled = github.disabled - {path} if how == "enable" else github.disabled | {path}


def _dispatch(github: GitHub, request: Request, file: str) -> Any:
    github.demand("actions")
    asked = request.json()
    run = github.dispatch(_path(github, file), asked["ref"].removeprefix("refs/heads/"), asked.get("inputs") or {})
    if not (run and github.dispatch_returns_run):
        return None
    return {"workflow_run_id": run.id, "run_url": _run(github, run)["url"], "html_url": _run(github, run)["html_url"]}


def _part(part: Part, **more: Any) -> dict[str, Any]:
    times = {name: moment(time) if time else None for name, time in (("started_at", part.started_at), ("completed_at", part.completed_at))}
    return {"id": part.id, "name": part.name, "status": part.status, "conclusion": part.conclusion, **times, **more}


def _jobs(github: GitHub, _: Request, number: str) -> dict[str, Any]:
    run = _find_run(github, number)
    url = f"https://github.com/{github.slug}/actions/runs/{run.id}/job/"
    jobs = [
        _part(job, run_id=run.id, html_url=f"{url}{job.id}", steps=[_part(step, number=step.id) for step in job.parts.values()])
        for job in run.parts.values()
    ]
    return {"total_count": len(jobs), "jobs": jobs}


def _release(github: GitHub, release: Release) -> dict[str, Any]:
    link = f"https://github.com/{github.slug}/releases/tag/{release.tag_name}"
    return {
        **vars(release), "created_at": moment(release.created_at), "published_at": None if release.draft else moment(release.created_at),
        "html_url": link, "url": f"https://api.github.com/repos/{github.slug}/releases/{release.id}", "assets": [], "upload_url": "",
        "author": {"login": github.owner}, "target_commitish": github.default_branch, "tarball_url": "", "zipball_url": "",
    }  # fmt: skip


def _create_release(github: GitHub, request: Request) -> Reply:
    github.demand("contents")
    asked = request.json()
    name, notes, flags = (
        asked.get("name") or asked["tag_name"],
        asked.get("body") or "",
        [bool(asked.get(flag)) for flag in ("prerelease", "draft")],
    )
    release = github.create_release(asked["tag_name"], name, notes, *flags)
    return Reply(201, _release(github, release))


def _edit_release(github: GitHub, request: Request, number: str) -> dict[str, Any]:
    github.demand("contents")
    release = {release.id: release for release in github.releases}[int(number)]
    vars(release).update({name: value for name, value in request.json().items() if name in vars(release)})
    return _release(github, release)


def _create_label(github: GitHub, request: Request) -> Reply:
    github.demand("issues")
    asked = request.json()
    if asked["name"] in github.labels:
        return _error(422, "Validation Failed", errors=[{"resource": "Label", "code": "already_exists", "field": "name"}])
    github.labels[asked["name"]] = (asked.get("color", "ededed"), asked.get("description") or "")
    return Reply(201, {"name": asked["name"], "color": asked.get("color")})


def _edit_label(github: GitHub, request: Request, name: str) -> dict[str, Any]:
    github.demand("issues")
    asked, (color, description) = request.json(), github.labels.pop(name)
    github.labels[asked.get("new_name", name)] = (asked.get("color", color), asked.get("description", description))
    return {"name": asked.get("new_name", name)}


def _delete_ref(github: GitHub, _: Request, name: str) -> None:
    if f"refs/{name}" not in github.refs():
        raise Refusal("Reference does not exist")
    github.git("update-ref", "-d", f"refs/{name}")


def _repository(github: GitHub, _: Request) -> dict[str, Any]:
    owner = {"login": github.owner, "type": "User"}
    return {"name": github.name, "full_name": github.slug, "default_branch": github.default_branch, "owner": owner, "private": False}


ROUTES: Mapping[str, Callable[..., Any]] = {
    "GET /": lambda *_: {"current_user_url": "https://api.github.com/user"},
    "GET /user": lambda github, _: {"login": github.owner},
    "GET {repo}": _repository,
    "GET {repo}/actions/workflows": _workflows,
    r"GET {repo}/actions/workflows/([^/]+)": lambda github, _, file: _workflow(github, _path(github, file)),
    r"GET {repo}/actions/workflows/([^/]+)/runs": _runs,
    r"PUT {repo}/actions/workflows/([^/]+)/(enable|disable)": _switch,
    r"POST {repo}/actions/workflows/([^/]+)/dispatches": _dispatch,
    "GET {repo}/actions/runs": _runs,
    r"GET {repo}/actions/runs/(\d+)": lambda github, _, number: _run(github, _find_run(github, number)),
    r"GET {repo}/actions/runs/(\d+)/jobs": _jobs,
    r"GET {repo}/actions/runs/(\d+)/artifacts": lambda *_: {"total_count": 0, "artifacts": []},
    r"GET {repo}/check-runs/(\d+)/annotations": lambda *_: [],
    "POST {repo}/releases": _create_release,
    r"GET {repo}/releases/tags/(.+)": lambda github, _, tag: _release(github, {r.tag_name: r for r in github.releases if not r.draft}[tag]),
    r"GET {repo}/releases/latest": lambda github, _: _release(github, next(r for r in github.releases if not r.draft and not r.prerelease)),
    r"PATCH {repo}/releases/(\d+)": _edit_release,
    "POST {repo}/labels": _create_label,
    r"PATCH {repo}/labels/(.+)": _edit_label,
    r"DELETE {repo}/git/refs/(.+)": _delete_ref,
}
