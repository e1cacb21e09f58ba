"""The stages of the runbook's timeline: when they begin, when they are done, and in which state."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from invoke.exceptions import Exit

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.console.output import HOUR, MINUTE
from tasks.toolkit.incident.event import LEFT_OUT, Event, Kind
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.stages import (
    Stage,
    budget_left,
    gantt_chart,
    recovery_stages,
    run_stages,
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
        journal.events.append(Event(at, "a", seconds, step, kind, data))
    return journal


def stages_of(*happened: Happened) -> dict[str, Stage]:
    return {stage.name: stage for stage in recovery_stages(journal_of(*happened))}


def states_of(*happened: Happened) -> list[str]:
    return [stage.state for stage in stages_of(*happened).values()]


def test_a_stage_takes_from_its_first_event_until_it_is_done() -> None:
    started: Happened = (10, "rollback.revert", "started", {"pr": 42})
    stage = stages_of(OPENED, started, REVERTED, PUBLISHED, CLOSED)["Immediate"]
    assert (stage.start, stage.end, stage.elapsed) == (10, 60, 50)
    assert (stage.work, stage.budget) == ("revert the PR", 5 * MINUTE)


def test_a_stage_that_never_began_has_no_times() -> None:
    stage = stages_of(OPENED, REVERTED, CLOSED)["Full"]
    assert (stage.start, stage.end, stage.elapsed) == (None, None, None)


def test_a_stage_that_is_not_done_takes_until_the_end_of_the_incident() -> None:
    failed: Happened = (50, "publish.push", "failed", {"error": "413"})
    stage = stages_of(OPENED, failed, CLOSED)["Quick"]
    assert (stage.start, stage.end, stage.elapsed) == (50, None, 150)


@pytest.mark.parametrize(
    ("happened", "states"),
    [
        ([OPENED, REVERTED, PUBLISHED, VERIFIED, CLOSED], ["in time"] * 3),
        ([OPENED, REVERTED, CLOSED], ["in time", "not done", "not done"]),
        (
            [OPENED, LEFT_OUT_PUBLICATION, REVERTED, VERIFIED, CLOSED],
            ["in time", "skipped", "in time"],
        ),
    ],
)
def test_the_state_of_each_stage_of_a_closed_incident(
    happened: list[Happened], states: list[str]
) -> None:
    assert states_of(*happened) == states


def test_a_stage_that_took_longer_than_its_budget_is_over_it() -> None:
    late: Happened = (5 * MINUTE + 1, "rollback.revert", "done", {"good_commit": "abc"})
    assert states_of(OPENED, late, CLOSED)[0] == "over budget"


@pytest.mark.parametrize(("age", "state"), [(1 * MINUTE, "to do"), (5.1 * MINUTE, "late")])
def test_a_stage_of_an_open_incident_is_to_do_or_late(age: float, state: str) -> None:
    journal = Journal()
    opened = datetime.now(UTC) - timedelta(seconds=age)
    journal.events.append(Event(opened, "another run", 0, "timeline.start", "opened"))
    assert recovery_stages(journal)[0].state == state


@pytest.mark.parametrize(
    ("step", "kind", "data", "is_done"),
    [
        ("rollback.revert", "done", {"revert": 43}, False),  # it is open, not merged
        ("rollback.revert", "skipped", {"good_commit": "abc"}, True),
        ("rollback.revert", "started", {"good_commit": "abc"}, False),
        ("publish.package", "done", {"archive": "a.tgz"}, False),
        ("publish.push", "skipped", {"digest": "sha256:1"}, True),
        ("publish.push", "failed", {"digest": "sha256:1"}, False),
        ("verify.all", "done", {"checks": {"chart": "passed", "workflow": "unverified"}}, False),
        ("verify.all", "done", {"checks": {"chart": "passed", "workflow": "passed"}}, True),
        ("verify.chart", "done", {"checks": {"chart": "passed"}}, False),
    ],
)
def test_what_completes_a_stage(step: str, kind: Kind, data: dict[str, Any], is_done: bool) -> None:
    stages = stages_of(OPENED, (30, step, kind, data), CLOSED)
    assert [stage.end for stage in stages.values() if stage.start == 30] == [
        30 if is_done else None
    ]


def test_what_is_left_of_a_budget_is_said_in_words() -> None:
    journal = journal_of(OPENED, REVERTED, CLOSED)
    assert budget_left(journal, "Immediate") == "1:40 min left of 5:00 min"
    journal = journal_of(OPENED, (2 * HOUR, "timeline.stop", "closed", {}))
    assert budget_left(journal, "Quick") == "1:30:00 h over its 30:00 min"


def test_a_step_lasts_from_its_last_start_until_its_outcome() -> None:
    first: Happened = (10, "publish.push", "started", {})
    second: Happened = (40, "publish.push", "started", {})
    spans = step_spans(journal_of(OPENED, first, second, PUBLISHED, VERIFIED))
    assert [(event.step, start, end) for event, start, end in spans] == [
        ("publish.push", 40, 90),
        ("verify.all", 100, 100),
    ]


def test_an_interrupted_step_ends_when_it_is_found_done() -> None:
    started: Happened = (10, "publish.push", "started", {})
    found: Happened = (50, "publish.push", "skipped", {"digest": "sha256:1"})
    spans = step_spans(journal_of(OPENED, started, found))
    assert [(start, end) for _, start, end in spans] == [(10, 50)]


def test_a_stage_that_was_left_out_has_no_span() -> None:
    assert step_spans(journal_of(OPENED, LEFT_OUT_PUBLICATION)) == []


def test_the_gantt_chart_has_a_section_for_each_stage_and_marks_failures() -> None:
    failed: Happened = (80.5, "publish.push", "failed", {"error": "413"})
    lines = gantt_chart(journal_of(OPENED, REVERTED, failed, PUBLISHED)).splitlines()
    sections = [line.strip() for line in lines if "section" in line]
    assert sections == [
        "section Immediate (5 min)",
        "section Quick (30 min)",
        "section Full (120 min)",
    ]
    bars = [line.strip() for line in lines if " :" in line]
    assert bars == [
        "rollback.revert :done, 2026-11-24T22:01:00.000, 2026-11-24T22:01:00.100",
        "publish.push :crit, 2026-11-24T22:01:20.500, 2026-11-24T22:01:20.600",
        "publish.push :done, 2026-11-24T22:01:30.000, 2026-11-24T22:01:30.100",
    ]


# Running the stages


def log_in(folder: Path, *, dry_run: bool = False) -> IncidentLog:
    executor = Executor(dry_run=dry_run)
    return IncidentLog(executor, str, lambda: folder, lambda: folder / "triggers.jsonl")


def ending_with(code: int) -> Callable[[], object]:
    def work() -> None:
        raise Exit(code=code)

    return work


def test_the_stages_run_in_order_and_the_time_is_announced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []
    works = {name: partial(ran.append, name) for name in ("Immediate", "Full")}
    run_stages(log_in(tmp_path), works)
    assert ran == ["Immediate", "Full"]
    assert re.search(r"✓ done, 0\.\d s after the incident was opened\n", capsys.readouterr().err)


@pytest.mark.parametrize(("code", "can_be_resumed"), [(3, True), (130, True), (1, False)])
def test_a_stage_that_ends_early_is_reported_with_what_is_done_and_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: int, can_be_resumed: bool
) -> None:
    works = {"Immediate": lambda: None, "Quick": ending_with(code), "Full": lambda: None}
    with pytest.raises(Exit) as caught:
        run_stages(log_in(tmp_path), works)
    assert caught.value.code == code
    printed = capsys.readouterr().err
    assert "! stopped; done: Immediate (revert the PR); left: Quick" in printed
    assert "Full (complete fix and re-deployment)" in printed
    assert ("→ to resume: invoke" in printed) == can_be_resumed


def test_a_revert_that_is_open_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = log_in(tmp_path)
    with log.recording_step() as outcome:
        outcome.learn(Facts(revert=43))
    with pytest.raises(Exit):
        run_stages(log, {"Immediate": ending_with(3)})
    printed = capsys.readouterr().err
    assert "stopped; revert #43 is open, not merged; left: Immediate" in printed


def test_a_dry_run_claims_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = log_in(tmp_path, dry_run=True)
    run_stages(log, {"Immediate": lambda: None})
    with pytest.raises(Exit):
        run_stages(log, {"Immediate": ending_with(3)})
    assert capsys.readouterr().err == ""
