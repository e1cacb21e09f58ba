"""The stages of the runbook's timeline: when they begin, when they are done, and in which state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tasks.toolkit.console.output import MINUTE
from tasks.toolkit.incident.event import LEFT_OUT, Event, Kind
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.incident.stages import (
    Stage,
    gantt_chart,
    recovery_stages,
    step_spans,
)

START = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
Happened = tuple[float, str, Kind, dict[str, Any]]  # seconds since START, step, kind, data
OPENED: Happened = (0, "timeline.start", "opened", {})
REVERTED: Happened = (60, "rollback.revert", "done", {"good_commit": "abc"})
PUBLISHED: Happened = (90, "publish.push", "done", {"digest": "sha256:1"})
LEFT_OUT_PUBLICATION: Happened = (70, "publish.all", "skipped", {LEFT_OUT: True})
VERIFIED: Happened = (100, "verify.all", "done", {"checks": {"chart": "passed"}})
CLOSED: Happened = (200, "timeline.stop", "closed", {})


def journal_of(*happened: Happened) -> Journal:
    journal = Journal()
    for seconds, step, kind, data in happened:
        at = START + timedelta(seconds=seconds)
        event = Event(
            at,
            "a",
            seconds,
            step,
            kind,
            data,
        )
        journal.events.append(event)
    return journal


def stages_of(*happened: Happened) -> dict[str, Stage]:
    stages = recovery_stages(journal_of(*happened))
    return {stage.name: stage for stage in stages}


def states_of(*happened: Happened) -> list[str]:
    stages = recovery_stages(journal_of(*happened))
    return [stage.state for stage in stages]


def times_of(stage: Stage) -> tuple[float | None, float | None, float | None]:
    """Return when a stage began and ended, and how long it took."""
    return stage.start, stage.end, stage.elapsed


def test_a_stage_takes_from_its_first_event_until_it_is_done() -> None:
    started: Happened = (10, "rollback.revert", "started", {"pr": 42})
    stage = stages_of(OPENED, started, REVERTED, PUBLISHED, CLOSED)["Immediate"]
    assert times_of(stage) == (10, 60, 50)
    assert stage.work == "revert the PR"
    assert stage.budget == 5 * MINUTE


def test_a_stage_that_is_found_done_again_ended_when_it_was_done_first() -> None:
    again: Happened = (150, "rollback.revert", "skipped", {"good_commit": "abc"})
    stage = stages_of(OPENED, REVERTED, again, CLOSED)["Immediate"]
    assert stage.end == 60


def test_a_stage_that_never_began_has_no_times() -> None:
    stage = stages_of(OPENED, REVERTED, CLOSED)["Full"]
    assert times_of(stage) == (None, None, None)


def test_a_stage_that_is_not_done_takes_until_the_end_of_the_incident() -> None:
    failed: Happened = (50, "publish.push", "failed", {"error": "413"})
    stage = stages_of(OPENED, failed, CLOSED)["Quick"]
    assert times_of(stage) == (50, None, 150)


STATES = [
    ([OPENED, REVERTED, PUBLISHED, VERIFIED, CLOSED], ["in time"] * 3),
    ([OPENED, REVERTED, CLOSED], ["in time", "not done", "not done"]),
    (
        [OPENED, LEFT_OUT_PUBLICATION, REVERTED, VERIFIED, CLOSED],
        ["in time", "skipped", "in time"],
    ),
]


@pytest.mark.parametrize(("happened", "states"), STATES)
def test_the_state_of_each_stage_of_a_closed_incident(
    happened: list[Happened],
    states: list[str],
) -> None:
    assert states_of(*happened) == states


def test_a_stage_that_took_longer_than_its_budget_is_over_it() -> None:
    late: Happened = (5 * MINUTE + 1, "rollback.revert", "done", {"good_commit": "abc"})
    assert states_of(OPENED, late, CLOSED)[0] == "over budget"


@pytest.mark.parametrize(("age", "state"), [(1 * MINUTE, "to do"), (5.1 * MINUTE, "late")])
def test_a_stage_of_an_open_incident_is_to_do_or_late(age: float, state: str) -> None:
    opened = datetime.now(UTC) - timedelta(seconds=age)
    event = Event(opened, "another run", 0, "timeline.start", "opened")
    journal = Journal()
    journal.events.append(event)
    immediate, _, _ = recovery_stages(journal)
    assert immediate.state == state


OUTCOMES = [
    ("rollback.revert", "done", {"revert": 43}, False),  # it is open, not merged
    ("rollback.revert", "skipped", {"good_commit": "abc"}, True),
    ("rollback.revert", "started", {"good_commit": "abc"}, False),
    ("publish.package", "done", {"archive": "a.tgz"}, False),
    ("publish.push", "skipped", {"digest": "sha256:1"}, True),
    ("publish.push", "failed", {"digest": "sha256:1"}, False),
    ("verify.all", "done", {"checks": {"chart": "passed", "workflow": "unverified"}}, False),
    ("verify.all", "done", {"checks": {"chart": "passed", "workflow": "passed"}}, True),
    ("verify.all", "done", {"checks": {"chart": "passed", "references": "stale"}}, True),
    ("verify.all", "done", {"checks": {"references": "stale"}}, False),
    ("verify.chart", "done", {"checks": {"chart": "passed"}}, False),
]


@pytest.mark.parametrize(("step", "kind", "data", "is_done"), OUTCOMES)
def test_what_completes_a_stage(
    step: str,
    kind: Kind,
    data: dict[str, Any],
    is_done: bool,
) -> None:
    stages = stages_of(
        OPENED,
        (20, "publish.alias", "done", {}) if step.startswith("verify") else OPENED,
        (30, step, kind, data),
        CLOSED,
    )
    (stage,) = [stage for stage in stages.values() if stage.start == 30]
    assert (stage.end == 30) == is_done
    assert (stage.end is None) != is_done


def test_a_verification_completes_no_re_deployment_if_nothing_was_changed_before() -> None:
    assert states_of(OPENED, VERIFIED, CLOSED) == ["not done"] * 3


def test_a_step_lasts_from_its_last_start_until_its_outcome() -> None:
    first: Happened = (10, "publish.push", "started", {})
    second: Happened = (40, "publish.push", "started", {})
    journal = journal_of(OPENED, first, second, PUBLISHED, VERIFIED)
    pushed, verified = step_spans(journal)
    assert pushed == (journal.events[3], 40, 90)
    assert verified == (journal.events[4], 100, 100)


def test_an_interrupted_step_ends_when_it_is_found_done() -> None:
    started: Happened = (10, "publish.push", "started", {})
    found: Happened = (50, "publish.push", "skipped", {"digest": "sha256:1"})
    journal = journal_of(OPENED, started, found)
    (span,) = step_spans(journal)
    assert span == (journal.events[2], 10, 50)


def test_a_stage_that_was_left_out_has_no_span() -> None:
    assert step_spans(journal_of(OPENED, LEFT_OUT_PUBLICATION)) == []


def test_the_gantt_chart_has_a_section_for_each_stage_and_marks_failures() -> None:
    failed: Happened = (80.5, "publish.push", "failed", {"error": "413"})
    journal = journal_of(OPENED, REVERTED, failed, PUBLISHED)
    lines = [line.strip() for line in gantt_chart(journal).splitlines()]
    sections = [line for line in lines if line.startswith("section")]
    assert sections == [
        "section Immediate (5 min)",
        "section Quick (30 min)",
        "section Full (120 min)",
    ]
    bars = [line for line in lines if " :" in line]
    assert bars == [
        "rollback.revert merged :done, 2026-11-24T22:01:00.000, 2026-11-24T22:01:00.100",
        "publish.push failed :crit, 2026-11-24T22:01:20.500, 2026-11-24T22:01:20.600",
        "publish.push :done, 2026-11-24T22:01:30.000, 2026-11-24T22:01:30.100",
    ]
