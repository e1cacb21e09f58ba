"""Workflows and their runs in the REST API: https://docs.github.com/en/rest/actions."""

from __future__ import annotations

from collections.abc import Mapping

from ..server import Reply
from .records import is_older
from .rest import Json, Routes, page_slice
from .rest_runs import show_job, show_run, show_workflow
from .runs import Job, Run
from .state import State


def _shown_runs(github: State) -> list[Run]:
    return [run for run in github.runs if is_older(run.created_at, github.lag)]


def _find_run(github: State, number: str) -> Run:
    runs = {}
    for run in _shown_runs(github):
        runs[str(run.id)] = run
    return runs[number]


def _get_run(github: State, number: str) -> Json:
    run = _find_run(github, number)
    return show_run(github, run)


def _list_jobs(github: State, number: str) -> Json:
    run = _find_run(github, number)
    jobs = []
    for job in run.jobs.values():
        jobs.append(show_job(github, run, job))
    return {"total_count": len(jobs), "jobs": jobs}


def _read_log(github: State, number: str) -> Reply:
    """Return the log of a job, to which GitHub redirects; an old one is gone."""
    for run in _shown_runs(github):
        for job in run.jobs.values():
            if str(job.id) == number:
                text = _log_of(job)
                return Reply(200 if text else 410, text.encode(), {"Content-Type": "text/plain"})
    raise LookupError(number)


def _log_of(job: Job) -> str:
    """Return the log of a job, with the command of each step before what it printed."""
    lines = [job.log] if job.log else []
    for step in job.steps.values():
        if step.log:
            command = step.name.removeprefix("Run ")
            lines += [f"##[group]Run {command}", "##[endgroup]", step.log]
        if step.conclusion == "failure":
            lines.append("##[error]Process completed with exit code 1.")
    text = "\n".join(lines)
    stamped = []
    for line in text.splitlines():
        stamped.append(f"2025-01-01T00:00:00.0000000Z {line}\n")
    return "".join(stamped)


def _list_runs(
    github: State,
    file: str = "",
    branch: str = "",
    head_sha: str = "",
    page: str = "1",
    per_page: str = "30",
) -> Json:
    """List the runs of one workflow or of all, on one branch or commit, or on all."""
    runs = _shown_runs(github)
    if file:
        path = _find_path(github, file)
        runs = [run for run in runs if run.path == path]
    if branch:
        runs = [run for run in runs if run.head_branch == branch]
    if head_sha:
        runs = [run for run in runs if run.head_sha == head_sha]
    part = page_slice(int(page), int(per_page))
    shown = [show_run(github, run) for run in runs[part]]
    return {"total_count": len(runs), "workflow_runs": shown}


def _find_path(github: State, file: str) -> str:
    """Return the path of a workflow by its id or file name. Raises LookupError."""
    path = f".github/workflows/{file}"
    if file.isdecimal():
        path = github.actions.paths[int(file) - 1]
    if path not in github.actions.workflows(github.repository.default_branch):
        raise LookupError(path)
    return path


def _get_workflow(github: State, file: str) -> Json:
    path = _find_path(github, file)
    return show_workflow(github, path)


def _list_workflows(github: State) -> Json:
    paths = github.actions.workflows(github.repository.default_branch)
    shown = []
    for path in paths:
        shown.append(show_workflow(github, path))
    return {"total_count": len(shown), "workflows": shown}


def _enable(github: State, file: str) -> None:
    path = _find_path(github, file)
    github.actions.disabled_workflows.discard(path)


def _disable(github: State, file: str) -> None:
    path = _find_path(github, file)
    github.actions.disabled_workflows.add(path)


def _dispatch(
    github: State,
    file: str,
    ref: str,
    inputs: Mapping[str, str] | None = None,
) -> Json | None:
    path = _find_path(github, file)
    branch = ref.removeprefix("refs/heads/")
    run = github.actions.dispatch(path, branch, inputs or {})
    if not run or not github.actions.dispatch_returns_run:
        return None
    shown = show_run(github, run)
    return {
        "workflow_run_id": run.id,
        "run_url": shown["url"],
        "html_url": shown["html_url"],
    }


def _rerun(github: State, number: str) -> Reply:
    run = _find_run(github, number)
    github.actions.rerun(run, only_failed=False)
    return Reply(201, {})


def _rerun_failed_jobs(github: State, number: str) -> Reply:
    run = _find_run(github, number)
    github.actions.rerun(run, only_failed=True)
    return Reply(201, {})


ACTION_ROUTES: Routes = {
    "GET REPO/actions/workflows": _list_workflows,
    "GET REPO/actions/workflows/(?P<file>[^/]+)": _get_workflow,
    "GET REPO/actions/workflows/(?P<file>[^/]+)/runs": _list_runs,
    "PUT REPO/actions/workflows/(?P<file>[^/]+)/enable": _enable,
    "PUT REPO/actions/workflows/(?P<file>[^/]+)/disable": _disable,
    "POST REPO/actions/workflows/(?P<file>[^/]+)/dispatches": _dispatch,
    "GET REPO/actions/runs": _list_runs,
    r"GET REPO/actions/runs/(?P<number>\d+)": _get_run,
    r"GET REPO/actions/runs/(?P<number>\d+)/jobs": _list_jobs,
    r"POST REPO/actions/runs/(?P<number>\d+)/rerun": _rerun,
    r"POST REPO/actions/runs/(?P<number>\d+)/rerun-failed-jobs": _rerun_failed_jobs,
    r"GET REPO/actions/jobs/(?P<number>\d+)/logs": _read_log,
    r"GET REPO/check-runs/(?P<number>\d+)/annotations": lambda *_: [],
}
