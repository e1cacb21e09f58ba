"""The notice in a release's notes: put, removed, and the rest stays to the byte."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tasks.sandbox.server import Reply, Request
from tasks.sandbox.world import World
from tasks.toolkit.core.errors import BadInput, Refused, ServiceError
from tasks.toolkit.incident.context import Incident
from tasks.toolkit.reports.notice import (
    BEGIN,
    END,
    notes_of,
    notice_text,
    put_notice,
    remove_notices,
    split_notes,
)

NOTES = "What is new:\r\n\r\n* a dashboard `é`  \n\n\n"
ONE = f"{BEGIN}\n> text\n{END}\n\n"
INSTRUCTIONS = "Install it from the repository:\n\n```bash\ngit clone URL\n```\n"


# The text


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
    notes: str,
    above: str,
    below: str,
) -> None:
    assert split_notes(notes, "v1.7.0") == (above, below)


@pytest.mark.parametrize(
    "notes",
    [
        f"{BEGIN}\nthe rest was deleted",
        f"{BEGIN}\n{ONE}",
        f"{ONE}{BEGIN}\nthe rest was deleted",
    ],
)
def test_a_notice_without_its_end_is_refused(notes: str) -> None:
    with pytest.raises(Refused, match=r"v1\.7\.0 has lost its last line"):
        split_notes(notes, "v1.7.0")


def test_the_notice_quotes_the_instructions_between_its_marks() -> None:
    lines = notice_text(INSTRUCTIONS, "", is_published=False).split("\n")
    assert lines == [
        BEGIN,
        "> [!WARNING]",
        "> Installing this release fails at present.",
        "> Install it from the repository:",
        ">",
        "> ```bash",
        "> git clone URL",
        "> ```",
        END,
        "",
        "",
    ]


def test_the_notice_links_the_issue_and_says_what_was_published_meanwhile() -> None:
    text = notice_text(INSTRUCTIONS, "https://x/44", is_published=True)
    assert "\n> Installing this release failed, see https://x/44.\n" in text


def test_a_notice_that_was_put_is_removed_to_the_byte() -> None:
    notice = notice_text(INSTRUCTIONS, "", is_published=False)
    assert split_notes(notice + NOTES, "v1.7.0") == ("", NOTES)


def test_a_release_that_does_not_exist_is_refused_with_those_that_do() -> None:
    notes = {"v1.7.0": NOTES, "v1.6.1": ""}
    assert notes_of("v1.6.1", notes, "o/podinfo") == ""
    expected = r"o/podinfo has no release v9: give --tag; the newest are v1\.7\.0, v1\.6\.1"
    with pytest.raises(BadInput, match=expected):
        notes_of("v9", notes, "o/podinfo")
    with pytest.raises(BadInput, match="has no release: give --tag; the newest are none yet"):
        notes_of("", {}, "o/podinfo")


# With GitHub


def test_a_tag_that_has_no_release_yet_gets_no_notice_and_neither_does_an_older_release(
    world: World,
    incident: Incident,
) -> None:
    release = world.github.create_release("v1.6.0", "v1.6.0", NOTES)
    release.created_at -= timedelta(hours=1)
    world.git("tag", "v1.6.1")
    world.git("push", "--quiet", "origin", "v1.6.1")
    before = world.github.snapshot()
    refusal = "GitHub has no release of the tag v1.6.1, so .*: tell users by the incident's issue"
    with pytest.raises(Refused, match=refusal):
        put_notice(incident.project, incident.log)
    assert world.github.snapshot() == before


@pytest.mark.thorough
def test_every_notice_is_removed_without_another_incident(
    world: World,
    incident: Incident,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for tag, body in {
        "v1.5.0": NOTES,
        "v1.5.1": NOTES + ONE,
        "v1.6.0": ONE + NOTES,
    }.items():
        world.github.create_release(tag, tag, body)
    remove_notices(incident.project, incident.log)
    bodies = [release.body for release in world.github.releases]
    assert bodies == [NOTES] * 3
    assert "v1.5.0" not in capsys.readouterr().err
    assert not incident.log.is_open


@pytest.mark.thorough
def test_notes_that_somebody_else_edits_at_the_same_time_are_an_error(
    world: World,
    incident: Incident,
) -> None:
    release = world.github.create_release("v1.6.0", "1.6.0", NOTES)
    answer = world.github.server.answer

    def edit_too(request: Request) -> Reply:
        reply = answer(request)
        if request.method == "PATCH":
            release.body = "edited by somebody else"
        return reply

    world.github.server.answer = edit_too
    with pytest.raises(ServiceError, match=r"notes of v1\.6\.0 are not what was written"):
        put_notice(incident.project, incident.log)
    assert incident.log.is_open
    assert incident.log.journal.events[-1].kind == "failed"
