"""The run that publishes what a recovery has put right: found, or started by hand and watched."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..clients.github.runs import Run
from ..console.output import status
from ..console.waiting import Pending
from ..core.errors import CheckFailed, RecipeError, Refused
from ..core.shell import quote
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from .callers import workflow_at
from .deployments import Deployments
from .dispatch import dispatch_and_watch
from .paths import join_words
from .rerun import known_inputs, release_again

SHOWN = 3


def newest_run(project: Project, facts: Facts) -> Run | None:
    """Return the newest run that publishes, since the revert was merged if one was."""
    deployments = Deployments(project)
    if not facts.merged_at:
        return deployments.last()
    tip = project.fetch_tip()
    return deployments.newest(tip, facts.merged_at)


def ended_run(project: Project, facts: Facts) -> Run | Pending | None:
    """Return the newest run, as `newest_run` does, once it has ended."""
    newest = newest_run(project, facts)
    if newest is None or newest.status == "completed":
        return newest
    return Pending(f"run {newest.id} of {project.settings.workflow} ({newest.status})")


def redeploy(project: Project, log: IncidentLog) -> None:
    """Run the workflow on the default branch and watch it, unless a run since then succeeded.

    A run that is in progress is waited for first.
    Raises Refused where nobody can start it, or if it would publish something else; CheckFailed.
    """
    facts = log.facts
    if not log.has_planned_changes:
        run = _succeeded_run(project, facts)
        if run:
            status(f"run {run.id} succeeded since the revert, {run.url}: none is started", "done")
            return
    inputs = _inputs(project, facts)
    if not log.has_planned_changes:
        _ensure_same_chart(project, facts)
    branch = project.default_branch
    dispatch_and_watch(project, log, branch, inputs)


def _succeeded_run(project: Project, facts: Facts) -> Run | None:
    """Return the newest run since the revert, once it has ended, if it succeeded."""
    watch = f"gh run watch --repo {project.slug}"
    ask = partial(ended_run, project, facts)
    run = project.wait(ask, watch)
    if run is None or not facts.merged_at:
        return None
    if run.conclusion != "success":
        return None
    return run


def redeploy_and_verify(
    project: Project,
    log: IncidentLog,
    verification: Callable[[], object],
) -> None:
    """Redeploy, then verify in any case: what was published before is looked at all the same.

    Raises what `verification` raises, or else the Refused or CheckFailed of the redeployment.
    """
    problem: RecipeError | None = None
    try:
        redeploy(project, log)
    except (Refused, CheckFailed) as error:
        problem = error
        status(f"no redeployment: {error.what}", "warning")
    verification()
    if problem and not log.has_planned_changes:
        raise problem


def _inputs(project: Project, facts: Facts) -> dict[str, str]:
    """Return the workflow's inputs, with the versions that are published. Raises Refused."""
    tip = project.fetch_tip()
    workflow = workflow_at(project, tip)
    file = project.settings.workflow
    if workflow.inputs is None:
        run = None
        if facts.merged_at:
            run = newest_run(project, facts)
        advice = release_again(file, project.slug, run)
        raise Refused(f"nobody can run {file} by hand", advice)
    version = facts.version
    app_version = facts.app_version
    if not version:
        chart = project.chart_at(tip)
        version, app_version = chart.version, chart.app_version
    inputs, missing = known_inputs(workflow, version, app_version)
    if missing:
        what = f"{file} needs {join_words(missing)}, which only you know"
        command = f"invoke prevention.dispatch --ref {quote(project.default_branch)}"
        raise Refused(what, f"{command} --input NAME=VALUE, one --input for each")
    return inputs


def _ensure_same_chart(project: Project, facts: Facts) -> None:
    """Refuse to publish a version again with other files: the workflow would overwrite it."""
    tip = project.fetch_tip()
    version = facts.version
    published = facts.good_commit
    if not facts.published:
        version = project.chart_at(tip).version
        published = _released_commit(project, version)
    if not published:
        return
    files = project.git.differing_files(published, tip, project.chart_dir)
    if not files:
        return
    branch = project.default_branch
    shown = ", ".join(files[:SHOWN])
    what = f"{version} is published, and on {branch} the chart differs from it now in {shown}"
    advice = f"the workflow would overwrite {version}: release {branch} under a new version"
    raise Refused(what, advice)


def _released_commit(project: Project, version: str) -> str:
    tag = project.releases.find_tag(version)
    if not tag:
        return ""
    project.git.tags.fetch()
    at_origin, _ = project.git.tags.origin_and_local(tag)
    return at_origin
