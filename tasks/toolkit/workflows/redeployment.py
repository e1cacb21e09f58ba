"""The run that publishes what a recovery has put right: found, re-run or started, and watched."""

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
from .deployments import BY_HAND, Deployments
from .dispatch import dispatch_and_watch
from .paths import join_words
from .rerun import known_inputs, release_again, rerun_and_watch

SHOWN = 3
RETRIABLE = ("failure", "timed_out", "cancelled")


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

    A run that is in progress is waited for first. The failed jobs of a run of the same commit are
    re-run instead.
    Raises Refused where nobody can start it, or if it would publish something else; CheckFailed.
    """
    facts = log.facts
    is_planned = project.runner.executor.plans_remote_changes
    run = None
    if not is_planned:
        run = _ended_since_revert(project, facts)
    if run and run.conclusion == "success":
        status(f"run {run.id} succeeded since the revert, {run.url}: none is started", "done")
        return
    if run and may_run_again(project, facts, run):
        version = _version_of_run(project, facts, run)
        _ensure_same_chart(project, facts, version, run.commit)
        rerun_and_watch(project, log, run)
        return
    inputs = _inputs(project, facts, run)
    if not is_planned:
        tip = project.fetch_tip()
        version = _version_at(project, facts, tip)
        _ensure_same_chart(project, facts, version, tip)
    branch = project.default_branch
    dispatch_and_watch(project, log, branch, inputs)


def _ended_since_revert(project: Project, facts: Facts) -> Run | None:
    """Return the newest run since the revert, once it has ended."""
    ask = partial(ended_run, project, facts)
    run = project.wait(ask, "invoke run.watch")
    return run if facts.merged_at else None


def may_run_again(project: Project, facts: Facts, run: Run) -> bool:
    """Return whether another attempt of a run that has ended publishes what it should.

    It would use the workflow and the inputs of the first attempt. A run that can be started anew
    is re-run only if nothing was merged since.
    """
    if run.conclusion not in RETRIABLE:
        return False
    if run.event in BY_HAND and run.id != facts.run:
        return False
    tip = project.fetch_tip()
    if run.commit == tip:
        return True
    if workflow_at(project, tip).inputs is not None:
        return False
    return bool(facts.good_commit) and project.git.history.contains(run.commit, facts.good_commit)


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


def _inputs(project: Project, facts: Facts, run: Run | None) -> dict[str, str]:
    """Return the workflow's inputs, with the versions that are published. Raises Refused."""
    tip = project.fetch_tip()
    workflow = workflow_at(project, tip, project.default_branch)
    file = project.settings.workflow
    if workflow.inputs is None:
        advice = release_again(project, run)
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


def _version_at(project: Project, facts: Facts, commit: str) -> str:
    """Return the version that a run by hand publishes from a commit."""
    if facts.published:
        return facts.version
    return project.chart_at(commit).version


def _version_of_run(project: Project, facts: Facts, run: Run) -> str:
    """Return the version that another attempt of a run publishes: the tag may name it."""
    if run.id == facts.run:
        return _version_at(project, facts, run.commit)
    version = project.releases.own_tags.version_of(run.branch)
    return version or project.chart_at(run.commit).version


def _ensure_same_chart(project: Project, facts: Facts, version: str, commit: str) -> None:
    """Refuse to overwrite a published version with other files, those of `commit`."""
    is_ours = facts.published and version == facts.version
    published = facts.good_commit if is_ours else _released_commit(project, version)
    if not published:
        return
    files = project.git.differing_files(published, commit, project.chart_dir)
    if not files:
        return
    branch = project.default_branch
    shown = ", ".join(files[:SHOWN])
    place = f"on {branch}" if commit == project.fetch_tip() else f"at {commit[:7]}"
    what = f"{version} is published, and {place} the chart differs from it now in {shown}"
    advice = f"the workflow would overwrite {version}: release {branch} under a new version"
    raise Refused(what, advice)


def _released_commit(project: Project, version: str) -> str:
    tag = project.releases.find_tag(version)
    if not tag:
        return ""
    project.git.tags.fetch()
    at_origin, _ = project.git.tags.origin_and_local(tag)
    return at_origin
