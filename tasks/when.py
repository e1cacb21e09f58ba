"""When to Rollback."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from .toolkit.clients.git.repository import NoRepository
from .toolkit.clients.github.actions import Run, WorkflowMissing
from .toolkit.clients.github.issues import INCIDENT_LABEL, Release
from .toolkit.console.findings import Finding, run_checks, show_findings
from .toolkit.console.output import format_duration
from .toolkit.console.waiting import in_background
from .toolkit.core.errors import BadInput, CheckFailed, RecipeError, ServiceError, SettingError
from .toolkit.core.versions import is_higher, newest_release, same_precedence
from .toolkit.diagnosis.suspects import (
    Suspect,
    charts_of_release,
    find_suspect,
    highest_release,
    published_manifest,
)
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe
from .toolkit.recovery.push import publicity_advice
from .toolkit.recovery.withdraw import was_withdrawn
from .toolkit.workflows.runs import rerun_command

Trigger = Callable[[Incident, list[Release]], Finding]
SETTINGS = (SettingError, WorkflowMissing, NoRepository)  # which no later look will find right
UNTOLD = "could not tell"
OPTIONS = {"json": "print the result as JSON on stdout"}


@recipe(help=OPTIONS)
def publish(incident: Incident, json: bool = False) -> None:
    """Helm chart fails to publish to the new registry path."""
    _report(incident, [_publish], json)


@recipe(help=OPTIONS)
def versions(incident: Incident, json: bool = False) -> None:
    """Version synchronization breaks between app and chart."""
    _report(incident, [_versions], json)


@recipe(help=OPTIONS)
def users(incident: Incident, json: bool = False) -> None:
    """Users report installation issues with the new path."""
    _report(incident, [_users], json)


@recipe(default=True, help=OPTIONS)
def check(incident: Incident, json: bool = False) -> None:
    """Consider rollback if any of the three triggers fired; for cron too: 0 clear, 1 fired, 3 could not tell."""
    _report(incident, [_publish, _versions, _users], json)


def _report(incident: Incident, triggers: list[Trigger], json: bool) -> None:
    """Look at the triggers at the same time, show them, and end with the exit code that says what they come to."""
    asked = in_background(lambda: incident.github.releases())  # noqa: PLW0108 - which repository it is may not be told either
    try:
        found = run_checks(
            {
                trigger.__name__.strip("_"): partial(_look_at, trigger, incident, asked)
                for trigger in triggers
            },
            "unknown",
        )
    except BadInput:  # a setting: cron gets its document all the same
        if json:
            show_findings("", [], json, "triggers", verdict=UNTOLD)
        raise
    outcomes = {trigger.outcome for trigger in found}
    verdict = UNTOLD if "unknown" in outcomes else "no need to roll back"
    if "fired" in outcomes:
        verdict, found = _advised(incident, asked.result(), found)
    show_findings(f"When to rollback: {verdict}", found, json, "triggers", verdict=verdict)
    incident.found(
        "when.check",
        "fired" not in outcomes,
        triggers={trigger.name: trigger.outcome for trigger in found},
    )
    if "fired" in outcomes:
        raise CheckFailed(
            f"{' and '.join(one.name for one in found if one.outcome == 'fired')} fired",
            "the lines below the table say what to do next",
        )
    if "unknown" in outcomes:
        raise ServiceError("it could not be told whether to roll back", "the table says why")


def _look_at(trigger: Trigger, incident: Incident, asked: Future[list[Release]]) -> Finding:
    """Look at a trigger: what is wrong in the world leaves it unknown, and only a setting that is wrong is bad input."""
    name = trigger.__name__.strip("_")
    try:
        releases = asked.result()
        return (
            trigger(incident, releases)
            if releases
            else Finding(name, "clear", "nothing was released yet")
        )
    except SETTINGS:
        raise
    except BadInput as error:
        return Finding(name, "unknown", error.what, error.advice)


def _publish(incident: Incident, releases: list[Release]) -> Finding:
    """The newest run for the newest release failed or never came, or its version is not where users install from."""
    release = releases[0]
    run = incident.github.deployment(release, releases, incident.branch, incident.settings.workflow)
    ran, evidence = _ran(incident, release, run)
    try:
        place = incident.told.at(release.version)
        manifest, private = published_manifest(incident, place)
    except SETTINGS:
        raise
    except RecipeError as error:
        if ran != "fired":
            raise
        return Finding(
            "publish",
            ran,
            f"{evidence}; whether its chart is there could not be told: {error.what}",
        )
    if private:
        return Finding(
            "publish",
            "fired",
            f"{evidence}; {place} is private: users cannot install it",
            publicity_advice(place, incident),
        )
    where = (
        "there"
        if manifest
        else "withdrawn"
        if was_withdrawn(incident, release.version)
        else "not there"
    )
    if ran == "clear" and not manifest:
        ran = "fired"
    elif ran == "unknown" and not run and manifest:  # published by hand
        ran = "clear"
    return Finding("publish", ran, f"{evidence}; {place} is {where}")


def _ran(incident: Incident, release: Release, run: Run | None) -> tuple[str, str]:
    """Tell what a release's run alone comes to, and in words how it went. One that nobody takes up never came."""
    age = (datetime.now(UTC) - (run.created_at if run else release.published_at)).total_seconds()
    late = age >= incident.settings.wait_timeout
    if run is None:
        young = f"{release.tag} is {format_duration(age)} old, and its workflow has not begun"
        return (
            ("fired", f"no run of the workflow for {release.tag}") if late else ("unknown", young)
        )
    if run.status == "completed":
        return (
            "clear" if run.conclusion == "success" else "fired",
            f"run {run.id} for {release.tag}: {run.conclusion}, {run.url}",
        )
    waits = late and run.status != "in_progress"
    told = f"run {run.id} for {release.tag} is {run.status}{f' since {format_duration(age)}' if waits else ''}, {run.url}"
    return "fired" if waits else "unknown", told


