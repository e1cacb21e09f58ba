"""What the record knows of an incident: its journal, and what GitHub says of what it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..core.errors import BadInput
from ..incident.event import CAUSE, Event
from ..incident.facts import aware_time
from ..incident.journal import Journal
from ..incident.project import Project
from ..incident.recovery_outcome import events_before_recovery, first_change, time_of
from ..incident.stages import stage_of
from ..incident.user_reports import is_user_report
from .incident_text import fired_in

REVERTED_PULL = re.compile(r"--pr[ =]#?(\d{1,10})\b")  # in a command that was typed
REVERTED_COMMIT = re.compile(r"--sha[ =]([0-9a-f]{7,40})\b")
PULL = re.compile(r"#(\d{1,10})")


@dataclass(frozen=True)
class Change:
    """A pull request, or a commit, by its number or hash; the rest may be unknown."""

    name: str
    title: str = ""
    url: str = ""


@dataclass(frozen=True)
class IncidentRecord:
    """What is known of an incident. What is unknown is empty, and left to people.

    `release` is the first bad one; `why` says why the suspect is one. `reports` are the numbers
    of the issues in which users reported it. With `is_closing`, the incident ends now.
    """

    journal: Journal
    issue_url: str = ""
    release: str = ""
    released_at: datetime | None = None
    suspect: Change | None = None
    why: str = ""
    reverted: Change | None = None
    reports: tuple[int, ...] = ()
    is_closing: bool = False

    @property
    def detected_by(self) -> Event | None:
        """The check in which a trigger fired first, before the recovery began."""
        for event in events_before_recovery(self.journal):
            if fired_in(event):
                return event
        return None


def recorded(journal: Journal) -> IncidentRecord:
    """Return what the journal alone says."""
    record = IncidentRecord(journal, reverted=_reverted(journal))
    for event in events_before_recovery(journal):
        cause = event.data.get(CAUSE)
        if cause:
            return _with_cause(record, cause)
    return replace(record, suspect=record.reverted)


def read_record(
    project: Project,
    journal: Journal,
) -> IncidentRecord:
    """Return what the journal and GitHub say. Raises ServiceError."""
    record = recorded(journal)
    if record.released_at is None:
        record = _with_release(project, record)
    if record.released_at:
        record = replace(record, reports=_reports(project, record.released_at))
    return replace(
        record,
        suspect=_looked_up(project, record.suspect),
        reverted=_looked_up(project, record.reverted),
    )


def _with_cause(
    record: IncidentRecord,
    cause: Mapping[str, Any],
) -> IncidentRecord:
    """Return a record with what a trigger's check kept, as far as that can be read."""
    suspect = record.reverted
    if cause.get("suspect"):
        suspect = Change(cause["suspect"], cause.get("title", ""))
    with suppress(ValueError, OverflowError):
        released_at = aware_time(cause.get("released_at", ""))
        record = replace(record, release=cause.get("release", ""), released_at=released_at)
    return replace(record, suspect=suspect, why=cause.get("why", ""))


def _reverted(journal: Journal) -> Change | None:
    """Return what the first command that reverted something was given."""
    for event in journal.events:
        if stage_of(event) != "Immediate":
            continue
        command = str(event.data.get("command"))
        if found := REVERTED_PULL.search(command):
            return Change(f"#{found[1]}")
        if found := REVERTED_COMMIT.search(command):
            return Change(found[1][:12])
    return None


def _with_release(
    project: Project,
    record: IncidentRecord,
) -> IncidentRecord:
    """Return a record with the newest release from before the recovery, if there is one."""
    begun = first_change(record.journal) or record.journal.opened
    with suppress(BadInput):
        for release in project.releases.newest():
            if release.published_at <= time_of(begun):
                return replace(record, release=release.tag, released_at=release.published_at)
    return record


def _reports(
    project: Project,
    since: datetime,
) -> tuple[int, ...]:
    terms = project.settings.install_terms.lower().split(",")
    numbers = []
    for issue in project.github.issues.opened_since(since, state="all"):
        if is_user_report(issue, terms):
            numbers.append(issue.number)
    return tuple(sorted(numbers))


def _looked_up(
    project: Project,
    change: Change | None,
) -> Change | None:
    """Return a pull request with its title and URL; a commit, and what is gone, stay as is."""
    number = PULL.fullmatch(change.name) if change else None
    if change is None or number is None:
        return change
    with suppress(BadInput):
        pull = project.github.pulls.get(int(number[1]))
        return Change(change.name, pull.title, pull.url)
    return change
