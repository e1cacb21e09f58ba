"""The checks after a rollback: workflow, chart and installation, as users see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ..clients.github.runs import Run
from ..clients.registry.reference import Reference
from ..console.findings import Checks, Finding
from ..console.result import note_chart
from ..console.waiting import Pending, meanwhile
from ..core.errors import AccessDenied, BadInput, ProgramFailed, RecipeError, TookTooLong
from ..core.invocation import working_on_chart
from ..core.shell import join
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..recovery.package_access import publicity_advice
from ..workflows.paths import check_path
from ..workflows.redeployment import ended_run, newest_run
from ..workflows.rerun import rerun_command
from .published_chart import PUBLISH_NEXT, judge_chart
from .releases import login_sees
from .trial import (
    find_published,
    published_reference,
    read_chart,
    show_early,
    try_archive,
    try_reference,
)
from .user_references import check_references

MOMENT = "%Y-%m-%d %H:%M:%S UTC"
PATH_FIRST = (
    "put the path right first, since a run would push to the wrong place; "
    "to find the change to revert: invoke when.check"
)


@dataclass
class WaitingCheck:
    """Whether a check had to wait until a run had ended: what others found may be old by then."""

    has_waited: bool = False

    def ended_run(self, project: Project, facts: Facts) -> Run | Pending | None:
        """Return the newest run once it has ended, and remember if it had not."""
        run = ended_run(project, facts)
        if isinstance(run, Pending):
            self.has_waited = True
            project.note_wait()
        return run


def check_workflow(
    project: Project,
    facts: Facts,
    waiting: WaitingCheck | None = None,
) -> Finding:
    """Check that the workflow is active, and that its newest run since the revert succeeded."""
    project = project.sharing_reads()
    with meanwhile(partial(newest_run, project, facts)):  # whose answers are shared
        return _check_workflow(project, facts, waiting or WaitingCheck())


def _check_workflow(project: Project, facts: Facts, waiting: WaitingCheck) -> Finding:
    file = project.settings.workflow
    try:
        name, state = project.ask_once(
            ("workflow", file), partial(project.github.actions.workflow, file)
        )
    except BadInput as error:
        return Finding("workflow", "failed", error.what, error.advice)
    if state != "active":
        enable = project.github.typed.advice("", "workflow", "enable", file)
        return Finding("workflow", "failed", f"{name} is {state}", enable)
    try:
        run = project.wait(partial(waiting.ended_run, project, facts), "invoke run.watch")
    except TookTooLong as error:
        return Finding("workflow", "unverified", error.what, error.advice)
    if run:
        note_chart(run_url=run.url)
    outcome, evidence = judge_run(run, project.default_branch, facts.merged_at)
    advice = ""
    if outcome != "passed":
        advice = PATH_FIRST
        if not _pushes_elsewhere(project):
            advice = rerun_command(project, facts.version, facts.app_version, run)
    return Finding("workflow", outcome, f"{name} is active{evidence}", advice)


def _pushes_elsewhere(project: Project) -> bool:
    """Return whether a run would push the chart to the wrong place, as far as that can be read."""
    with suppress(RecipeError):
        return check_path(project).outcome == "failed"
    return False


def judge_run(run: Run | None, branch: str, merged_at: datetime | None) -> tuple[str, str]:
    """Return the outcome and the evidence of the newest run since the revert was merged."""
    if run:
        outcome = "passed" if run.conclusion == "success" else "failed"
        name = f"run {run.id} on {run.branch} ({run.event})"
        return outcome, f": {name}, {run.conclusion}, {run.url}"
    since = "yet"
    if merged_at:
        since = f"since the revert was merged at {merged_at:{MOMENT}}"
    return "unverified", f", but has not run {since}, on {branch} or a release's tag"


def check_chart(project: Project, facts: Facts) -> Finding:
    """Check that anybody gets the published chart, also where users install from."""
    try:
        with meanwhile(partial(show_early, project, facts)) as (shown,):
            reference, manifest = find_published(project, facts)
            if manifest is None:
                evidence = f"{reference} is not published"
                return Finding("chart", "failed", evidence, "invoke publish.all")
            if not manifest.is_chart:
                evidence = f"{reference} is {manifest.kind}, not a chart"
                return Finding("chart", "failed", evidence, PUBLISH_NEXT)
            chart = read_chart(project, reference, shown)
    except AccessDenied as error:
        return _judge_denial(project, published_reference(project, facts), error)
    return judge_chart(project, facts, reference, chart, manifest)


def _judge_denial(project: Project, reference: Reference, error: AccessDenied) -> Finding:
    """Return the finding on a chart that users may not read: GHCR also denies what is absent."""
    exists = login_sees(project, reference)
    if exists is False:
        return Finding("chart", "failed", f"{reference.oci} does not exist", "invoke publish.all")
    evidence = f"users are denied access: {error.what}"
    if exists is None:
        evidence += "; so is this login: whether it exists is unknown"
    return Finding("chart", "failed", evidence, publicity_advice(project, reference))


def check_install(project: Project, facts: Facts) -> Finding:
    """Check that anybody can install the published chart, without installing it."""
    reference = published_reference(project, facts)
    if facts.published:
        reference = reference.with_version(facts.version)
    try:
        if project.label:
            reference, manifest = find_published(project, facts)
            if manifest is None:
                return Finding("install", "failed", f"{reference} is not published")
            objects = try_archive(project, reference, manifest)
        else:
            objects = try_reference(project, reference)
    except (AccessDenied, ProgramFailed) as error:
        advice = error.advice or _debug_command(project, reference)
        return Finding("install", "failed", error.what, advice)
    return Finding("install", "passed", f"{reference}: {objects}")


def _debug_command(project: Project, reference: Reference) -> str:
    """Return the command that shows what helm makes of a published chart."""
    settings = project.settings
    words = ["helm", "template", settings.release_name, str(reference)]
    if settings.plain_http:
        words.append("--plain-http")
    return join([*words, "--debug"])


Check = Callable[[Project, Facts, WaitingCheck], Finding]
CHECKS: Mapping[str, Check] = {
    "workflow": check_workflow,
    "chart": lambda project, facts, _: check_chart(project, facts),
    "install": lambda project, facts, _: check_install(project, facts),
    "path": lambda project, *_: check_path(project),
    "references": lambda project, *_: check_references(project),
}


def verification_checks(
    charts: Sequence[Project],
    log: IncidentLog,
    names: Sequence[str],
    waiting: WaitingCheck,
) -> Checks:
    """Return checks by name for each chart; that of the workflow is the same for all."""
    checks: dict[str, dict[str, Callable[[], Finding]]] = {}
    for chart in charts:
        with working_on_chart(chart.label):
            facts = log.facts
        its_checks = {}
        for name in names:
            its_checks[name] = partial(CHECKS[name], chart, facts, waiting)
        checks[chart.label] = dict(its_checks)
    return checks
