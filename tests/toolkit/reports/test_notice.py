"""The notice in a release's notes: put once, updated, removed, and the rest stays to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.core.errors import BadInput, Refused, ServiceError
from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.reports import notice
from tasks.toolkit.reports.issue import update_issue
from tasks.toolkit.reports.notice import BEGIN, END, put_notice, remove_notices, split_notes

from .fakes import Issues, Releases, log_in, project_with

NOTES = "What is new:\r\n\r\n* a dashboard `é`  \n\n\n"
ONE = f"{BEGIN}\n> text\n{END}\n\n"
INSTRUCTIONS = "Install it from the repository:\n\n```bash\ngit clone URL\n```\n"


@pytest.fixture
def log(tmp_path: Path) -> IncidentLog:
    return log_in(tmp_path / "state")


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> Releases:
    """Give two releases; the instructions, which need a clone and helm, are the same for each."""
    monkeypatch.setattr(notice, "workaround_instructions", lambda *_: INSTRUCTIONS)
    return Releases({"v1.7.0": NOTES, "v1.6.1": ""})


@pytest.mark.parametrize(
    ("notes", "above", "below"),
    [
        ("", "", ""),
        (NOTES, "", NOTES),
        (ONE + NOTES, "", NOTES),
        (ONE, "", ""),
        (f"above\n{ONE}below", "above\n", "below"),
        (ONE.replace("\n", "\r\n") + NOTES, "", NOTES),
        (f"{BEGIN}{END}\nbelow", "", "\nbelow"),
        (ONE + ONE + NOTES, "", NOTES),  # pasted twice
        (f"above\n{ONE}between\n{ONE}below", "above\n", "between\nbelow"),
        (f"{ONE}\r\n\r\nbelow", "", "\r\n\r\nbelow"),
    ],
)
def test_notes_are_split_at_the_notice_and_lose_only_notices(
    notes: str, above: str, below: str
) -> None:
    assert split_notes(notes, "v1.7.0") == (above, below)


@pytest.mark.parametrize(
    "notes",
    [f"{BEGIN}\nthe rest was deleted", f"{BEGIN}\n{ONE}", ONE + f"{BEGIN}\nthe rest was deleted"],
)
def test_a_notice_without_its_end_is_refused(notes: str) -> None:
    with pytest.raises(Refused, match=r"v1\.7\.0 has lost its last line.*gh release edit v1\.7\.0"):
        split_notes(notes, "v1.7.0")


def test_it_is_put_atop_the_newest_release_once_and_removed_to_the_byte(
    releases: Releases, log: IncidentLog, capsys: pytest.CaptureFixture[str]
) -> None:
    project = project_with(Issues(), releases)
    put_notice(project, log)
    assert "notice put into the notes of v1.7.0" in capsys.readouterr().err
    text = releases.by_tag["v1.7.0"].removesuffix(NOTES)
    assert text.startswith(f"{BEGIN}\n> [!WARNING]\n> Installing this release fails at present.\n")
    assert text.endswith(f"> ```bash\n> git clone URL\n> ```\n{END}\n\n")
    assert releases.by_tag["v1.6.1"] == ""
    put_notice(project, log)
    assert "the notes of v1.7.0 already carry this notice" in capsys.readouterr().err
    remove_notices(project, log)
    assert releases.by_tag["v1.7.0"] == NOTES
    assert "notice removed from the notes of v1.7.0" in capsys.readouterr().err
    remove_notices(project, log)
    assert "no release carries a notice" in capsys.readouterr().err


def test_it_links_the_issue_and_says_what_was_published_meanwhile(
    releases: Releases, log: IncidentLog
) -> None:
    issues = Issues()
    project = project_with(issues, releases)
    update_issue(project, log)
    with log.recording_step() as outcome:
        outcome.learn(Facts(digest="sha256:1"))
    put_notice(project, log)
    link = f"Installing this release failed, see {issues.by_number[44].url}.\n"
    assert link in releases.by_tag["v1.7.0"]


def test_a_release_can_be_chosen_and_every_notice_is_removed(
    releases: Releases, log: IncidentLog
) -> None:
    project = project_with(Issues(), releases)
    put_notice(project, log)
    put_notice(project, log, "v1.6.1")
    remove_notices(project, log, "v1.6.1")
    assert (BEGIN in releases.by_tag["v1.7.0"], releases.by_tag["v1.6.1"]) == (True, "")
    put_notice(project, log, "v1.6.1")
    remove_notices(project, log)
    assert list(releases.by_tag.values()) == [NOTES, ""]


def test_a_release_that_does_not_exist_is_refused_with_those_that_do(
    releases: Releases, log: IncidentLog
) -> None:
    project = project_with(Issues(), releases)
    expected = r"has no release v9: give --tag; the newest are v1\.7\.0, v1\.6\.1"
    with pytest.raises(BadInput, match=expected):
        put_notice(project, log, "v9")
    with pytest.raises(BadInput, match=expected):
        remove_notices(project, log, "v9")
    with pytest.raises(BadInput, match="has no release: give --tag; the newest are none yet"):
        put_notice(project_with(Issues(), Releases({})), log)


def test_putting_opens_an_incident_and_removing_does_not(
    releases: Releases, log: IncidentLog
) -> None:
    project = project_with(Issues(), releases)
    releases.by_tag["v1.7.0"] = ONE + NOTES
    with running_step("support.notify"):
        remove_notices(project, log)
        assert not log.is_open
        put_notice(project, log)
    assert log.is_open


def test_notes_that_somebody_else_edits_at_the_same_time_are_an_error(
    releases: Releases, log: IncidentLog
) -> None:
    releases.lost_edits = True
    with pytest.raises(ServiceError, match=r"notes of v1\.7\.0 are not what was written"):
        put_notice(project_with(Issues(), releases), log)
    assert log.journal.events[-1].kind == "failed"
