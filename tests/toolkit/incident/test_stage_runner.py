"""Running the stages: each has its budget in sight, and an early end says how far it came."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from invoke.exceptions import Exit

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.console.output import HOUR
from tasks.toolkit.incident.event import Event
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.stage_runner import budget_left, run_stages


def closed_after(seconds: float) -> Journal:
    """Return the journal of an incident that took some seconds."""
    opened = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
    closed = opened + timedelta(seconds=seconds)
    journal = Journal()
    journal.events = [
        Event(opened, "a", 0, "timeline.start", "opened"),
        Event(closed, "a", seconds, "timeline.stop", "closed"),
    ]
    return journal


def test_what_is_left_of_a_budget_is_said_in_words() -> None:
    assert budget_left(closed_after(200), "Immediate") == "1:40 min left of 5:00 min"
    assert budget_left(closed_after(2 * HOUR), "Quick") == "1:30:00 h over its 30:00 min"


def log_in(folder: Path, *, dry_run: bool = False) -> IncidentLog:
    executor = Executor(dry_run=dry_run)
    return IncidentLog(
        executor,
        str,
        lambda: folder,
        lambda: folder / "triggers.jsonl",
    )


def ending_with(code: int) -> Callable[[], object]:
    def work() -> None:
        raise Exit(code=code)

    return work


def test_the_stages_run_in_order_and_the_time_is_announced(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ran: list[str] = []
    works = {name: partial(ran.append, name) for name in ("Immediate", "Full")}
    run_stages(log_in(tmp_path), works)
    assert ran == ["Immediate", "Full"]
    assert re.search(r"✓ done, 0\.\d s after the incident was opened\n", capsys.readouterr().err)


@pytest.mark.parametrize(("code", "can_be_resumed"), [(3, True), (130, True), (1, False)])
def test_a_stage_that_ends_early_is_reported_with_what_is_done_and_left(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    code: int,
    can_be_resumed: bool,
) -> None:
    works = {
        "Immediate": lambda: None,
        "Quick": ending_with(code),
        "Full": lambda: None,
    }
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
