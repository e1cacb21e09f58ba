"""The lessons: what the journal tells is written anew, what people wrote stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.toolkit.core.errors import BadInput, ServiceError
from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.reports.issue import marker, update_issue
from tasks.toolkit.reports.lessons import HANDWRITTEN, lessons_text, write_lessons

from .fakes import Issues, log_in, project_with

URL = "https://github.com/stianfro/threek8s/issues/44"
IMPACT = "Who could not do what, and for how long: to be filled in."


@pytest.fixture
def issues() -> Issues:
    return Issues()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[IncidentLog]:
    log = log_in(tmp_path / "state")
    log.begin("a bad path")
    with running_step("support.lessons"):
        yield log


def file_of(log: IncidentLog) -> Path:
    return log.state / log.journal.id / "lessons.md"


# The document


def test_the_document_has_the_summary_the_timeline_and_the_times(log: IncidentLog) -> None:
    with running_step("rollback.revert"), log.recording_step() as outcome:
        outcome.learn(Facts(good_commit="abc"))
    text = lessons_text(log.journal, URL)
    day = f"{log.journal.opened.at:%Y-%m-%d %H:%M}"
    assert text.startswith(f"{marker(log.journal, 'lessons')}\n# Incident {log.journal.id}\n\n")
    assert f"\n\na bad path. From {day} to " in text
    assert f"UTC, see {URL}.\n\n## Impact\n" in text
    assert "\n```mermaid\ngantt\n" in text
    assert "    rollback.revert :done, " in text
    assert "UTC, rollback.revert: done, good_commit abc\n" in text
    assert "\n| Immediate | revert the PR | 5:00 min | 0.0 s | in time |\n" in text
    assert "\n| Full | complete fix and re-deployment | 2:00:00 h |  | to do |\n" in text
    assert text.endswith("cron?\n")


def test_when_the_incident_closes_what_was_to_do_is_not_done(log: IncidentLog) -> None:
    text = lessons_text(log.journal, "", closing=True)
    assert "to do" not in text
    assert text.count("| not done |") == 3
    assert "UTC.\n" in text


def test_the_triggers_that_fired_are_named_above_the_impact(log: IncidentLog) -> None:
    log.record_check(False, triggers={"publish": "fired"})
    text = lessons_text(log.journal, URL)
    assert "\n\nWhat fired: publish.\n\n## Impact\n" in text


# What people wrote


def test_an_unchanged_document_stays_as_it_is(log: IncidentLog) -> None:
    text = lessons_text(log.journal, URL)
    assert lessons_text(log.journal, URL, text, "") == text


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
    text = lessons_text(log.journal, URL)
    emptied = text.replace(f"\n\n{IMPACT}", "")
    assert "## Impact\n\n## Timeline\n" in lessons_text(log.journal, URL, emptied)


def test_what_is_written_into_a_generated_section_is_replaced(log: IncidentLog) -> None:
    text = lessons_text(log.journal, URL)
    edited = text.replace("```mermaid", "my remark\n```mermaid").replace("a bad path", "nothing")
    assert lessons_text(log.journal, URL, edited) == text


def test_headings_that_people_added_and_headings_in_code_stay_where_they_belong(
    log: IncidentLog,
) -> None:
    text = lessons_text(log.journal, URL)
    added = "```bash\n## not a heading\n```\n\n## Root cause\n\nA path."
    edited = text.replace("## What went well\n", f"## What went well\n\n{added}\n")
    edited = edited.replace("## Recovery times", "## Asked\n\nWhy?\n\n## Recovery times")
    merged = lessons_text(log.journal, URL, edited)
    assert f"## What went well\n\n{added}\n" in merged
    assert merged.endswith("\n\n## Asked\n\nWhy?\n")
    assert lessons_text(log.journal, URL, merged) == merged


def test_of_several_texts_the_last_wins_and_an_unchanged_one_takes_nothing_away(
    log: IncidentLog,
) -> None:
    text = lessons_text(log.journal, URL)
    first = text.replace(IMPACT, "Nobody could install.")
    second = text.replace(IMPACT, "Nobody could upgrade.")
    assert "Nobody could upgrade." in lessons_text(log.journal, URL, first, second)
    assert "Nobody could install." in lessons_text(log.journal, URL, first, text)


def test_line_ends_of_githubs_editor_are_no_change(log: IncidentLog) -> None:
    text = lessons_text(log.journal, URL)
    assert lessons_text(log.journal, URL, text.replace("\n", "\r\n")) == text


# Writing, posting, closing


def test_they_are_written_beside_the_journal_and_without_an_issue_that_is_said(
    issues: Issues, log: IncidentLog, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lessons(project_with(issues), log)
    assert file_of(log).read_text() == lessons_text(log.journal, "")
    printed = capsys.readouterr().err
    assert f"✓ written: {file_of(log)}" in printed
    assert "there is no incident issue to post it on: invoke support.incident" in printed


def test_they_are_posted_once_and_updated_in_place(
    issues: Issues, log: IncidentLog, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_with(issues)
    update_issue(project, log)
    issues.comment(44, "me too")
    write_lessons(project, log)
    assert f"✓ posted on #44 {URL}" in capsys.readouterr().err
    write_lessons(project, log)
    printed = capsys.readouterr().err
    assert "already written: " in printed
    assert "already posted on #44" in printed
    with running_step("verify.chart"):
        log.record_check(True, checks={"chart": "passed"})
    write_lessons(project, log)
    assert "post updated on #44" in capsys.readouterr().err
    me_too, posted = issues.texts.values()
    assert me_too == "me too"
    assert "verify.chart: done, checks chart passed" in posted
    assert posted == file_of(log).read_text()


def test_what_people_wrote_into_the_post_comes_into_the_file(
    issues: Issues, log: IncidentLog
) -> None:
    project = project_with(issues)
    update_issue(project, log)
    write_lessons(project, log)
    (number,) = issues.texts
    edited = issues.texts[number].replace(IMPACT, "Nobody could install.")
    issues.texts[number] = edited.replace("\n", "\r\n")
    write_lessons(project, log)
    assert "## Impact\n\nNobody could install.\n" in file_of(log).read_text()


def test_closing_closes_the_issue_and_the_incident_once(
    issues: Issues, log: IncidentLog, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_with(issues)
    update_issue(project, log)
    journal = log.journal
    write_lessons(project, log, close=True)
    assert issues.by_number[44].state == "CLOSED"
    assert not log.is_open
    assert journal.is_closed
    assert f"incident {journal.id} is closed after 0." in capsys.readouterr().err
    assert "| not done |" in (log.state / journal.id / "lessons.md").read_text()
    write_lessons(project, log, close=True)  # of the newest incident, since none is open
    printed = capsys.readouterr().err
    assert "already written" in printed
    assert "is closed after" not in printed


def test_a_file_of_somebody_elses_is_refused_and_stays(
    issues: Issues, log: IncidentLog, tmp_path: Path
) -> None:
    file = tmp_path / "notes.md"
    file.write_text("# My notes\n")
    expected = rf"--file {file} is another document: .*{marker(log.journal, 'lessons')}"
    with pytest.raises(BadInput, match=expected):
        write_lessons(project_with(issues), log, str(file))
    assert file.read_text() == "# My notes\n"
    file.write_bytes(b"\xff")
    with pytest.raises(BadInput, match=r"cannot be read .* name another file with --file"):
        write_lessons(project_with(issues), log, str(file))


def test_an_empty_file_is_used(issues: Issues, log: IncidentLog, tmp_path: Path) -> None:
    file = tmp_path / "lessons.md"
    file.touch()
    write_lessons(project_with(issues), log, str(file))
    assert file.read_text() == lessons_text(log.journal, "")
    assert not file_of(log).exists()


def test_a_file_that_cannot_be_written_is_bad_input_if_it_was_given_and_nothing_is_posted(
    issues: Issues, log: IncidentLog
) -> None:
    update_issue(project_with(issues), log)
    expected = r"--file /nope/x\.md cannot be written \(No such file or directory\)"
    with pytest.raises(BadInput, match=expected):
        write_lessons(project_with(issues), log, "/nope/x.md", close=True)
    file_of(log).with_name(".lessons.md").mkdir()
    file_of(log).symlink_to("/nope/lessons.md")
    with pytest.raises(ServiceError, match="could not be written"):
        write_lessons(project_with(issues), log)
    assert issues.texts == {}
    assert log.is_open


def test_without_an_incident_there_is_nothing_to_learn_from(issues: Issues, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no incident in"):
        write_lessons(project_with(issues), log_in(tmp_path / "empty"))


def test_an_empty_journal_has_lessons_too() -> None:
    assert "# Incident " in lessons_text(Journal(), "")
