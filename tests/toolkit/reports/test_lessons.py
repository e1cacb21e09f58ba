"""The lessons are written to a file and posted once; whatever people wrote there stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.sandbox.world import World
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.core.errors import BadInput, ServiceError
from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.incident.context import Incident
from tasks.toolkit.reports.incident_record import recorded
from tasks.toolkit.reports.issue import update_issue
from tasks.toolkit.reports.lessons import (
    is_same_text,
    read_document,
    write_document,
    write_lessons,
)
from tasks.toolkit.reports.lessons_document import lessons_text

IMPACT = "Who could not do what: to be filled in."
TITLE = "<!-- lessons -->"


@pytest.fixture(autouse=True)
def _step() -> Iterator[None]:
    with running_step("support.lessons"):
        yield


def file_of(incident: Incident) -> Path:
    log = incident.log
    return log.state / log.journal.id / "lessons.md"


# The file


def test_an_earlier_document_is_read_and_a_missing_one_is_empty(tmp_path: Path) -> None:
    file = tmp_path / "lessons.md"
    assert read_document(file, TITLE) == ""
    file.write_text(f"{TITLE}\ntext\n")
    assert read_document(file, TITLE) == f"{TITLE}\ntext\n"
    file.write_text("\n")
    assert read_document(file, TITLE) == "\n"


def test_a_file_of_somebody_elses_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("# My notes\n")
    with pytest.raises(BadInput, match=rf"--file {file} is another document: .*{TITLE}"):
        read_document(file, TITLE)
    file.write_bytes(b"\xff")
    with pytest.raises(BadInput, match=r"cannot be read .* name another file with --file"):
        read_document(file, TITLE)


def test_a_file_that_cannot_be_written_is_bad_input_only_if_it_was_given(tmp_path: Path) -> None:
    executor = Executor(dry_run=False)
    file = tmp_path / "missing" / "x.md"
    expected = rf"--file {file} cannot be written \(No such file or directory\)"
    with pytest.raises(BadInput, match=expected):
        write_document(executor, file, "text", is_option=True)
    with pytest.raises(ServiceError, match="could not be written"):
        write_document(executor, file, "text", is_option=False)


def test_line_ends_of_githubs_editor_do_not_change_a_post() -> None:
    assert is_same_text("one\r\ntwo", "one\ntwo\n")
    assert not is_same_text("one\r\ntwo", "one\nthree\n")


# With GitHub


def test_they_are_written_beside_the_journal_and_without_an_issue_that_is_said(
    incident: Incident,
    capsys: pytest.CaptureFixture[str],
) -> None:
    incident.log.begin()
    write_lessons(incident.project, incident.log)
    assert file_of(incident).read_text() == lessons_text(recorded(incident.log.journal))
    printed = capsys.readouterr().err
    assert f"✓ written: {file_of(incident)}" in printed
    assert "there is no incident issue to post it on: invoke support.incident" in printed


@pytest.mark.thorough
def test_they_are_posted_among_comments_and_continued_from_what_people_wrote_there(
    world: World,
    incident: Incident,
    capsys: pytest.CaptureFixture[str],
) -> None:
    update_issue(incident.project, incident.log)
    (issue,) = world.github.issues.values()
    issue.comments[1] = "me too"
    write_lessons(incident.project, incident.log)
    assert f"✓ posted on #{issue.number} https://" in capsys.readouterr().err
    me_too, posted = issue.comments
    edited = issue.comments[posted].replace(IMPACT, "Nobody could install.")
    issue.comments[posted] = edited.replace("\n", "\r\n")
    with running_step("verify.chart"):
        incident.log.record_check(True, checks={"chart": "passed"})
    write_lessons(incident.project, incident.log)
    assert f"post updated on #{issue.number}" in capsys.readouterr().err
    text = file_of(incident).read_text()
    assert issue.comments == {me_too: "me too", posted: text}
    assert "stays -->\n\nNobody could install.\n\n## Detection" in text
    assert "verify.chart: done, checks chart passed" in text


@pytest.mark.thorough
def test_a_comment_of_a_stranger_is_no_post_of_the_lessons(
    world: World,
    incident: Incident,
) -> None:
    update_issue(incident.project, incident.log)
    (issue,) = world.github.issues.values()
    forged = lessons_text(recorded(incident.log.journal)).replace(
        IMPACT, "Send money to @somebody."
    )
    issue.comments[1] = forged
    issue.comment_authors[1] = "somebody"
    write_lessons(incident.project, incident.log)
    text = file_of(incident).read_text()
    assert "money" not in text
    assert list(issue.comments.values()) == [forged, text]
