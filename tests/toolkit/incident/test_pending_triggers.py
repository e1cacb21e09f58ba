"""Trigger results from before an incident: the newest of each are kept for a day, and then used."""

from __future__ import annotations

import json
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
    return Event(NOW - age, "a", 1.0, "when.check", "failed", {"triggers": triggers})


def outcomes_in(file: Path) -> list[dict[str, str]]:
    return [event.data["triggers"] for event in pending_trigger_results(file)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "triggers.jsonl"


def test_a_result_replaces_those_that_checked_no_other_trigger(file: Path) -> None:
    keep_trigger_results(file, result_of(publish="fired", users="clear"), str)
    keep_trigger_results(file, result_of(users="fired"), str)
    assert outcomes_in(file) == [{"publish": "fired", "users": "clear"}, {"users": "fired"}]
    keep_trigger_results(file, result_of(publish="clear", users="clear"), str)
    assert outcomes_in(file) == [{"publish": "clear", "users": "clear"}]


def test_a_result_counts_from_now_and_says_when_it_was_seen(file: Path) -> None:
    keep_trigger_results(file, result_of(timedelta(hours=2), publish="fired"), str)
    (event,) = pending_trigger_results(file)
    assert event.at >= NOW
    assert event.data["seen"] == f"{NOW - timedelta(hours=2):%Y-%m-%d %H:%M:%S}"


def test_an_old_result_is_of_another_emergency(file: Path) -> None:
    keep_trigger_results(file, result_of(timedelta(hours=25), publish="fired"), str)
    keep_trigger_results(file, result_of(timedelta(hours=23), users="fired"), str)
    assert outcomes_in(file) == [{"users": "fired"}]


def test_no_secret_is_kept(file: Path) -> None:
    keep_trigger_results(file, result_of(publish="hush"), lambda text: text.replace("hush", "***"))
    assert outcomes_in(file) == [{"publish": "***"}]


@pytest.mark.parametrize("text", ["", "{}\n", "[]", '{"at": 1}', "\xff", "garbage"])
def test_a_file_that_cannot_be_read_has_no_results_and_is_replaced(file: Path, text: str) -> None:
    file.write_bytes(text.encode("latin-1"))
    assert pending_trigger_results(file) == []
    keep_trigger_results(file, result_of(publish="fired"), str)
    assert outcomes_in(file) == [{"publish": "fired"}]


def test_an_event_without_triggers_is_no_result(file: Path) -> None:
    event = Event(NOW, "a", 1.0, "verify.all", "done", {"checks": {}})
    file.write_text(event.line() + "\n")
    assert pending_trigger_results(file) == []


def test_a_file_that_cannot_be_written_loses_the_result_and_stops_nobody(tmp_path: Path) -> None:
    file = tmp_path / "no folder" / "triggers.jsonl"
    keep_trigger_results(file, result_of(publish="fired"), str)
    assert pending_trigger_results(file) == []
    discard_trigger_results(file)


def test_discarded_results_are_gone(file: Path) -> None:
    keep_trigger_results(file, result_of(publish="fired"), str)
    assert json.loads(file.read_text())["step"] == "when.check"
    discard_trigger_results(file)
    assert not file.exists()
