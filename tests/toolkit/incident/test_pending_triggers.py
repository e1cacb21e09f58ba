"""Trigger results from before an incident: the newest of each are kept for a day, and then used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.toolkit.incident.event import Event
from tasks.toolkit.incident.pending_triggers import (
    discard_trigger_results,
    keep_trigger_results,
    pending_trigger_results,
)

NOW = datetime.now(UTC)


def result_of(age: timedelta = timedelta(0), **triggers: str) -> Event:
    at = NOW - age
    data = {"triggers": triggers}
    return Event(
        at,
        run="a",
        clock=1.0,
        step="when.check",
        kind="failed",
        data=data,
    )


def keep(file: Path, *results: Event) -> None:
    for result in results:
        keep_trigger_results(file, result, str)


def outcomes_in(file: Path) -> list[dict[str, str]]:
    results = pending_trigger_results(file)
    return [event.data["triggers"] for event in results]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "triggers.jsonl"


def test_a_result_replaces_those_that_checked_no_other_trigger(file: Path) -> None:
    both = result_of(publish="fired", users="clear")
    only_users = result_of(users="fired")
    keep(file, both, only_users)
    assert outcomes_in(file) == [{"publish": "fired", "users": "clear"}, {"users": "fired"}]
    both_again = result_of(publish="clear", users="clear")
    keep(file, both_again)
    assert outcomes_in(file) == [{"publish": "clear", "users": "clear"}]


def test_the_first_result_stays_as_long_as_what_fired_in_it_is_not_clear(file: Path) -> None:
    for hours in (3, 2):
        keep(file, result_of(timedelta(hours=hours), publish="fired", users="clear"))
    keep(file, result_of(publish="unknown", users="clear"))
    first, last = pending_trigger_results(file)
    seen = NOW - timedelta(hours=3)
    assert first.data["seen"] == f"{seen:%Y-%m-%d %H:%M:%S}"
    assert last.data["triggers"]["publish"] == "unknown"
    keep(file, result_of(publish="clear", users="fired"))
    assert outcomes_in(file) == [{"publish": "clear", "users": "fired"}]


def test_a_result_counts_from_now_and_says_when_it_was_seen(file: Path) -> None:
    result = result_of(timedelta(hours=2), publish="fired")
    keep(file, result)
    (event,) = pending_trigger_results(file)
    assert event.at >= NOW
    assert event.data["seen"] == f"{result.at:%Y-%m-%d %H:%M:%S}"


def test_an_old_result_is_of_another_emergency(file: Path) -> None:
    old = result_of(timedelta(hours=25), publish="fired")
    recent = result_of(timedelta(hours=23), users="fired")
    keep(file, old, recent)
    assert outcomes_in(file) == [{"users": "fired"}]


def test_no_secret_is_kept(file: Path) -> None:
    def mask(text: str) -> str:
        return text.replace("hush", "***")

    result = result_of(publish="hush")
    keep_trigger_results(file, result, mask)
    assert outcomes_in(file) == [{"publish": "***"}]


NO_TRIGGERS = '{"at": "2999-11-24T10:00:00Z", "run": "", "clock": 1, "step": "", "kind": "done"'
UNREADABLE = [
    NO_TRIGGERS + ', "data": {"triggers": null}}',
    "[" * 100_000,
    "",
    "{}\n",
    "[]",
    '{"at": 1}',
    "\xff",
    "garbage",
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_file_that_cannot_be_read_has_no_results_and_is_replaced(file: Path, text: str) -> None:
    file.write_text(text, encoding="latin-1")
    assert pending_trigger_results(file) == []
    keep(file, result_of(publish="fired"))
    assert outcomes_in(file) == [{"publish": "fired"}]


def test_an_event_without_triggers_is_no_result(file: Path) -> None:
    event = Event(
        NOW,
        run="a",
        clock=1.0,
        step="verify.all",
        kind="done",
        data={"checks": {}},
    )
    file.write_text(event.line() + "\n")
    assert pending_trigger_results(file) == []


def test_a_file_that_cannot_be_written_loses_the_result_and_stops_nobody(tmp_path: Path) -> None:
    file = tmp_path / "no folder" / "triggers.jsonl"
    keep(file, result_of(publish="fired"))
    assert pending_trigger_results(file) == []
    discard_trigger_results(file)


def test_discarded_results_are_gone(file: Path) -> None:
    keep(file, result_of(publish="fired"))
    assert file.exists()
    discard_trigger_results(file)
    assert not file.exists()
