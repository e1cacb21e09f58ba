"""Workflows, their runs and jobs, as the REST API shows them."""

from __future__ import annotations

from urllib.parse import quote

from .environments import waiting_for
from .records import Execution, json_value, now
from .rest_objects import CREATED, Json, show_commit, show_repository, show_user
from .runs import Job, Run
from .state import State

RUN_PATHS = ("artifacts", "cancel", "jobs", "logs", "rerun")


def show_workflow(github: State, path: str) -> Json:
    """Return the workflow in a file."""
    workflows = github.actions.workflows(github.repository.default_branch)
    disabled = path in github.actions.disabled_workflows
    number = github.actions.id_of(path)
    name = workflows[path].get("name", path)
    repository = github.repository
    return {
        "id": number,
        "node_id": f"W_{number}",
        "name": name,
        "path": path,
        "state": "disabled_manually" if disabled else "active",
        "created_at": CREATED,
        "updated_at": CREATED,
        "url": f"{repository.api_url}/actions/workflows/{number}",
        "html_url": f"{repository.url}/blob/{repository.default_branch}/{path}",
        "badge_url": f"{repository.url}/workflows/{quote(name)}/badge.svg",
    }


def show_run(github: State, run: Run) -> Json:
    """Return a run of a workflow."""
    repository = github.repository
    owner = show_user(repository.owner)
    shown = show_repository(repository)
    commit = show_commit(repository, run.head_sha)
    workflow = github.actions.id_of(run.path)
    url = f"{repository.api_url}/actions/runs/{run.id}"
    created_at = json_value(run.created_at)
    return {
        "id": run.id,
        "name": run.name,
        "node_id": f"WFR_{run.id}",
        "path": run.path,
        "referenced_workflows": run.referenced,
        "status": "waiting" if waiting_for(run) else run.status,
        "conclusion": run.conclusion,
        "event": run.event,
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "workflow_id": workflow,
        "display_title": run.title or commit["message"].partition("\n")[0],
        "run_number": run.id,
        "run_attempt": run.attempt,
        "pull_requests": [],
        "actor": owner,
        "triggering_actor": owner,
        "created_at": created_at,
        "run_started_at": json_value(run.started_at or run.created_at),
        "updated_at": json_value(run.completed_at or now()),
        "url": url,
        "html_url": f"{repository.url}/actions/runs/{run.id}",
        "check_suite_url": f"{repository.api_url}/check-suites/{run.id}",
        "workflow_url": f"{repository.api_url}/actions/workflows/{workflow}",
        **{f"{name}_url": f"{url}/{name}" for name in RUN_PATHS},
        "repository": shown,
        "head_repository": shown,
        "head_commit": commit,
    }


def show_job(github: State, run: Run, job: Job) -> Json:
    """Return a job of a run."""
    api = github.repository.api_url
    runner = None
    if job.started_at:
        runner = job.id
    return {
        **_show_execution(job),
        "id": job.id,
        "node_id": f"CR_{job.id}",
        "run_id": run.id,
        "run_attempt": run.attempt,
        "run_url": f"{api}/actions/runs/{run.id}",
        "workflow_name": run.name,
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "created_at": json_value(run.created_at),
        "started_at": json_value(job.started_at or run.created_at),
        "url": f"{api}/actions/jobs/{job.id}",
        "html_url": f"{github.repository.url}/actions/runs/{run.id}/job/{job.id}",
        "check_run_url": f"{api}/check-runs/{job.id}",
        "labels": ["ubuntu-latest"],
        "runner_id": runner,
        "runner_name": runner and f"GitHub Actions {runner}",
        "runner_group_id": runner and 0,
        "runner_group_name": runner and "GitHub Actions",
        "steps": [{"number": step.id, **_show_execution(step)} for step in job.steps.values()],
    }


def _show_execution(record: Execution) -> Json:
    return {
        "name": record.name,
        "status": record.status,
        "conclusion": record.conclusion,
        "started_at": json_value(record.started_at),
        "completed_at": json_value(record.completed_at),
    }
