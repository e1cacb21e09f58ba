"""The texts about an incident: what fired, what was done by which command, what GitHub accepts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.reports.incident_text import (
    SIZE_LIMIT,
    fired_triggers,
    fit_to_limit,
    issue_text,
    issue_title,
    step_lines,
)

from .conftest import event, journal_of


def test_the_text_begins_with_the_reason(log: IncidentLog) -> None:
    lines = issue_text(log.journal).splitlines()
    assert lines[:2] == [
        f"<!-- rollback incident {log.journal.id} -->",
        "a bad path",
    ]
    assert lines[-1].endswith("timeline.start: opened")


def test_without_a_reason_the_text_says_what_happens() -> None:
    assert "\nA chart release is being rolled back.\n" in issue_text(Journal())


def test_the_title_says_rolled_back_only_once_something_was_done() -> None:
    bad = journal_of(event("when.check", "failed"))
    assert issue_title(bad) == "Bad chart release"
    begun = journal_of(event("rollback.revert", "opened"))
    assert issue_title(begun) == "Chart release rolled back"


def test_every_step_is_under_the_command_that_was_typed_with_what_it_learned() -> None:
    typed = "invoke recover --pr 42"
    checks = {"chart": "passed", "install": "failed"}
    journal = journal_of(
        event("timeline.start", "opened"),
        event("rollback.revert", "started", "b", pr=42, command=typed),
        event("rollback.revert", "done", "b", revert=43, revert_url="https://x/o/r/pull/43"),
        event("verify.all", "failed", "b", checks=checks),
        event("publish.push", "failed", "c", command="invoke publish.push", error="413"),
        event("support.incident", "done", "c", issue=44),
    )
    assert step_lines(journal) == [
        "- 2026-11-24 22:00:05 UTC, timeline.start: opened",
        "- `invoke recover --pr 42`",
        "  - 2026-11-24 22:00:05 UTC, rollback.revert: opened, revert_url https://x/o/r/pull/43",
        "  - 2026-11-24 22:00:05 UTC, verify.all: failed, checks chart passed, install failed",
        "- `invoke publish.push`",
        "  - 2026-11-24 22:00:05 UTC, publish.push: failed, error `413`",
    ]


def test_what_fired_before_the_incident_comes_first_with_the_time_of_then() -> None:
    seen = "2026-11-24 21:00:00"
    earlier = event(
        "when.check",
        "failed",
        "b",
        triggers={"publish": "fired", "users": "clear"},
        seen=seen,
        command="x",
    )
    journal = journal_of(event("timeline.start", "opened"), earlier)
    expected = f"  - {seen} UTC, when.check: fired, triggers publish fired, users clear"
    assert step_lines(journal)[:2] == ["- `x`", expected]
    assert fired_triggers(journal) == ["What fired: publish.", ""]


def test_a_trigger_that_fired_is_named_once() -> None:
    journal = journal_of(
        event("when.check", triggers={"publish": "fired", "users": "clear"}),
        event("when.check", triggers={"publish": "fired", "versions": "fired"}),
    )
    assert fired_triggers(journal) == ["What fired: publish, versions.", ""]


def test_where_no_trigger_fired_none_is_named() -> None:
    assert fired_triggers(journal_of(event("when.check", triggers={"users": "clear"}))) == []
    assert fired_triggers(Journal()) == []


def test_what_others_wrote_notifies_nobody_and_links_nowhere() -> None:
    hostile = "@everyone [x](http://evil) <img src=x> #12 Fixes o/r#1 | `x``\x1b[2J\u202e"
    journal = journal_of(
        event("timeline.start", "opened"),
        event("publish.push", "failed", error=hostile),
        event("verify.all", checks={hostile: "failed"}, digest=hostile, revert_url=hostile),
    )
    lines = step_lines(journal)
    shown = hostile.replace("\x1b", r"\x1b").replace("\u202e", r"\u202e")
    assert lines[1].endswith(f", error ```{shown}```")
    assert lines[2].count(f"```{shown}") == 3
    for line in lines:
        assert not re.search("[@#<|[]", re.sub("```.*?```", "", line))


def test_the_text_has_no_input_no_local_path_and_no_long_output() -> None:
    typed = "invoke prevention.dispatch --ref fix/path --input 'password=hush hush' -i key=hush"
    path = Path.cwd() / "a b" / "Chart.yaml"
    error = f"helm: {path}: no\nsuch file in /tmp/x/hush " + "x" * 1000
    journal = journal_of(
        event("timeline.start", "opened"),
        event("prevention.dispatch", "started", "b", command=typed, inputs={"password": "hush"}),
        event("prevention.dispatch", "failed", "b", error=error),
    )
    _, command, failed = step_lines(journal)
    assert command == "- `invoke prevention.dispatch --ref fix/path --input ... -i ...`"
    assert str(Path.cwd()) not in failed
    assert "hush" not in failed
    assert "helm: [path]" in failed
    assert len(failed) < 400


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
    end = start + 1200
    lines[start:end] = ["```", *lines[start:end], "```"]
    text = fit_to_limit("\n".join(lines), "2026-11-24")
    assert SIZE_LIMIT - 20_000 < len(text) <= SIZE_LIMIT
    assert text.startswith("line 00000\n")
    assert text.endswith("line 11999")
    assert text.count("```") % 2 == 0
    (note,) = [line for line in text.splitlines() if "[...]" in line]
    assert "GitHub accepts 65,536 characters: the journal of incident 2026-11-24 holds" in note
    kept = set(text.splitlines()) - {note, ""}
    assert kept <= set(lines)
