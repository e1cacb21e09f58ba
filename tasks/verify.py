"""Verification After Rollback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from .toolkit.clients.github.actions import Run
from .toolkit.clients.registry.reference import Reference
from .toolkit.console.findings import Finding, failing, report, run_checks
from .toolkit.console.output import status
from .toolkit.console.waiting import Pending
from .toolkit.core.errors import AccessDenied, BadInput, ProgramFailed, TookTooLong
from .toolkit.core.versions import newest_release
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe
from .toolkit.recovery.push import publicity_advice
from .toolkit.workflows.runs import rerun_command

OPTIONS = {"strict": "count unverified as failed", "json": "print the result as JSON on stdout"}


@recipe(help=OPTIONS)
def workflow(incident: Incident, strict: bool = False, json: bool = False) -> None:
    """1. Check Workflow Status: `gh workflow view publish-helm.yml`, `gh run list --workflow publish-helm.yml`."""
    _report(incident, [_workflow], strict, json)


@recipe(help=OPTIONS)
def chart(incident: Incident, strict: bool = False, json: bool = False) -> None:
    """2. Verify Chart Availability: `helm show chart oci://ghcr.io/stianfro/threek8s/chart`."""
    _report(incident, [_chart], strict, json)


@recipe(help=OPTIONS)
def install(incident: Incident, strict: bool = False, json: bool = False) -> None:
    """3. Test Installation: `helm install test-rollback oci://ghcr.io/stianfro/threek8s/chart --dry-run`."""
    _report(incident, [_install], strict, json)


@recipe(name="all", default=True, help=OPTIONS)
def everything(incident: Incident, strict: bool = False, json: bool = False) -> None:
    """Verify after a rollback: the three checks at the same time, in one table."""
    _report(incident, [_workflow, _chart, _install], strict, json)


def _report(
    incident: Incident, checks: list[Callable[[Incident], Finding]], strict: bool, json: bool
) -> None:
    """Run the checks, show what they found, and fail if any failed (or, if `strict`, could not be verified)."""
    if incident.dry and incident.commands.plan.lines:
        status("verify", "left out of the dry run: what it would verify was not done")
        return
    found = run_checks(
        {check.__name__.strip("_"): partial(check, incident) for check in checks}, "unverified"
    )
    name = "all" if len(checks) > 1 else found[0].name
    incident.found(
        f"verify.{name}",
        not failing(found, strict),
        checks={check.name: check.outcome for check in found},
    )
    report("Verification after rollback", found, json, strict)


def _workflow(incident: Incident) -> Finding:
    """The workflow exists and is active, and its newest run that counts succeeded."""
    github, file = incident.github, incident.settings.workflow
    try:
        title, state = github.workflow(file)
    except BadInput as error:
        return Finding("workflow", "failed", error.what, error.advice)
    if state != "active":
        return Finding(
            "workflow",
            "failed",
            f"{title} is {state}",
            f"gh workflow enable {file} --repo {github.slug}",
        )
    since = incident.known.get("merged_at")

    def finished() -> Run | Pending | None:
        runs = [
            run
            for run in github.deployments(incident.branch, file)
            if not since or run.created_at >= datetime.fromisoformat(since)
        ]
        if runs and runs[0].status != "completed":
            return Pending(f"run {runs[0].id} of {file} ({runs[0].status})")
        return runs[0] if runs else None

    try:
        run = incident.wait("verify.workflow", finished, f"gh run watch --repo {github.slug}")
    except TookTooLong as error:
        return Finding("workflow", "unverified", error.what, error.advice)
    evidence = (
        f"{title}: run {run.id} on {run.branch} ({run.event}), {run.conclusion}, {run.url}"
        if run
        else ""
    )
    if run and run.conclusion == "success":
        return Finding("workflow", "passed", evidence)
    again = rerun_command(
        incident, incident.known.get("version", ""), incident.known.get("app_version", "")
    )
    if run:
        return Finding("workflow", "failed", evidence, again)
    after = f"since the revert was merged at {since}" if since else "yet"
    where = f"on {incident.branch} or a release's tag"
    return Finding(
        "workflow", "unverified", f"{title} is active, but has not run {after}, {where}", again
    )


def _chart(incident: Incident) -> Finding:
    """Anybody can get the chart that was published, and at the reference that users are told."""
    known, told = incident.known, incident.told
    place, registry = _published(incident), incident.registry(told, anonymous=True)
    try:
        wanted = (
            known["version"] if "digest" in known else newest_release(registry.tags(place) or [])
        )
        manifest = registry.manifest(place.at(wanted)) if wanted else None
        if manifest is None:
            return Finding(
                "chart",
                "failed",
                f"{place.at(wanted) if wanted else place} is not in the registry",
                "invoke publish.all",
            )
        got = incident.helm.show(place, wanted)
    except AccessDenied as error:
        return Finding(
            "chart", "failed", f"users are denied: {error.what}", publicity_advice(place, incident)
        )
    seen = {
        "name": got.name,
        "version": got.version,
        "app_version": got.app_version,
        "digest": manifest.digest,
    }
    expected = {**{key: known.get(key) for key in seen}, "name": place.name, "version": wanted}
    wrong = [
        f"{key} is {seen[key]!r}, not {value!r}"
        for key, value in expected.items()
        if value and seen[key] != value
    ]
    if wrong:
        return Finding(
            "chart",
            "failed",
            f"{place.at(wanted)}: {', '.join(wrong)}",
            "invoke publish.all --version with one that is free",
        )
    other = manifest if told == place else registry.manifest(told.at(wanted))
    if other is None or other.digest != manifest.digest:
        what = f"published at {place}, but users are told {told}, where {'another chart' if other else 'nothing'} stands"
        remedy = f"invoke publish.alias, since helm push appends the chart's name; or tell users {place.oci}, and set CHART_REF to it"
        return Finding("chart", "failed", what, remedy)
    return Finding(
        "chart",
        "passed",
        f"{place.at(wanted)} (app {got.app_version or 'none'}), {manifest.digest}, without credentials",
    )


def _install(incident: Incident) -> Finding:
    """Anybody can install the chart that was published: tried, not done."""
    place, settings = _published(incident), incident.settings
    wanted = incident.known["version"] if "digest" in incident.known else ""
    try:
        tried = incident.helm.try_install(
            place.oci, wanted, settings.release_name, settings.namespace
        )
    except (AccessDenied, ProgramFailed) as error:
        return Finding(
            "install",
            "failed",
            error.what,
            error.advice or f"helm template {settings.release_name} {place} --debug",
        )
    return Finding("install", "passed", f"{place.at(wanted)}: {tried}")


def _published(incident: Incident) -> Reference:
    """Return the reference that the chain published at, or else what users are told."""
    return (
        Reference.parse(incident.known["reference"])
        if "reference" in incident.known
        else incident.told
    )
