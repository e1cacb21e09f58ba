"""When to Rollback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from semver import Version

from .toolkit.chart import Chart
from .toolkit.checks import Finding, look, show
from .toolkit.errors import CheckFailed, ServiceError
from .toolkit.incident import Incident
from .toolkit.recipe import recipe
from .toolkit.reference import newest
from .toolkit.screen import clock
from .toolkit.tracker import INCIDENT_LABEL, Release

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
    verdict = "roll back" if "fired" in outcomes else "could not tell" if "unknown" in outcomes else "no need to roll back"
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
    release, told = releases[0], incident.told
    runs = [run for run in incident.github.runs(incident.settings.workflow) if run.event != "pull_request"]
    run = next((run for run in runs if run.branch == release.tag or run.created_at >= release.published_at), None)
    place = told.at(release.version)
    absent = incident.registry(told, anonymous=True).manifest(place) is None
    age = (datetime.now(UTC) - release.published_at).total_seconds()
    where = f"{place} is {'not ' * absent}there"
    if run is None and age < incident.settings.wait_timeout:
        evidence = f"{release.tag} is {clock(age)} old, and its workflow has not begun; {where}"
        return Finding("publish", "unknown" if absent else "clear", evidence)
    if run and run.status != "completed":
        return Finding("publish", "unknown", f"run {run.id} for {release.tag} is {run.status}, {run.url}; {where}")
    ended = f"run {run.id} for {release.tag}: {run.conclusion}, {run.url}" if run else f"no run of the workflow for {release.tag}"
    if absent or run is None or run.conclusion != "success":
        return _fired("publish", f"{ended}; {where}", incident, releases)
    return Finding("publish", "clear", f"{ended}; {where}")


def _versions(incident: Incident, releases: list[Release]) -> Finding:
    """The release, Chart.yaml at its tag and on the default branch, and what users get agree, by semver precedence."""
    release, git, told, folder = releases[0], incident.git, incident.told, incident.chart_dir
    tip = git.fetch(incident.branch)
    git.fetch_tags()
    seen = {"release": release.version}
    for where, commit in ((release.tag, git.commit(release.tag)), (incident.branch, tip)):
        text = git.file(commit, f"{folder}/Chart.yaml")
        chart = Chart.parse(text, f"{folder}/Chart.yaml at {where}") if text else Chart("", "missing", "missing")
        seen |= {f"version at {where}": chart.version, f"appVersion at {where}": chart.app_version}
    published = newest(incident.registry(told, anonymous=True).tags(told) or [])
    got = incident.helm.show(told, published) if published else None
    seen |= {"registry": published or "nothing", "registry's appVersion": got.app_version if got else "nothing"}
    wrong = [f"{what} is {value}" for what, value in seen.items() if not _same(value, release.version)]
    if not wrong:
        return Finding("versions", "clear", f"all are {release.version}: {', '.join(seen)}")
    since = git.last_change(tip, f"{folder}/Chart.yaml")
    evidence = f"release is {release.version}, but {', '.join(wrong)}; Chart.yaml was changed last by {since}"
    return _fired("versions", evidence, incident, releases)


def _users(incident: Incident, releases: list[Release]) -> Finding:
    """Open issues since the newest release speak of installing."""
    terms = [term.strip().lower() for term in incident.settings.install_terms.split(",")]
    since = releases[0].published_at
    found = [
        issue
        for issue in incident.github.issues()
        if issue.created_at >= since and INCIDENT_LABEL not in issue.labels
        and any(term in f"{issue.title} {issue.body}".lower() for term in terms)
    ]  # fmt: skip
    if not found:
        return Finding("users", "clear", f"no open issue since {releases[0].tag} speaks of {', '.join(terms)}")
    listed = "\n".join(f"#{issue.number} {issue.title} {issue.url}" for issue in found[:5])
    return _fired("users", listed, incident, releases)


def _same(value: str, release: str) -> bool:
    """Tell whether two versions have the same precedence: https://semver.org/#spec-item-11."""
    try:
        return Version.parse(value).compare(release) == 0
    except ValueError:
        return value == release


def _fired(name: str, evidence: str, incident: Incident, releases: list[Release]) -> Finding:
    """Name the suspect: the newest merge since the release before the newest that touched workflow or chart, and was no revert."""
    since = releases[1].published_at if len(releases) > 1 else datetime.fromtimestamp(0, UTC)
    ours = (f".github/workflows/{incident.settings.workflow}", f"{incident.chart_dir}/")
    for number, title, files in incident.github.merged_since(since):
        if any(file.startswith(ours) for file in files) and not title.startswith("Revert "):
            return Finding(name, "fired", f"{evidence}\nsuspected: #{number} {title}", f"invoke recover --pr {number}")
    nobody = "no pull request merged since the release before touched workflow or chart"
    return Finding(name, "fired", f"{evidence}\n{nobody}", "invoke recover --sha HASH, with the commit that did it")
