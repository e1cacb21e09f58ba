"""The checks after a rollback: workflow, chart and installation, as users see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from ..clients.github.actions import Run
from ..clients.helm.chart import Chart
from ..clients.registry.manifest import Manifest
from ..clients.registry.reference import Reference
from ..console.findings import Finding
from ..console.waiting import Pending
from ..core.errors import AccessDenied, BadInput, ProgramFailed, TookTooLong
from ..incident.facts import Facts
from ..incident.project import Project
from ..recovery.safeguards import publicity_advice
from ..workflows.runs import rerun_command
from .releases import newest_published


def check_workflow(project: Project, facts: Facts) -> Finding:
    """Check that the workflow is active, and that its newest run since the revert succeeded."""
    actions = project.github.actions
    file = project.settings.workflow
    try:
        name, state = actions.workflow(file)
    except BadInput as error:
        return Finding("workflow", "failed", error.what, error.advice)
    if state != "active":
        enable = f"gh workflow enable {file} --repo {project.slug}"
        return Finding("workflow", "failed", f"{name} is {state}", enable)
    watch = f"gh run watch --repo {project.slug}"
    try:
        run = project.wait(partial(_newest_run, project, facts), watch)
    except TookTooLong as error:
        return Finding("workflow", "unverified", error.what, error.advice)
    outcome, evidence = _judge_run(project, facts, run)
    advice = ""
    if outcome != "passed":
        advice = rerun_command(project, facts.version, facts.app_version)
    return Finding("workflow", outcome, f"{name} {evidence}", advice)


def _newest_run(project: Project, facts: Facts) -> Run | Pending | None:
    """Return the newest run since the revert that counts for deployment, once it has ended."""
    file = project.settings.workflow
    for run in project.github.actions.deployments(project.default_branch, file):
        if facts.merged_at and run.created_at < facts.merged_at:
            continue
        if run.status == "completed":
            return run
        return Pending(f"run {run.id} of {file} ({run.status})")
    return None


def _judge_run(project: Project, facts: Facts, run: Run | None) -> tuple[str, str]:
    """Return the outcome and the evidence of the newest run since the revert."""
    if run:
        outcome = "passed" if run.conclusion == "success" else "failed"
        where = f"on {run.branch} ({run.event})"
        return outcome, f"is active: run {run.id} {where}, {run.conclusion}, {run.url}"
    since = "yet"
    if facts.merged_at:
        since = f"since the revert was merged at {facts.merged_at.isoformat()}"
    where = f"on {project.default_branch} or a release's tag"
    return "unverified", f"is active, but has not run {since}, {where}"


def check_chart(project: Project, facts: Facts) -> Finding:
    """Check that anybody gets the published chart, also where users install from."""
    published = _published_reference(project, facts)
    try:
        version = facts.version if facts.published else newest_published(project, published)
        reference = published.with_version(version)
        manifest = None
        if version:
            manifest = project.registry(reference, anonymous=True).manifest(reference)
        if manifest is None:
            return Finding("chart", "failed", f"{reference} is not published", "invoke publish.all")
        chart = project.helm.installer.show(published, version)
    except AccessDenied as error:
        advice = publicity_advice(project, published)
        return Finding("chart", "failed", f"users are denied access: {error.what}", advice)
    differences = _differences(facts, reference, version, chart, manifest)
    if differences:
        advice = "invoke publish.all --version with one that is free"
        return Finding("chart", "failed", f"{reference}: {', '.join(differences)}", advice)
    users = project.install_reference(facts.name)
    other = _other_content(project, users.with_version(version), reference, manifest)
    if other:
        evidence = f"published at {published}, but users install from {users}, which has {other}"
        advice = "invoke publish.alias, since helm push appends the chart's name"
        advice += f"; or tell users {published.oci}, and set CHART_REF to it"
        return Finding("chart", "failed", evidence, advice)
    evidence = f"{reference} (app {chart.app_version or 'none'}), {manifest.digest}"
    return Finding("chart", "passed", f"{evidence}, without credentials")


def _differences(
    facts: Facts,
    reference: Reference,
    version: str,
    chart: Chart,
    manifest: Manifest,
) -> list[str]:
    """Return how the chart that users get differs from what the incident published."""
    values = {
        "name": (chart.name, reference.name),
        "version": (chart.version, version),
        "app_version": (chart.app_version, facts.app_version),
        "digest": (manifest.digest, facts.digest),
    }
    return [
        f"{field} is {value!r}, not {expected!r}"
        for field, (value, expected) in values.items()
        if expected not in ("", value)
    ]


def _other_content(
    project: Project,
    alias: Reference,
    reference: Reference,
    manifest: Manifest,
) -> str:
    """Return what `alias` has instead of the manifest of `reference`, in words; or nothing."""
    if alias == reference:
        return ""
    other = project.registry(alias, anonymous=True).manifest(alias)
    if other is None:
        return "nothing"
    return "" if other.digest == manifest.digest else "another chart"


def check_install(project: Project, facts: Facts) -> Finding:
    """Check that anybody can install the published chart, without installing it."""
    name, namespace = project.settings.release_name, project.settings.namespace
    reference = _published_reference(project, facts)
    version = facts.version if facts.published else ""
    try:
        objects = project.helm.installer.try_install(reference.oci, version, name, namespace)
    except (AccessDenied, ProgramFailed) as error:
        advice = error.advice or f"helm template {name} {reference} --debug"
        return Finding("install", "failed", error.what, advice)
    return Finding("install", "passed", f"{reference.with_version(version)}: {objects}")


def _published_reference(project: Project, facts: Facts) -> Reference:
    """Return where the incident published the chart, or else where users install from."""
    if facts.reference:
        return Reference.parse(facts.reference)
    return project.install_reference(facts.name)


Check = Callable[[Project, Facts], Finding]
CHECKS: Mapping[str, Check] = {
    "workflow": check_workflow,
    "chart": check_chart,
    "install": check_install,
}
