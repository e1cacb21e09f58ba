"""The text of the lessons: the record's facts are written anew, what people wrote stays."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.incident.event import CAUSE
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.reports.incident_record import recorded
from tasks.toolkit.reports.incident_text import fit_to_limit, marker
from tasks.toolkit.reports.lessons_document import lessons_text
from tasks.toolkit.reports.postmortem import HEADINGS

from .conftest import AT, event, journal_of

URL = "https://github.com/stianfro/threek8s/issues/44"
ASKED = "Who could not do what: to be filled in."
FIRST_FORM = """\
<!-- rollback lessons 2026-11-25T145003Z -->
# Incident 2026-11-25T145003Z

a bad path. From 2026-11-25 14:50 to 14:50 UTC.

## Impact

Who could not do what, and for how long: to be filled in.

## Timeline

- 2026-11-25 14:50:03 UTC, timeline.start: opened

## Asked

Why?

## Recovery times

| stage | what | budget | done after | |

## What went well

- the bell rang

```bash
## not a heading
```

## Root cause

A path.

## What went badly

- the rain

## Follow-ups

- [ ] complete fix and re-deployment
- [ ] what would have found it sooner: `invoke when.check` in cron?
- [ ] buy an umbrella
"""


def lessons(log: IncidentLog, *earlier: str) -> str:
    return lessons_text(replace(recorded(log.journal), issue_url=URL), *earlier)


def section(text: str, heading: str) -> str:
    """Return what is below a heading."""
    _, _, rest = text.partition(f"## {heading}\n")
    body, _, _ = rest.partition("\n## ")
    return body


# The document


def test_the_document_has_what_the_journal_knows(log: IncidentLog) -> None:
    cause = {
        "release": "v1.7.0",
        "released_at": (log.journal.opened.at - timedelta(minutes=2)).isoformat(),
        "suspect": "#42",
        "title": "ci: @move the path",
        "why": "changed publish-helm.yml",
    }
    with running_step("when.check"):
        log.record_check(False, triggers={"publish": "fired"}, **{CAUSE: cause})
    with running_step("rollback.revert"), log.recording_step() as outcome:
        outcome.learn(Facts(revert=43, revert_url="https://x/o/r/pull/43", good_commit="abc"))
    with running_step("publish.push"), log.recording_step() as outcome:
        outcome.learn(Facts(version="1.7.0", reference="oci://x/c", digest="sha256:1"))
    with running_step("verify.all"):
        log.record_check(True, checks={"chart": "passed"})
    text = lessons(log)
    assert text.startswith(f"{marker(log.journal, 'lessons')}\n# Postmortem of incident ")
    parts = {
        "Summary": ["a bad path. After the release of v1.7.0", "publish", f"Issue: {URL}."],
        "Impact": ["UTC, the release of v1.7.0\n", "Exposed until: 2", "Exposed for: 2:0", ASKED],
        "Detection": ["First triggers: publish, at 2", "to the first trigger: 2:00 min"],
        "Trigger": ["- Suspect: #42 `ci: @move the path`", "Why: changed publish-helm.yml"],
        "Resolution": [
            "[#43](https://x/o/r/pull/43)",
            "Merged as: abc",
            "Published: oci://x/c:1.7",
        ],
        "Timeline": ["UTC, rollback.revert: merged, ", "\n```mermaid\ngantt\n"],
        "Action items": ["| action | owner | due date |", "`invoke prevention.branch`"],
    }
    for heading, expected in parts.items():
        for part in expected:
            assert part in section(text, heading), heading
    assert re.search(r"\| Immediate \| revert the PR \| 5:00 min \| \d\.\d s \| in time \|", text)
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert headings == list(HEADINGS)


def test_what_is_not_recorded_is_said_to_be_unknown() -> None:
    text = lessons_text(recorded(Journal()))
    assert "Exposed from: unknown" in text
    assert "Exposed until: not recorded" in text
    assert "No trigger is recorded" in text
    assert "Suspect: the record names none" in text
    assert "Nothing is recorded yet." in text


def test_a_trigger_that_only_the_recovery_made_fire_is_no_detection() -> None:
    journal = journal_of(
        event("timeline.start", "opened"),
        event("rollback.revert", "started", command="invoke recover --pr 42"),
        event("when.check", "failed", triggers={"versions": "fired"}),
    )
    text = lessons_text(recorded(journal))
    assert "No trigger is recorded from before the recovery began" in section(text, "Detection")
    assert "fired" not in section(text, "Summary")
    assert "Suspect: #42\n" in section(text, "Trigger")


def test_a_cause_that_cannot_be_read_is_left_out() -> None:
    cause = {"release": "v1.7.0", "released_at": "yesterday"}
    fired = event("when.check", "failed", triggers={"users": "fired"}, cause=cause)
    text = lessons_text(recorded(journal_of(event("timeline.start", "opened"), fired)))
    assert "Exposed from: unknown" in text
    assert f"First triggers: users, at {AT:%Y-%m-%d %H:%M:%S} UTC" in text


def test_when_the_incident_closes_what_was_to_do_is_not_done(log: IncidentLog) -> None:
    text = lessons_text(replace(recorded(log.journal), is_closing=True))
    assert "to do" not in text
    assert text.count("| not done |") == 3


# What people wrote


def test_an_unchanged_document_stays_as_it_is(log: IncidentLog) -> None:
    text = lessons(log)
    assert lessons(log, text, "") == text


@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("place", ["above", "below"])
def test_what_is_written_below_a_heading_stays(log: IncidentLog, heading: str, place: str) -> None:
    text = lessons(log)
    body = section(text, heading)
    written = f"\n- the bell rang\n{body}" if place == "above" else f"{body}\n- the bell rang\n"
    edited = text.replace(f"## {heading}\n{body}", f"## {heading}\n{written}")
    with running_step("rollback.revert"), log.recording_step() as outcome:
        outcome.learn(Facts(good_commit="abc"))
    merged = lessons(log, edited)
    assert "- the bell rang\n" in section(merged, heading)
    assert "Merged as: abc" in merged
    assert merged.count("the bell rang") == 1
    assert lessons(log, merged) == merged


def test_actions_that_people_left_as_they_were_follow_the_record(log: IncidentLog) -> None:
    text = lessons(log)
    with running_step("rollback.revert"):
        log.journal.write("rollback.revert", "started", {"command": "invoke recover --pr 42"})
    assert "Land #42 again" not in text
    assert "Land #42 again" in lessons(log, text)
    edited = text.replace("to be filled in | to be filled in |", "Ada | Friday |")
    assert "Land #42 again" not in lessons(log, edited)
    assert "| Ada | Friday |" in lessons(log, edited)


def test_a_section_that_was_emptied_stays_empty(log: IncidentLog) -> None:
    emptied = lessons(log).replace(f"\n\n{ASKED}", "")
    assert ASKED not in lessons(log, emptied)


def test_what_is_written_into_the_records_part_is_replaced(log: IncidentLog) -> None:
    text = lessons(log)
    edited = text.replace("```mermaid", "my remark\n```mermaid")
    assert lessons(log, edited) == text


def test_text_above_the_first_heading_and_headings_of_people_stay(log: IncidentLog) -> None:
    text = lessons(log)
    edited = text.replace("## Summary", "For the board.\n\n## Asked\n\nWhy?\n\n## Summary")
    merged = lessons(log, edited)
    assert "\n\nFor the board.\n\n## Summary\n" in merged
    assert merged.endswith("\n\n## Asked\n\nWhy?\n")
    assert lessons(log, merged) == merged


def test_of_several_texts_the_last_wins_and_an_unchanged_one_takes_nothing_away(
    log: IncidentLog,
) -> None:
    text = lessons(log)
    first = text.replace(ASKED, "Nobody could install.")
    second = text.replace(ASKED, "Nobody could upgrade.")
    assert "Nobody could upgrade." in lessons(log, first, second)
    assert "Nobody could install." in lessons(log, first, text)


def test_line_ends_of_githubs_editor_are_no_change(log: IncidentLog) -> None:
    text = lessons(log)
    assert lessons(log, text.replace("\n", "\r\n")) == text


def test_a_post_that_was_cut_adds_nothing_to_the_sections_that_it_cut(log: IncidentLog) -> None:
    for _ in range(900):
        log.journal.write("publish.push", "failed", {"error": "x" * 60})
    text = lessons(log)
    post = fit_to_limit(text, log.journal.id)
    assert "cut here" in post
    assert lessons(log, post) == text


def test_a_document_of_the_first_form_loses_no_text(log: IncidentLog) -> None:
    merged = lessons(log, FIRST_FORM)
    code = "```bash\n## not a heading\n```\n"
    assert f"- the bell rang\n\n{code}\n## What went wrong\n" in merged
    assert section(merged, "Root cause").endswith("\n\nA path.\n")
    assert section(merged, "What went wrong").endswith("\n\n- the rain\n")
    assert "- [ ] buy an umbrella\n" in section(merged, "Action items")
    assert merged.endswith("\n\n## Asked\n\nWhy?\n")
    assert ASKED in section(merged, "Impact")
    assert "14:50:03" not in merged
    assert lessons(log, merged) == merged
