"""When to Rollback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from .toolkit.checks import Finding, look, show
from .toolkit.errors import CheckFailed, RecipeError, ServiceError
from .toolkit.incident import Incident
from .toolkit.recipe import recipe
from .toolkit.reference import above, newest, same
from .toolkit.runs import run_of
from .toolkit.screen import clock
from .toolkit.suspicion import Suspicion, charts, suspect
from .toolkit.tracker import INCIDENT_LABEL, Release
from .toolkit.watching import rerun
from .toolkit.withdrawal import withdrawn

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


def _report(incident: Incident, triggers: list[Callable[[Incident, list[Release]], Finding]], json: bool) -> None:
    """Look at the triggers at the same time, show them, and end with the exit code that says what they come to."""
    releases = incident.github.releases()
    look_at = partial(_look_at, incident=incident, releases=releases)
    found = look({trigger.__name__.strip("_"): partial(look_at, trigger) for trigger in triggers}, "unknown")
    outcomes = {trigger.outcome for trigger in found}
    verdict = "could not tell" if "unknown" in outcomes else "no need to roll back"
    if "fired" in outcomes:
        verdict, found = _advised(incident, releases, found)
    show(f"When to rollback: {verdict}", found, json, "triggers", verdict=verdict)
    incident.found("when.check", "fired" not in outcomes, triggers={trigger.name: trigger.outcome for trigger in found})
    if "fired" in outcomes:
        raise CheckFailed(f"{' and '.join(one.name for one in found if one.outcome == 'fired')} fired", "the table says what to do next")
    if "unknown" in outcomes:
        raise ServiceError("it could not be told whether to roll back", "the table says why")


def _look_at(trigger: Callable[[Incident, list[Release]], Finding], incident: Incident, releases: list[Release]) -> Finding:
    return trigger(incident, releases) if releases else Finding(trigger.__name__.strip("_"), "clear", "nothing was released yet")


def _publish(incident: Incident, releases: list[Release]) -> Finding:
    """The newest run for the newest release failed or never came, or its version is not where users install from."""
    release, told, branch = releases[0], incident.told, incident.branch
    run = run_of(release, releases, incident.github.deployments(branch, incident.settings.workflow), branch)
    place = told.at(release.version)
    absent = incident.registry(told, anonymous=True).manifest(place) is None
    age = (datetime.now(UTC) - release.published_at).total_seconds()
    where = f"{place} is {'withdrawn' if absent and withdrawn(incident, release.version) else 'not ' * absent + 'there'}"
    if run is None and age < incident.settings.wait_timeout:
        evidence = f"{release.tag} is {clock(age)} old, and its workflow has not begun; {where}"
        return Finding("publish", "unknown" if absent else "clear", evidence)
    if run and run.status != "completed":
        return Finding("publish", "unknown", f"run {run.id} for {release.tag} is {run.status}, {run.url}; {where}")
    ended = f"run {run.id} for {release.tag}: {run.conclusion}, {run.url}" if run else f"no run of the workflow for {release.tag}"
    if absent or run is None or run.conclusion != "success":
        return Finding("publish", "fired", f"{ended}; {where}")
    return Finding("publish", "clear", f"{ended}; {where}")


def _versions(incident: Incident, releases: list[Release]) -> Finding:
    """The release, Chart.yaml at its tag and on the default branch, and what users get agree, by semver precedence."""
    release, told, seen = releases[0], incident.told, {"release": releases[0].version}
    found = charts(incident, release)
    for where, (_, chart) in found.items():
        seen |= {f"version at {where}": chart.version, f"appVersion at {where}": chart.app_version}
    published = newest(incident.registry(told, anonymous=True).tags(told) or [])
    got = incident.helm.show(told, published) if published else None
    seen |= {"registry": published or "nothing", "registry's appVersion": got.app_version if got else "nothing"}
    wrong = [f"{what} is {value}" for what, value in seen.items() if not same(value, release.version)]
    if not wrong:
        return Finding("versions", "clear", f"all are {release.version}: {', '.join(seen)}")
    since = incident.git.last_change(found[incident.branch][0], f"{incident.chart_dir}/Chart.yaml")
    evidence = f"release is {release.version}, but {', '.join(wrong)}; Chart.yaml was changed last by {since}"
    return Finding("versions", "fired", evidence)


def _users(incident: Incident, releases: list[Release]) -> Finding:
    """Open issues since the newest release speak of installing."""
    terms = [term.strip().lower() for term in incident.settings.install_terms.split(",")]
    found = [
        issue
        for issue in incident.github.open_since(releases[0].published_at)
        if INCIDENT_LABEL not in map(str.lower, issue.labels) and any(term in f"{issue.title} {issue.body}".lower() for term in terms)
    ]
    if not found:
        return Finding("users", "clear", f"no open issue since {releases[0].tag} speaks of {', '.join(terms)}")
    listed = "\n".join(f"#{issue.number} {issue.title} {issue.url}" for issue in found[:5])
    close = f"close what is solved: gh issue close {found[0].number} --repo {incident.slug}"
    return Finding("users", "fired", listed, close + f", and so on for all {len(found)}" * (len(found) > 1))


def _advised(incident: Incident, releases: list[Release], found: list[Finding]) -> tuple[str, list[Finding]]:
    """Return the verdict, and the findings: those that fired say who is suspected, and how to recover or what is left after that."""
    try:
        who = suspect(incident, releases)
    except RecipeError as error:  # that it fired is told in any case
        who = Suspicion(f"who did it could not be told: {error.what}", error.advice or "run the same command again", "")
    told = [
        replace(one, evidence=f"{one.evidence}\n{who.told}", next=who.command or one.next or _left(incident, releases[0], one.name, who))
        if one.outcome == "fired"
        else one
        for one in found
    ]
    return "roll back" if who.command else "rolled back already", told


def _left(incident: Incident, release: Release, name: str, who: Suspicion) -> str:
    """Return what is left to be done once users get a chart with the revert."""
    if name == "publish" and not above(who.published, release.version):
        return rerun(incident, who.published, release.version)
    higher = f" above {who.published}" * above(who.published, release.version)
    return f"release a version{higher} with the revert, and with version and appVersion in Chart.yaml"
