"""The incident's issue: one an incident, found again whatever became of it, and its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.incident.event import Event, Kind
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.reports.issue import (
    LABELS,
    SIZE_LIMIT,
    TITLE,
    find_issue,
    fired_triggers,
    fit_to_limit,
    issue_text,
    marker,
    step_lines,
    update_issue,
)

from .fakes import Issues, log_in, project_with

AT = datetime(2026, 11, 24, 22, 0, 5, tzinfo=UTC)


def event(step: str, kind: Kind = "done", run: str = "a", **data: Any) -> Event:
    return Event(AT, run, 1.0, step, kind, data)


def journal_of(*events: Event) -> Journal:
    journal = Journal()
    journal.events += events
    return journal


@pytest.fixture
def issues() -> Issues:
    return Issues()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[IncidentLog]:
    with running_step("support.incident"):
        yield log_in(tmp_path / "state")


# Opening it and keeping it up to date


def test_the_first_time_it_is_opened_with_its_labels_and_recorded(
    issues: Issues, log: IncidentLog, capsys: pytest.CaptureFixture[str]
) -> None:
    update_issue(project_with(issues), log)
    (issue,) = issues.by_number.values()
    assert (issue.title, issue.labels) == (TITLE, tuple(LABELS))
    assert issue.body.startswith(marker(log.journal))
    assert log.facts.issue == issue.number
    assert f"✓ #{issue.number} opened {issue.url}\n" in capsys.readouterr().err


def test_without_news_nothing_is_written_and_with_a_title_it_gets_that(
    issues: Issues, log: IncidentLog, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_with(issues)
    with running_step("timeline.start"), log.recording_step():
        pass
    update_issue(project, log)
    before = dict(issues.by_number)
    update_issue(project, log)
    assert issues.by_number == before
    assert "#44 is up to date" in capsys.readouterr().err
    update_issue(project, log, "Chart 1.7.0 is missing")
    assert issues.by_number[44].title == "Chart 1.7.0 is missing"
    assert "#44 updated" in capsys.readouterr().err


def test_news_change_the_text_and_keep_the_title(issues: Issues, log: IncidentLog) -> None:
    project = project_with(issues)
    update_issue(project, log)
    issues.change(44, title="somebody gave it this title")
    with running_step("publish.push"), log.recording_step() as outcome:
        outcome.learn(Facts(digest="sha256:1"))
    update_issue(project, log)
    assert issues.by_number[44].title == "somebody gave it this title"
    assert "publish.push: done, digest sha256:1" in issues.by_number[44].body


def test_that_somebody_closed_it_is_told(
    issues: Issues, log: IncidentLog, capsys: pytest.CaptureFixture[str]
) -> None:
    update_issue(project_with(issues), log)
    issues.change(44, state="CLOSED")
    update_issue(project_with(issues), log)
    assert "gh issue reopen 44 --repo stianfro/threek8s" in capsys.readouterr().err
    assert issues.by_number[44].state == "CLOSED"


def test_one_that_was_only_planned_has_no_number(
    issues: Issues, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issues.only_planned = True
    log = log_in(tmp_path / "state", dry_run=True)
    update_issue(project_with(issues), log)
    assert log.facts.issue == 0
    assert capsys.readouterr().err == ""


# Finding it again


def test_it_is_found_by_its_number_without_its_label_and_its_text(
    issues: Issues, log: IncidentLog
) -> None:
    update_issue(project_with(issues), log)
    issues.change(44, labels=(), body="somebody wrote over it")
    found = find_issue(project_with(issues), log.journal)
    assert found
    assert found.number == 44


def test_it_is_found_by_its_text_when_its_number_was_never_recorded(
    issues: Issues, log: IncidentLog
) -> None:
    journal = log.begin()
    issues.create("of another incident", "<!-- rollback incident 2020 -->", list(LABELS))
    issues.create("mine", f"\r\n{marker(journal)}\r\nit broke", list(LABELS))
    found = find_issue(project_with(issues), journal)
    assert found
    assert found.title == "mine"


def test_one_that_was_deleted_is_opened_anew(issues: Issues, log: IncidentLog) -> None:
    update_issue(project_with(issues), log)
    issues.by_number = {40: replace(issues.by_number[44], number=40, body="", labels=())}
    update_issue(project_with(issues), log)
    assert log.facts.issue == 45


def test_without_an_incident_there_is_no_issue(issues: Issues) -> None:
    issues.create("empty", marker(Journal()), list(LABELS))
    assert find_issue(project_with(issues), Journal()) is None


# Its text


def test_the_text_begins_with_the_reason(log: IncidentLog) -> None:
    journal = log.begin("1.7.0 cannot be found")
    lines = issue_text(journal).splitlines()
    assert lines[:2] == [f"<!-- rollback incident {journal.id} -->", "1.7.0 cannot be found"]
    assert lines[-1].endswith("timeline.start: opened")


def test_every_step_is_under_the_command_that_was_typed_with_what_it_learned() -> None:
    journal = journal_of(
        event("timeline.start", "opened"),
        event("rollback.revert", "started", "b", pr=42, command="invoke recover --pr 42"),
        event("rollback.revert", "done", "b", revert=43, revert_url="https://x/43"),
        event("verify.all", "failed", "b", checks={"chart": "passed", "install": "failed"}),
        event("publish.push", "failed", "c", command="invoke publish.push", error="413"),
        event("support.incident", "done", "c", issue=44),
    )
    assert step_lines(journal) == [
        "- 2026-11-24 22:00:05 UTC, timeline.start: opened",
        "- `invoke recover --pr 42`",
        "  - 2026-11-24 22:00:05 UTC, rollback.revert: done, revert_url https://x/43",
        "  - 2026-11-24 22:00:05 UTC, verify.all: failed, checks chart passed, install failed",
        "- `invoke publish.push`",
        "  - 2026-11-24 22:00:05 UTC, publish.push: failed, error 413",
    ]


def test_what_fired_before_the_incident_comes_first_with_the_time_of_then() -> None:
    triggers = {"publish": "fired", "users": "clear"}
    seen = "2026-11-24 21:00:00"
    earlier = event("when.check", "failed", "b", triggers=triggers, seen=seen, command="x")
    journal = journal_of(event("timeline.start", "opened"), earlier)
    expected = f"  - {seen} UTC, when.check: failed, triggers publish fired, users clear"
    assert step_lines(journal)[:2] == ["- `x`", expected]
    assert fired_triggers(journal) == ["What fired: publish.", ""]


def test_a_trigger_that_fired_is_named_once_and_one_that_is_clear_is_not() -> None:
    first = event("when.check", "failed", triggers={"publish": "fired", "users": "clear"})
    second = event("when.check", "failed", triggers={"publish": "fired", "versions": "fired"})
    assert fired_triggers(journal_of(first, second)) == ["What fired: publish, versions.", ""]
    assert fired_triggers(journal_of(event("when.check", triggers={"users": "clear"}))) == []
    assert fired_triggers(Journal()) == []


# What GitHub accepts


@pytest.mark.parametrize("size", [0, SIZE_LIMIT])
def test_a_text_within_the_limit_stays_as_it_is(size: int) -> None:
    assert fit_to_limit("x" * size, "2026") == "x" * size


@pytest.mark.parametrize("code_starts_at", [0.1, 0.2, 0.45, 0.7, 0.8])
def test_a_longer_text_loses_whole_lines_of_its_middle_and_no_code_is_left_open(
    code_starts_at: float,
) -> None:
    lines = [f"line {number:05}" for number in range(12_000)]
    start = int(code_starts_at * len(lines))
    lines[start : start + 1200] = ["```", *lines[start : start + 1200], "```"]
    text = fit_to_limit("\n".join(lines), "2026-11-24")
    assert SIZE_LIMIT - 20_000 < len(text) <= SIZE_LIMIT
    assert text.startswith("line 00000\n")
    assert text.endswith("line 11999")
    assert text.count("```") % 2 == 0
    (note,) = [line for line in text.splitlines() if "[...]" in line]
    assert "GitHub accepts 65,536 characters: the journal of incident 2026-11-24 holds" in note
    kept = set(text.splitlines()) - {note, ""}
    assert kept <= set(lines)
