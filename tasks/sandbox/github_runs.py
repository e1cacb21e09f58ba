"""Actions in the REST API of GitHub's stand-in: https://docs.github.com/en/rest/actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .actions import Part, Run
from .records import moment, now
from .server import Request

if TYPE_CHECKING:
    from .github import GitHub


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
    path = github.workflow_ids[int(file) - 1] if file.isdecimal() else f".github/workflows/{file}"
    if path not in github.workflows(github.default_branch):
        raise LookupError(path)
    return path


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


RUNS: Mapping[str, Callable[..., Any]] = {
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
}
