"""The timeline as people read it: which incident is shown, and what its JSON and tables have."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.reports.timeline import (
    find_journal,
    past_incidents,
    print_incidents,
    print_timeline,
    recovery_times,
    timeline_data,
)

from .fakes import log_in


def recovered(state: Path, reason: str = "") -> IncidentLog:
    """Return the log after an incident with all its stages, which is still open."""
    log = log_in(state)
    log.begin(reason)
    for step, facts in [
        ("rollback.revert", Facts(good_commit="abc")),
        ("publish.push", Facts(digest="sha256:1")),
    ]:
        with running_step(step), log.recording_step() as outcome:
            outcome.learn(facts)
    with running_step("verify.all"):
        log.record_check(True, checks={"chart": "passed"})
    return log


def test_the_open_incident_is_shown_before_newer_ones_and_any_by_its_id(tmp_path: Path) -> None:
    first = recovered(tmp_path)
    first_id = first.journal.id
    first.close()
    first.begin()
    second_id = first.journal.id
    assert find_journal(log_in(tmp_path)).id == second_id
    assert find_journal(log_in(tmp_path), first_id).id == first_id
    first.close()
    assert find_journal(log_in(tmp_path)).id == second_id


def test_an_unknown_incident_is_refused_with_the_newest_ones(tmp_path: Path) -> None:
    log = recovered(tmp_path)
    expected = f"no incident 'x': choose one of {log.journal.id}: `invoke timeline.history`"
    with pytest.raises(BadInput, match=expected):
        find_journal(log, "x")


def test_without_any_incident_there_is_none_to_show(tmp_path: Path) -> None:
    expected = rf"no incident in {tmp_path}: the first recipe that changes something begins one"
    with pytest.raises(BadInput, match=expected):
        find_journal(log_in(tmp_path))


def test_the_json_has_the_stages_and_every_event_with_its_time(tmp_path: Path) -> None:
    journal = recovered(tmp_path).journal
    data = json.loads(json.dumps(timeline_data(journal)))
    assert (data["incident"], data["closed"]) == (journal.id, False)
    assert [stage["state"] for stage in data["stages"]] == ["in time"] * 3
    assert [event["step"] for event in data["events"]] == [one.step for one in journal.events]
    first = data["events"][0]
    assert (first["at"], first["offset"]) == (journal.opened.at.isoformat(), 0.0)
    offsets = [event["offset"] for event in data["events"]]
    assert offsets == sorted(offsets)


def test_the_table_has_the_stages_and_the_bars_have_the_steps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_timeline(recovered(tmp_path).journal)
    printed = capsys.readouterr().out
    for part in ("manual chart publication", "30:00 min", "in time", "publish.push"):
        assert part in printed
    assert re.search("[█▉▊▋▌▍▎▏▐▕]", printed)


def test_past_incidents_are_listed_newest_first_with_the_times_of_their_stages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = recovered(tmp_path, "users cannot install")
    first.close()
    first.begin()
    newest, oldest = past_incidents(tmp_path)
    assert (newest["reason"], newest["closed"], newest["Full"]) == ("", False, None)
    assert (oldest["reason"], oldest["closed"]) == ("users cannot install", True)
    assert 0 <= oldest["Immediate"] <= oldest["Quick"] <= oldest["Full"]
    print_incidents([newest, oldest])
    printed = capsys.readouterr().out
    assert printed.index(newest["incident"]) < printed.index("users cannot install")
    assert "Quick done after" in printed


def test_recovery_times_are_those_of_incidents_that_recovered() -> None:
    incidents = [{"Full": seconds} for seconds in (60.0, None, 180.0, 120.0)]
    assert recovery_times(incidents) == {"recovered": 3, "median": 120.0, "worst": 180.0}
    assert recovery_times([{"Full": None}]) == {"recovered": 0}