def _versions(incident: Incident, releases: list[Release]) -> Finding:
    """The release, Chart.yaml at its tag and on the default branch, and what users get agree, by semver precedence."""
    release, told = highest_release(releases), incident.told
    found, seen, unread = charts_of_release(incident, release), {"release": release.version}, ""
    for where, (_, chart) in found.items():
        seen |= {f"version at {where}": chart.version, f"appVersion at {where}": chart.app_version}
    try:
        published = newest_release(incident.registry(told, anonymous=True).tags(told) or [])
        got = incident.helm.show(told, published) if published else None
        seen |= {
            "registry": published or "nothing",
            "registry's appVersion": got.app_version if got else "nothing",
        }
    except RecipeError as error:
        if all(same_precedence(value, release.version) for value in seen.values()):
            raise
        unread = f"; what users get could not be told: {error.what}"
    wrong = [
        f"{what} is {value}"
        for what, value in seen.items()
        if not same_precedence(value, release.version)
    ]
    if not wrong:
        return Finding("versions", "clear", f"all are {release.version}: {', '.join(seen)}")
    since = incident.git.last_change(
        found[incident.branch][0], f"{incident.chart_dir}/Chart.yaml", "^(version|appVersion):"
    )
    evidence = f"release is {release.version}, but {', '.join(wrong)}; versions in Chart.yaml were changed last by {since}{unread}"
    return Finding("versions", "fired", evidence)


def _users(incident: Incident, releases: list[Release]) -> Finding:
    """Open issues since the newest release speak of installing."""
    terms = [term.strip().lower() for term in incident.settings.install_terms.split(",")]
    found = [
        issue
        for issue in incident.github.open_since(releases[0].published_at)
        if INCIDENT_LABEL not in map(str.lower, issue.labels)
        and any(term in f"{issue.title} {issue.body}".lower() for term in terms)
    ]
    if not found:
        return Finding(
            "users", "clear", f"no open issue since {releases[0].tag} speaks of {', '.join(terms)}"
        )
    listed = "\n".join(f"#{issue.number} {issue.title} {issue.url}" for issue in found[:5])
    close = f"close what is solved: gh issue close {found[0].number} --repo {incident.slug}"
    return Finding(
        "users", "fired", listed, close + f", and so on for all {len(found)}" * (len(found) > 1)
    )


def _advised(
    incident: Incident, releases: list[Release], found: list[Finding]
) -> tuple[str, list[Finding]]:
    """Return the verdict, and the findings: those that fired say who is suspected, and how to recover or what is left after that."""
    fired = {
        one.name
        for one in found
        if one.outcome == "fired" and not (one.name == "publish" and one.next)
    }
    if not fired:  # a private package: no revert helps against that
        return "make the package public", found
    release = releases[0] if "publish" in fired else highest_release(releases)
    try:
        who = find_suspect(incident, releases, release)
    except RecipeError as error:  # that it fired is told in any case
        again = f"invoke recover --pr NUMBER, with the one that did it; or {error.advice or 'run the same command again'}"
        who = Suspect(f"the suspect could not be looked for: {error.what}", again, "")
    told = [
        replace(
            one,
            evidence=f"{one.evidence}\n{who.told}",
            next=who.command or one.next or _left(incident, release, one.name, who),
        )
        if one.name in fired
        else one
        for one in found
    ]
    return "roll back" if who.command else "rolled back already", told


def _left(incident: Incident, release: Release, name: str, who: Suspect) -> str:
    """Return what is left to be done once users get a chart with the revert."""
    if name == "publish" and not is_higher(who.published, release.version):
        return rerun_command(incident, who.published, release.version)
    higher = f" above {who.published}" * is_higher(who.published, release.version)
    return (
        f"release a version{higher} with the revert, and with version and appVersion in Chart.yaml"
    )
