"""What became of an incident: whether it recovered, and what came before its recovery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tasks.toolkit.incident.event import Event, Kind
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.incident.recovery_outcome import (
    events_before_recovery,
    incident_state,
    installable_at,
    recovery_time,
)

START = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
Happened = tuple[float, str, Kind, dict[str, Any]]  # seconds since START, step, kind, data
SOUND = {"checks": {"workflow": "unverified", "chart": "passed", "install": "passed"}}
FAILING = {"checks": {"chart": "passed", "install": "failed"}}
OPENED: Happened = (0, "timeline.start", "opened", {})
REVERT_OPENED: Happened = (30, "rollback.revert", "done", {"revert": 43})
REVERTED: Happened = (60, "rollback.revert", "done", {"good_commit": "abc"})
PUBLISHED: Happened = (90, "publish.push", "done", {"digest": "sha256:1"})
VERIFIED: Happened = (100, "verify.all", "done", SOUND)
CLOSED: Happened = (200, "timeline.stop", "closed", {})


def journal_of(*happened: Happened) -> Journal:
    journal = Journal()
    for seconds, step, kind, data in happened:
        at = START + timedelta(seconds=seconds)
        journal.events.append(Event(at, "a", seconds, step, kind, data))
    return journal


def found_merged(seconds: float) -> Happened:
    """Return that a revert was found, which was merged so long after START."""
    merged_at = START + timedelta(seconds=seconds)
    data = {"good_commit": "abc", "merged_at": merged_at.isoformat()}
    return (70, "rollback.revert", "skipped", data)


def at_second(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


RECOVERIES = [
    ([OPENED, REVERTED, PUBLISHED, VERIFIED], 100),
    ([OPENED, (50, "publish.alias", "done", {}), VERIFIED], 100),
    ([OPENED, found_merged(40), VERIFIED], 100),
    ([OPENED, REVERTED, PUBLISHED, (95, "verify.all", "failed", FAILING), VERIFIED], 100),
    ([OPENED, REVERTED, PUBLISHED, VERIFIED, (150, "verify.all", "failed", FAILING)], None),
    ([OPENED, VERIFIED], None),  # it was sound already
    ([OPENED, found_merged(-40), VERIFIED], None),  # what another incident had recovered
    ([OPENED, REVERT_OPENED, VERIFIED], None),
    ([OPENED, REVERTED, PUBLISHED], None),  # which nobody verified
    ([OPENED, REVERTED, (80, "verify.all", "done", {"checks": {"path": "passed"}})], None),
]


@pytest.mark.parametrize(("happened", "seconds"), RECOVERIES)
def test_an_incident_recovered_when_a_verification_found_a_sound_chart_after_a_change(
    happened: list[Happened], seconds: float | None
) -> None:
    journal = journal_of(*happened)
    assert recovery_time(journal) == seconds
    assert incident_state(journal) == ("open" if seconds is None else "recovered")
    closed = journal_of(*happened, CLOSED)
    assert incident_state(closed) == ("stopped" if seconds is None else "recovered")


def test_users_could_install_since_the_publication_that_was_verified_later() -> None:
    assert installable_at(journal_of(OPENED, REVERTED, PUBLISHED, VERIFIED)) == at_second(90)
    assert installable_at(journal_of(OPENED, REVERTED, VERIFIED)) == at_second(100)
    assert installable_at(journal_of(OPENED, REVERTED, PUBLISHED)) is None


def test_what_comes_after_the_recovery_began_detected_nothing() -> None:
    fired: Happened = (10, "when.check", "failed", {"triggers": {"users": "fired"}})
    begun: Happened = (20, "rollback.revert", "started", {"pr": 42})
    after: Happened = (65, "when.check", "failed", {"triggers": {"versions": "fired"}})
    journal = journal_of(OPENED, fired, begun, REVERTED, after)
    assert list(events_before_recovery(journal)) == journal.events[:2]


def test_what_fired_after_a_revert_outside_the_incident_detected_nothing() -> None:
    after = {"triggers": {"versions": "fired"}, "seen": "2026-11-24 21:59:50"}
    happened: Happened = (0, "when.check", "failed", after)
    journal = journal_of(OPENED, happened, found_merged(-60))
    assert list(events_before_recovery(journal)) == []
    journal = journal_of(OPENED, happened, found_merged(-5))
    assert list(events_before_recovery(journal)) == [journal.events[1]]
