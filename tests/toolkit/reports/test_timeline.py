"""The timeline as people read it: which incident is shown, and what its JSON and tables have."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.incidents import Owner
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.reports.timeline import (
    find_journal,
    past_incidents,
    print_incidents,
    print_timeline,
    recovery_times,
    timeline_data,
)

from .conftest import log_in


def recovered(state: Path, reason: str = "") -> IncidentLog:
    """Return the log after an incident with all its stages, which is still open."""
    log = log_in(state)
    log.begin(reason)
    with running_step("rollback.revert"), log.recording_step() as outcome:
        outcome.learn(Facts(good_commit="abc"))
    with running_step("publish.push"), log.recording_step() as outcome:
        outcome.learn(Facts(digest="sha256:1"))
    with running_step("verify.all"):
        log.record_check(True, checks={"chart": "passed"})
    return log


def id_shown(state: Path, incident_id: str = "") -> str:
    """Return the id of the incident that a new invocation shows."""
    return find_journal(log_in(state), incident_id).id


def test_the_open_incident_is_shown_before_a_newer_one_and_any_by_its_id(tmp_path: Path) -> None:
    log = recovered(tmp_path)
    open_id = log.journal.id
    newer = Journal()
    newer.open(tmp_path, "newer")
    newer.write("timeline.stop", "closed", {})
    assert id_shown(tmp_path) == open_id
    assert id_shown(tmp_path, newer.id) == newer.id
    log.close()
    assert id_shown(tmp_path) == newer.id


def test_an_unknown_incident_is_refused_with_the_newest_ones(tmp_path: Path) -> None:
    log = recovered(tmp_path)
    expected = f"no incident 'x': choose one of {log.journal.id}: `invoke timeline.history`"
    with pytest.raises(BadInput, match=expected):
        find_journal(log, "x")


def test_without_any_incident_there_is_none_to_show(tmp_path: Path) -> None:
    expected = rf"no incident in {tmp_path}: the first task that changes something opens one"
    with pytest.raises(BadInput, match=expected):
        find_journal(log_in(tmp_path))


def test_the_json_has_the_stages_and_every_event_with_its_time(tmp_path: Path) -> None:
    journal = recovered(tmp_path).journal
    text = json.dumps(timeline_data(journal))
    data = json.loads(text)
    assert data["incident"] == journal.id
    assert data["closed"] is False
    states = [stage["state"] for stage in data["stages"]]
    assert states == ["in time"] * 3
    steps = [event["step"] for event in data["events"]]
    assert steps == [event.step for event in journal.events]
    first = data["events"][0]
    assert first["at"] == journal.opened.at.isoformat()
    assert first["offset"] == 0.0
    offsets = [event["offset"] for event in data["events"]]
    assert offsets == sorted(offsets)


def test_the_table_has_the_stages_and_the_bars_have_the_steps(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_timeline(recovered(tmp_path).journal)
    printed = capsys.readouterr().out
    for part in ("manual chart", "30:00 min", "in time", "publish.push"):
        assert part in printed
    assert re.search("[█▉▊▋▌▍▎▏▐▕]", printed)


def test_each_bar_says_what_it_came_to(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = log_in(tmp_path)
    log.begin()
    with running_step("when.check"):
        log.record_check(False, triggers={"publish": "fired"})
    with running_step("rollback.revert"), log.recording_step() as outcome:
        outcome.learn(Facts(revert=43))
    with running_step("rollback.revert"), log.recording_step() as outcome:
        outcome.learn(Facts(good_commit="abc"))
    print_timeline(log.journal)
    printed = capsys.readouterr().out
    names = [line.partition("  ")[0] for line in printed.splitlines() if "█" in line]
    assert names == ["when.check fired", "rollback.revert opened", "rollback.revert merged"]


def test_past_incidents_are_listed_newest_first_with_the_times_of_their_stages(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = recovered(tmp_path, "users cannot install")
    log.close()
    log.begin()
    newest, oldest = past_incidents(tmp_path, Owner())
    assert newest["reason"] == ""
    assert newest["closed"] is False
    assert newest["Full"] is None
    assert oldest["reason"] == "users cannot install"
    assert oldest["closed"] is True
    assert (newest["state"], oldest["state"]) == ("open", "recovered")
    assert 0 <= oldest["Immediate"] <= oldest["Quick"] <= oldest["Full"]
    print_incidents([newest, oldest])
    printed = capsys.readouterr().out
    assert printed.index(newest["incident"]) < printed.index("users cannot install")
    assert re.search(r"recovered after \d+\.\d s", printed)
    assert re.search(r"\bopen\n", printed)


def test_recovery_times_are_those_of_incidents_that_recovered() -> None:
    incidents = [{"recovered_after": seconds} for seconds in (60.0, None, 180.0, 120.0)]
    assert recovery_times(incidents) == {
        "recovered": 3,
        "median": 120.0,
        "worst": 180.0,
    }


def test_where_no_incident_recovered_there_are_no_times() -> None:
    assert recovery_times([{"recovered_after": None}]) == {"recovered": 0}
