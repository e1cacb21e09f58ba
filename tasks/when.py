"""When to Rollback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from semver import Version

from .toolkit import screen
from .toolkit.errors import BadInput, CheckFailed, RecipeError, ServiceError
from .toolkit.helm import Chart
from .toolkit.incident import Incident
from .toolkit.polling import at_once
from .toolkit.recipe import recipe
from .toolkit.reference import newest
from .toolkit.screen import clock
from .toolkit.tracker import INCIDENT_LABEL, Release

OPTIONS = {"json": "print the result as JSON on stdout"}


@dataclass(frozen=True)
class Trigger:
    """A reason to roll back: whether it fired, the evidence, and the command to type if it did."""

    name: str
    outcome: Literal["fired", "clear", "unknown"]
    evidence: str
    next: str = ""


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


def _report(incident: Incident, triggers: list[Callable[[Incident, list[Release]], Trigger]], json: bool) -> None:
    """Look at the triggers at the same time, show them, and end with the exit code that says what they come to."""
    releases = incident.github.releases()
    found = at_once([partial(_guarded, trigger, incident, releases) for trigger in triggers])
    outcomes = {trigger.outcome for trigger in found}
    verdict = "roll back" if "fired" in outcomes else "could not tell" if "unknown" in outcomes else "no need to roll back"
    if json:
        screen.as_json({"verdict": verdict, "triggers": [asdict(trigger) for trigger in found]})
    else:
        rows = [[one.name, one.outcome, one.evidence + (f"\n→ {one.next}" if one.next else "")] for one in found]
        screen.table(f"When to rollback: {verdict}", ["trigger", "outcome", "evidence, and what to do next"], rows)
    incident.found("when.check", "fired" not in outcomes, triggers={trigger.name: trigger.outcome for trigger in found})
    if "fired" in outcomes:
        raise CheckFailed(f"{' and '.join(one.name for one in found if one.outcome == 'fired')} fired", "the table says what to do next")
    if "unknown" in outcomes:
        raise ServiceError("it could not be told whether to roll back", "the table says why")


def _guarded(trigger: Callable[[Incident, list[Release]], Trigger], incident: Incident, releases: list[Release]) -> Trigger:
    """Look at one trigger; what could not be read leaves it unknown, a setting that is wrong ends everything."""
    name = trigger.__name__.strip("_")
    if not releases:
        return Trigger(name, "clear", "nothing was released yet")
    try:
        return trigger(incident, releases)
    except BadInput:
        raise
    except RecipeError as error:
        return Trigger(name, "unknown", error.what, error.advice or "run the same command again")


def _publish(incident: Incident, releases: list[Release]) -> Trigger:
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
        return Trigger("publish", "unknown" if absent else "clear", evidence)
    if run and run.status != "completed":
        return Trigger("publish", "unknown", f"run {run.id} for {release.tag} is {run.status}, {run.url}; {where}")
    ended = f"run {run.id} for {release.tag}: {run.conclusion}, {run.url}" if run else f"no run of the workflow for {release.tag}"
    if absent or run is None or run.conclusion != "success":
        return _fired("publish", f"{ended}; {where}", incident, releases)
    return Trigger("publish", "clear", f"{ended}; {where}")


def _versions(incident: Incident, releases: list[Release]) -> Trigger:
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
        return Trigger("versions", "clear", f"all are {release.version}: {', '.join(seen)}")
    since = git.last_change(tip, f"{folder}/Chart.yaml")
    evidence = f"release is {release.version}, but {', '.join(wrong)}; Chart.yaml was changed last by {since}"
    return _fired("versions", evidence, incident, releases)


def _users(incident: Incident, releases: list[Release]) -> Trigger:
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
        return Trigger("users", "clear", f"no open issue since {releases[0].tag} speaks of {', '.join(terms)}")
    listed = "\n".join(f"#{issue.number} {issue.title} {issue.url}" for issue in found[:5])
    return _fired("users", listed, incident, releases)


def _same(value: str, release: str) -> bool:
    """Tell whether two versions have the same precedence: https://semver.org/#spec-item-11."""
    try:
        return Version.parse(value).compare(release) == 0
    except ValueError:
        return value == release


def _fired(name: str, evidence: str, incident: Incident, releases: list[Release]) -> Trigger:
    """Name the suspect: the newest merge since the release before the newest that touched workflow or chart, and was no revert."""
    since = releases[1].published_at if len(releases) > 1 else datetime.fromtimestamp(0, UTC)
    ours = (f".github/workflows/{incident.settings.workflow}", f"{incident.chart_dir}/")
    for number, title, files in incident.github.merged_since(since):
        if any(file.startswith(ours) for file in files) and not title.startswith("Revert "):
            return Trigger(name, "fired", f"{evidence}\nsuspected: #{number} {title}", f"invoke recover --pr {number}")
    nobody = "no pull request merged since the release before touched workflow or chart"
    return Trigger(name, "fired", f"{evidence}\n{nobody}", "invoke recover --sha HASH, with the commit that did it")
