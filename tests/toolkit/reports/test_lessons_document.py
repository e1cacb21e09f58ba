"""The text of the lessons: what the journal tells is written anew, what people wrote stays."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.reports.incident_text import marker
from tasks.toolkit.reports.lessons_document import HANDWRITTEN, lessons_text

from .conftest import event, journal_of

URL = "https://github.com/stianfro/threek8s/issues/44"
IMPACT = HANDWRITTEN["Impact"]


def lessons(log: IncidentLog, *earlier: str) -> str:
    return lessons_text(log.journal, URL, *earlier)


# The document


def test_the_document_has_the_summary_the_timeline_and_the_times(log: IncidentLog) -> None:
    with running_step("rollback.revert"), log.recording_step() as outcome:
        outcome.learn(Facts(good_commit="abc"))
    journal = log.journal
    day = f"{journal.opened.at:%Y-%m-%d %H:%M}"
    text = lessons(log)
    assert text.startswith(f"{marker(journal, 'lessons')}\n# Incident {journal.id}\n\n")
    for part in (
        f"\n\na bad path. From {day} to ",
        f"UTC, see {URL}.\n\n## Impact\n",
        "\n```mermaid\ngantt\n",
        "    rollback.revert :done, ",
        "UTC, rollback.revert: done, good_commit abc\n",
        "\n| Immediate | revert the PR | 5:00 min | 0.0 s | in time |\n",
        "\n| Full | complete fix and re-deployment | 2:00:00 h |  | to do |\n",
    ):
        assert part in text
    assert text.endswith("cron?\n")


def test_the_incident_lasted_until_the_last_step_of_the_recovery() -> None:
    journal = journal_of(
        event("timeline.start", "opened", clock=0.0),
        event("verify.all", clock=60.0),
        event("support.incident", clock=3600.0),
    )
    summary = "Chart release rolled back. From 2026-11-24 22:00 to 22:01 UTC."
    assert f"\n\n{summary}\n\n## Impact\n" in lessons_text(journal, "")


def test_when_the_incident_closes_what_was_to_do_is_not_done(log: IncidentLog) -> None:
    text = lessons_text(log.journal, "", closing=True)
    assert "to do" not in text
    assert text.count("| not done |") == 3
    assert "UTC.\n" in text


def test_the_triggers_that_fired_are_named_above_the_impact(log: IncidentLog) -> None:
    log.record_check(False, triggers={"publish": "fired"})
    text = lessons(log)
    assert "\n\nWhat fired: publish.\n\n## Impact\n" in text


# What people wrote


def test_an_unchanged_document_stays_as_it_is(log: IncidentLog) -> None:
    text = lessons(log)
    assert lessons(log, text, "") == text


@pytest.mark.parametrize("heading", HANDWRITTEN)
def test_what_is_written_below_a_handwritten_heading_stays(log: IncidentLog, heading: str) -> None:
    old = lessons_text(log.journal, "")
    edited = old.replace(f"## {heading}\n", f"## {heading}\n\n- the bell rang\n")
    log.record_check(True, checks={"chart": "passed"})
    new = lessons_text(log.journal, URL, closing=True)
    merged = lessons_text(log.journal, URL, edited, closing=True)
    assert f"## {heading}\n\n- the bell rang\n" in merged
    assert merged.replace("\n- the bell rang\n", "", 1) == new


def test_a_handwritten_section_that_was_emptied_stays_empty(log: IncidentLog) -> None:
    text = lessons(log)
    emptied = text.replace(f"\n\n{IMPACT}", "")
    assert "## Impact\n\n## Timeline\n" in lessons(log, emptied)


def test_what_is_written_into_a_generated_section_is_replaced(log: IncidentLog) -> None:
    text = lessons(log)
    edited = text.replace("```mermaid", "my remark\n```mermaid")
    edited = edited.replace("a bad path", "nothing")
    assert lessons(log, edited) == text


def test_headings_that_people_added_and_headings_in_code_stay_where_they_belong(
    log: IncidentLog,
) -> None:
    text = lessons(log)
    added = "```bash\n## not a heading\n```\n\n## Root cause\n\nA path."
    edited = text.replace("## What went well\n", f"## What went well\n\n{added}\n")
    edited = edited.replace("## Recovery times", "## Asked\n\nWhy?\n\n## Recovery times")
    merged = lessons(log, edited)
    assert f"## What went well\n\n{added}\n" in merged
    assert merged.endswith("\n\n## Asked\n\nWhy?\n")
    assert lessons(log, merged) == merged


def test_of_several_texts_the_last_wins_and_an_unchanged_one_takes_nothing_away(
    log: IncidentLog,
) -> None:
    text = lessons(log)
    first = text.replace(IMPACT, "Nobody could install.")
    second = text.replace(IMPACT, "Nobody could upgrade.")
    merged = lessons(log, first, second)
    assert "Nobody could upgrade." in merged
    merged = lessons(log, first, text)
    assert "Nobody could install." in merged


def test_line_ends_of_githubs_editor_are_no_change(log: IncidentLog) -> None:
    text = lessons(log)
    edited = text.replace("\n", "\r\n")
    assert lessons(log, edited) == text


def test_an_empty_journal_has_lessons_too() -> None:
    assert "# Incident " in lessons_text(Journal(), "")
