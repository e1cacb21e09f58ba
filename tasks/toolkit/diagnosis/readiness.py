"""Whether everything that a rollback needs is ready: programs, repository, registry, login."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ..clients.github.typed import TypedGh
from ..clients.registry.reference import Reference
from ..console.findings import Checks, Finding
from ..console.output import format_duration
from ..core.errors import AccessDenied, Refused
from ..core.shell import join
from ..incident.lock import Lock
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..incident.stages import is_finished
from ..recovery.package import ensure_well_formed
from ..recovery.package_access import (
    FIRST_PUSH,
    access_advice,
    publicity_advice,
    settings_page,
)
from ..workflows.paths import check_path
from .programs import check_helm, check_programs
from .recover_command import RECOVER, begun_recovery
from .releases import login_sees
from .token_scopes import scope_checks

WRITE_PERMISSIONS = ("ADMIN", "MAINTAIN", "WRITE")
UNNAMED = "that GitHub gave it, which it does not name for an app"


OfChart = dict[str, Callable[[], Finding]]


def publish_checks(project: Project) -> Checks:
    """Return the checks of what publishing needs, by chart and name."""
    return _with_charts(project, {}, {"helm": partial(check_helm, project)})


def setup_checks(project: Project, log: IncidentLog) -> Checks:
    """Return the checks of everything that a rollback needs, by chart and name."""
    before: dict[str, Callable[[], Finding]] = {
        "programs": partial(check_programs, project),
        "repository": partial(check_repository, project),
        **scope_checks(project),
    }
    after = {
        "helm": partial(check_helm, project),
        "incident": partial(check_incident, log),
    }
    checks = _with_charts(project, before, after)
    for chart in project.charts():
        checks[chart.label]["path"] = partial(check_path, chart)
    return checks


def _with_charts(
    project: Project,
    before: Mapping[str, Callable[[], Finding]],
    after: Mapping[str, Callable[[], Finding]],
) -> dict[str, OfChart]:
    """Return checks with those of the chart between them, or with those of several behind."""
    checks: dict[str, OfChart] = {}
    for chart in project.charts():
        checks[chart.label] = {
            "references": partial(check_references, chart),
            "token": partial(check_token, chart),
            "public": partial(check_public, chart),
        }
    own = checks.pop("", {})
    return {"": {**before, **own, **after}, **checks}


def ensure_publishable(charts: Sequence[Project], version: str, app_version: str) -> None:
    """Check before a revert that charts can be published after it.

    Raises BadInput, Refused, AccessDenied, ServiceError.
    """
    ensure_well_formed(version, app_version)
    charts[0].git.fetch(charts[0].default_branch)
    for chart in charts:
        finding = check_references(chart)
        if finding.outcome == "failed":
            raise Refused(finding.evidence, finding.next)
        _ensure_may_push(chart)


def check_references(project: Project) -> Finding:
    """Check that the references are in one registry."""
    return judge_references(project.published_references())


def judge_references(references: list[Reference]) -> Finding:
    """Return the finding on where the chart is published."""
    evidence = " and ".join(reference.oci for reference in references)
    hosts = {reference.host for reference in references}
    if len(hosts) > 1:
        advice = "let REGISTRY and CHART_REF name one registry"
        return Finding("references", "failed", evidence, advice)
    if len(references) > 1:
        evidence += "; helm appends the chart's name, so publish.all makes an alias"
    return Finding("references", "passed", evidence)


def check_token(project: Project) -> Finding:
    """Check push permission: start an upload and cancel it."""
    try:
        _ensure_may_push(project)
    except AccessDenied as error:
        return Finding("token", "failed", error.what, error.advice)
    user, _ = project.login
    host = project.push_reference.host
    return Finding("token", "passed", f"{user} may push to {host}")


def _ensure_may_push(project: Project) -> None:
    """Raise AccessDenied if the login may not push to each reference."""
    for reference in project.published_references():
        try:
            project.registry(reference).ensure_may_push(reference.repository)
        except AccessDenied as error:
            page = settings_page(project, reference)
            advice = f"{error.advice}: {page}" if page else error.advice
            raise AccessDenied(error.what, advice) from error


def check_public(project: Project) -> Finding:
    """Check that anybody may read the package."""
    references = project.published_references()
    for reference in references:
        try:
            exists = bool(project.registry(reference, anonymous=True).tags(reference))
        except AccessDenied as error:
            exists = login_sees(project, reference) is not False
            if exists:
                return Finding("public", "failed", error.what, publicity_advice(project, reference))
        if not exists:
            advice = access_advice(project, reference)
            evidence = f"{reference.oci} {FIRST_PUSH if advice else 'does not exist yet'}"
            return Finding("public", "unverified", evidence, advice)
    readable = " and ".join(reference.oci for reference in references)
    return Finding("public", "passed", f"anybody may read {readable}")


def check_repository(project: Project) -> Finding:
    """Check clone, chart and workflow, and that the login may push to the repository."""
    project.git.ensure_origin()
    file = project.settings.workflow
    charts = []
    for one in project.charts():
        chart = one.chart
        charts.append(f"chart {chart.name} {chart.version} in {one.chart_dir}")
    permission = project.github.permission()
    workflow, state = project.github.actions.workflow(file)
    evidence = [
        f"{project.slug}, cloned to {project.root}, branch {project.default_branch}",
        f"{', '.join(charts)}; workflow {workflow} ({file}) is {state}",
        f"the login has the permission {permission or UNNAMED}",
    ]
    advice = judge_access(permission, state, file, project.github.typed)
    outcome = "failed" if advice else "passed"
    return Finding("repository", outcome, "\n".join(evidence), advice)


def judge_access(
    permission: str,
    state: str,
    workflow: str,
    gh: TypedGh,
) -> str:
    """Return what to do about the login's permission and the workflow's state, if anything."""
    if permission and permission not in WRITE_PERMISSIONS:
        return "ask an owner of the repository for write access, or set another GITHUB_TOKEN"
    if state != "active":
        return gh.advice("", "workflow", "enable", workflow)
    return ""


def check_incident(log: IncidentLog) -> Finding:
    """Report whether an incident is open here, and who acted last."""
    if not log.is_open:
        return Finding("incident", "passed", "none is open here")
    age = format_duration(log.journal.elapsed())
    opened = f"{log.journal.id} is open, begun {age} ago"
    holder = Lock(log.state / log.owner.lock_name).describe_holder()
    evidence = f"{opened}; last operator: {holder}"
    return Finding("incident", "passed", evidence, _next_of_incident(log))


def _next_of_incident(log: IncidentLog) -> str:
    """Return the line that continues a recovery that has begun, or else the one that shows it."""
    begun = begun_recovery(log.journal)
    if begun is None or is_finished(log.journal):
        return "invoke timeline"
    return join(["invoke", RECOVER, *begun.options])
