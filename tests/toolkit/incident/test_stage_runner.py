"""Running the stages: each has its budget in sight, and an early end says how far it came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from invoke.exceptions import Exit

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.console.output import HOUR
from tasks.toolkit.core.errors import ServiceError
from tasks.toolkit.core.invocation import running_step
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
    left = budget_left(closed_after(200), "Immediate")
    assert left == "runbook's budget: 1:40 min of 5:00 min left"
    over = budget_left(closed_after(2 * HOUR), "Quick")
    assert over == "runbook's budget: 1:30:00 h over its 30:00 min"


def log_in(folder: Path, executor: Executor | None = None) -> IncidentLog:
    return IncidentLog(
        executor or Executor(dry_run=False),
        str,
        lambda: folder,
        lambda: folder / "triggers.jsonl",
    )


def ending_with(code: int) -> Callable[[], object]:
    def work() -> None:
        raise Exit(code=code)

    return work


def test_the_stages_run_in_order(tmp_path: Path) -> None:
    ran: list[str] = []
    works = {name: partial(ran.append, name) for name in ("Immediate", "Full")}
    run_stages(log_in(tmp_path), works)
    assert ran == ["Immediate", "Full"]


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
    assert "! Stopped. The revert is merged. Left: publish, verify\n" in printed
    assert ("→ to resume: invoke" in printed) == can_be_resumed


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        ("OPEN", 3, "is open, not merged"),
        ("MERGED", 1, "is merged, but that was not checked"),
        ("CLOSED", 1, "is closed, not merged"),
        ("", 3, "is open; could not check whether it is merged"),
        ("OPEN", 130, "is open; could not check whether it is merged"),
    ],
)
def test_a_revert_that_was_opened_is_named_with_its_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str, code: int, said: str
) -> None:
    log = log_in(tmp_path)
    with log.recording_step() as outcome:
        outcome.learn(Facts(revert=43))

    def ask(number: int) -> str:
        if not state:
            raise ServiceError("no answer")
        assert number == 43
        return state

    with pytest.raises(Exit):
        run_stages(log, {"Immediate": ending_with(code), "Quick": ending_with(3)}, ask)
    assert f"! Stopped. Revert #43 {said}. Left: merge, publish\n" in capsys.readouterr().err


@pytest.mark.parametrize("step", ["rollback.revert", "publish.push"])
def test_an_interrupt_while_the_revert_is_opened_says_that_nobody_knows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    log = log_in(tmp_path)

    def work() -> None:
        with running_step(step), log.recording_step():
            raise KeyboardInterrupt

    with pytest.raises(Exit) as caught:
        run_stages(log, {"Immediate": work, "Quick": list})
    assert caught.value.code == 130
    printed = capsys.readouterr().err
    assert "interrupted: what was done stays done" in printed
    unknown = "Whether its revert is opened is not known. " if step == "rollback.revert" else ""
    assert f"! Stopped. {unknown}Left: revert, merge, publish\n" in printed
    assert "→ to resume: invoke" in printed


def test_what_was_published_is_named_and_nothing_that_was_not_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = log_in(tmp_path)
    with pytest.raises(Exit):
        run_stages(log, {"Immediate": ending_with(1), "Full": ending_with(1)})
    assert "! Stopped. Left: revert, merge, verify\n" in capsys.readouterr().err
    with log.recording_step() as outcome:
        outcome.learn(Facts(revert=43, good_commit="abc", version="1.7.0", digest="sha256:1"))
    works = {"Immediate": list, "Quick": list, "Full": ending_with(1)}
    with pytest.raises(Exit):
        run_stages(log, works)
    stopped = "! Stopped. Revert #43 is merged. 1.7.0 is published. Left: verify\n"
    assert stopped in capsys.readouterr().err


def test_a_dry_run_claims_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    executor = Executor(dry_run=True)
    executor.add("true")
    log = log_in(tmp_path, executor)
    run_stages(log, {"Immediate": lambda: None})
    with pytest.raises(Exit):
        run_stages(log, {"Immediate": ending_with(3)})
    assert capsys.readouterr().err == ""
