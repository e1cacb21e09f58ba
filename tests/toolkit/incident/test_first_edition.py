"""A journal that the first edition of the recipes wrote is read as it was meant.

`first_edition.jsonl` comes from a run of that edition in its sandbox; only paths, the user and the
registry's port were replaced. It has a failed push, a withdrawn and restored version, a stage that
was left out, and a trigger result from before the incident.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.incidents import open_journal
from tasks.toolkit.incident.journal import FILE, Journal
from tasks.toolkit.incident.stages import recovery_stages, step_spans
from tasks.toolkit.reports.incident_record import recorded
from tasks.toolkit.reports.incident_text import issue_text
from tasks.toolkit.reports.lessons_document import lessons_text

RECORDED = Path(__file__).with_name("first_edition.jsonl")
GOOD_COMMIT = "ffef4ba99f87e39b19bc63b6f7c4acb093f2c2d5"
REFERENCE = "oci://127.0.0.1:5000/stianfro/threek8s/chart/threek8s"
DIGEST = "sha256:edb44bd42335c42cfb1a17f935f5fb51c272d21eac5aebad6b664f68487460a1"
SOURCE = """the merged revert ffef4ba Revert "ci: move the chart's registry path" (#43)"""
FOLDER = "/clone/.rollback/2026-11-25T145003Z"
STEPS = """\
- `invoke when.check`
  - 2026-11-25 14:50:02 UTC, when.check: fired, triggers publish fired, versions fired, users clear
- 2026-11-25 14:50:03 UTC, timeline.start: opened
- `invoke rollback.revert --pr 42`
"""


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    folder = tmp_path / "2026-11-25T145003Z"
    folder.mkdir()
    shutil.copy(RECORDED, folder / FILE)
    return Journal(folder / FILE)


def without_lines(journal: Journal, count: int) -> Journal:
    """Return the journal as it was before its last lines were written."""
    assert journal.file
    lines = journal.file.read_text().splitlines(keepends=True)
    journal.file.write_text("".join(lines[:-count]))
    return Journal(journal.file)


def test_every_line_is_read(journal: Journal) -> None:
    assert journal.repairs == []
    assert len(journal.events) == len(RECORDED.read_text().splitlines())
    assert journal.id == "2026-11-25T145003Z"
    assert journal.is_closed


def test_the_facts_are_those_that_the_next_recipe_continues_from(journal: Journal) -> None:
    assert journal.facts == Facts(
        revert=43,
        revert_url="https://github.com/stianfro/threek8s/pull/43",
        good_commit=GOOD_COMMIT,
        merged_at=datetime(2026, 11, 25, 14, 50, 5, tzinfo=UTC),
        packaged_from=(SOURCE, "helm/threek8s", "", ""),
        archive=f"{FOLDER}/threek8s-1.7.0.tgz",
        sha256="sha256:2fe5e07a26ca6880ada1108d2dbb50ef6bd8c54401d64dcac0a590c079e64b06",
        name="threek8s",
        version="1.7.0",
        app_version="1.7.0",
        reference=REFERENCE,
        digest=DIGEST,
        saved=f"{FOLDER}/withdrawn-stianfro_threek8s_chart_threek8s-1.7.0",
        issue=44,
    )


def test_after_the_withdrawal_nothing_is_published(journal: Journal) -> None:
    kinds = [(event.step, event.kind) for event in journal.events]
    withdrawal = kinds.index(("publish.withdraw", "done"))
    later = len(kinds) - withdrawal - 1
    facts = without_lines(journal, later).facts
    assert not facts.published
    assert facts.reference == ""
    assert facts.version == ""
    assert facts.packaged_from == ()
    assert facts.good_commit == GOOD_COMMIT
    assert facts.saved


def test_the_stages_have_the_times_that_the_first_edition_reported(journal: Journal) -> None:
    stages = recovery_stages(journal)
    assert {stage.state for stage in stages} == {"in time"}
    ends = [stage.end for stage in stages]
    assert ends == pytest.approx([2.196, 4.731, 13.313], abs=0.01)


def test_the_steps_that_failed_are_those_that_the_first_edition_reported(journal: Journal) -> None:
    events = [event for event, _, _ in step_spans(journal)]
    failed = [event.step for event in events if event.kind == "failed"]
    assert failed == ["when.check", "publish.push"]


def test_issue_and_lessons_tell_what_the_first_edition_told(journal: Journal) -> None:
    url = "https://github.com/stianfro/threek8s/issues/44"
    lessons = lessons_text(replace(recorded(journal), issue_url=url))
    issue = issue_text(journal)
    assert issue.startswith(
        "<!-- rollback incident 2026-11-25T145003Z -->\n1.7.0 is not where users look\n"
    )
    assert "\n1.7.0 is not where users look." in lessons
    assert f"Issue: {url}." in lessons
    detected = "publish, versions, at 2026-11-25 14:50:02 UTC, by `invoke when.check`"
    assert f"- First triggers: {detected}\n" in lessons
    assert f"- Published: {REFERENCE}:1.7.0, digest {DIGEST}\n" in lessons
    assert "\nWhat fired: publish, versions.\n" in issue
    published = f"publish.push: done, reference {REFERENCE}, digest {DIGEST}\n"
    for text in (issue, lessons):
        assert STEPS in text
        assert "publish.push: failed, error `helm push [path]" in text
        assert published in text
        assert "verify.all: done, checks workflow passed, chart passed, install passed\n" in text
    assert "    publish.push failed :crit, 2026-11-25T14:50:06" in lessons
    assert "| Quick | manual chart publication | 30:00 min | 4.7 s | in time |" in lessons


def test_todays_recipes_continue_it_in_the_same_file(journal: Journal) -> None:
    unclosed = without_lines(journal, 1)
    file = unclosed.file
    assert file
    before = file.read_text()
    state = file.parent.parent
    continued = open_journal(state, str, lambda change: change())
    assert continued.id == journal.id
    continued.write("publish.push", "skipped", {"version": "1.7.1"})
    assert file.read_text().startswith(before)
    assert Journal(file).facts.version == "1.7.1"
