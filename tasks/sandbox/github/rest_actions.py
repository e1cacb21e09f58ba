"""Workflows and their runs in the REST API: https://docs.github.com/en/rest/actions."""

from __future__ import annotations

from ..server import Request
from .records import Execution, json_value, now
from .rest import Json, Routes, requested_slice
from .runs import Job, Run
from .state import State

SHOWN = ("id", "name", "status", "conclusion", "started_at", "completed_at")


def _show(record: Execution) -> Json:
    return {name: json_value(getattr(record, name)) for name in SHOWN}


def _show_run(github: State, run: Run) -> Json:
    return {
        **_show(run),
        "event": run.event,
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "workflow_id": github.actions.paths.index(run.path) + 1,
        "display_title": github.repository.git("log", "-1", "--format=%s", run.head_sha),
        "created_at": json_value(run.created_at),
        "updated_at": json_value(run.completed_at or now()),
        "html_url": f"{github.repository.url}/actions/runs/{run.id}",
        "jobs_url": f"https://api.github.com/repos/{github.slug}/actions/runs/{run.id}/jobs",
    }


def _find_run(github: State, number: str) -> Run:
    return {run.id: run for run in github.runs}[int(number)]


def _get_run(github: State, _request: Request, number: str) -> Json:
    return _show_run(github, _find_run(github, number))


def _list_jobs(github: State, _request: Request, number: str) -> Json:
    jobs = [_show_job(job) for job in _find_run(github, number).jobs.values()]
    return {"total_count": len(jobs), "jobs": jobs}


def _show_job(job: Job) -> Json:
    steps = [{"number": step.id, **_show(step)} for step in job.steps.values()]
    return {**_show(job), "steps": steps}


def _list_runs(github: State, request: Request, file: str = "") -> Json:
    """List the runs of one workflow or of all, on the `branch` that is asked for or on all."""
    runs = github.runs
    if file:
        path = _find_path(github, file)
        runs = [run for run in runs if run.path == path]
    if "branch" in request.query:
        runs = [run for run in runs if run.head_branch == request.query["branch"]]
    shown = [_show_run(github, run) for run in runs[requested_slice(request)]]
    return {"total_count": len(runs), "workflow_runs": shown}


def _find_path(github: State, file: str) -> str:
    """Return the path of a workflow by its id or file name. Raises LookupError."""
    path = f".github/workflows/{file}"
    if file.isdecimal():
        path = github.actions.paths[int(file) - 1]
    if path not in github.actions.workflows(github.repository.default_branch):
        raise LookupError(path)
    return path


def _show_workflow(github: State, path: str) -> Json:
    spec = github.actions.workflows(github.repository.default_branch)[path]
    state = "active"
    if path in github.actions.disabled_workflows:
        state = "disabled_manually"
    return {
        "id": github.actions.paths.index(path) + 1,
        "name": spec.get("name", path),
        "path": path,
        "state": state,
    }


def _get_workflow(github: State, _request: Request, file: str) -> Json:
    return _show_workflow(github, _find_path(github, file))


def _list_workflows(github: State, _request: Request) -> Json:
    paths = github.actions.workflows(github.repository.default_branch)
    shown = [_show_workflow(github, path) for path in paths]
    return {"total_count": len(shown), "workflows": shown}


def _enable(github: State, _request: Request, file: str) -> None:
    github.actions.disabled_workflows.discard(_find_path(github, file))


def _disable(github: State, _request: Request, file: str) -> None:
    github.actions.disabled_workflows.add(_find_path(github, file))


def _dispatch(github: State, request: Request, file: str) -> Json | None:
    github.require_write("actions")
    given = request.json()
    ref = given["ref"].removeprefix("refs/heads/")
    run = github.actions.dispatch(_find_path(github, file), ref, given.get("inputs") or {})
    if not run or not github.actions.dispatch_returns_run:
        return None
    return {"workflow_run_id": run.id, "html_url": _show_run(github, run)["html_url"]}


ACTION_ROUTES: Routes = {
    "GET REPO/actions/workflows": _list_workflows,
    "GET REPO/actions/workflows/([^/]+)": _get_workflow,
    "GET REPO/actions/workflows/([^/]+)/runs": _list_runs,
    "PUT REPO/actions/workflows/([^/]+)/enable": _enable,
    "PUT REPO/actions/workflows/([^/]+)/disable": _disable,
    "POST REPO/actions/workflows/([^/]+)/dispatches": _dispatch,
    "GET REPO/actions/runs": _list_runs,
    r"GET REPO/actions/runs/(\d+)": _get_run,
    r"GET REPO/actions/runs/(\d+)/jobs": _list_jobs,
    r"GET REPO/actions/runs/(\d+)/artifacts": lambda *_: {"artifacts": []},
    r"GET REPO/check-runs/(\d+)/annotations": lambda *_: [],
}
