"""Environments, and runs that wait for their reviewers: docs.github.com/en/rest/deployments."""

from __future__ import annotations

from collections.abc import Sequence

from .environments import STATES, approval_file, waiting_for
from .records import Refusal
from .rest import Json, Routes
from .rest_objects import CREATED, number_of, show_user
from .runs import Run
from .state import State


def _show_environment(github: State, name: str) -> Json:
    repository = github.repository
    return {
        "id": number_of(name),
        "node_id": f"EN_{number_of(name)}",
        "name": name,
        "url": f"{repository.api_url}/environments/{name}",
        "html_url": f"{repository.url}/deployments/activity_log?environments_filter={name}",
    }


def _show_reviewers(github: State, name: str) -> list[Json]:
    shown = []
    for login in github.actions.environments[name].reviewers:
        shown.append({"type": "User", "reviewer": show_user(login)})
    return shown


def _get_environment(github: State, name: str) -> Json:
    reviewers = _show_reviewers(github, name)
    rules = []
    if reviewers:
        rule = {"id": 1, "node_id": "GA_1", "type": "required_reviewers", "reviewers": reviewers}
        rules.append({**rule, "prevent_self_review": False})
    return {
        **_show_environment(github, name),
        "created_at": CREATED,
        "updated_at": CREATED,
        "protection_rules": rules,
        "deployment_branch_policy": None,
    }


def _find_run(github: State, number: str) -> Run:
    for run in github.runs:
        if str(run.id) == number:
            return run
    raise LookupError(number)


def _list_pending(github: State, number: str) -> list[Json]:
    shown = []
    for name in waiting_for(_find_run(github, number)):
        shown.append(
            {
                "environment": _show_environment(github, name),
                "wait_timer": 0,
                "wait_timer_started_at": None,
                "current_user_can_approve": True,
                "reviewers": _show_reviewers(github, name),
            }
        )
    return shown


def _review(
    github: State, number: str, environment_ids: Sequence[int], state: str, comment: str
) -> list[Json]:
    """Approve or reject the jobs of a run that wait. Raises Refusal."""
    run = _find_run(github, number)
    if state not in STATES or not comment:
        raise Refusal("Invalid request.")
    waiting = {number_of(name): name for name in waiting_for(run)}
    if not environment_ids or not set(environment_ids) <= set(waiting):
        raise Refusal("Could not find any pending deployments for the environments.")
    for one in environment_ids:
        approval_file(github.actions.workdir, run.id, waiting[one]).write_text(state)
    return []


ENVIRONMENT_ROUTES: Routes = {
    "GET REPO/environments/(?P<name>[^/]+)": _get_environment,
    r"GET REPO/actions/runs/(?P<number>\d+)/pending_deployments": _list_pending,
    r"POST REPO/actions/runs/(?P<number>\d+)/pending_deployments": _review,
}
