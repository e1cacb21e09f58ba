"""The incident's issue on GitHub: one an incident, found again whatever became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tasks.sandbox.github.records import Issue
from tasks.sandbox.world import World
from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.incident.context import Incident
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.reports.incident_text import TITLE_BEFORE, marker
from tasks.toolkit.reports.issue import LABELS, find_issue, update_issue


@pytest.fixture(autouse=True)
def _step() -> Iterator[None]:
    with running_step("support.incident"):
        yield


def update(incident: Incident) -> None:
    update_issue(incident.project, incident.log)


def number_found(incident: Incident, journal: Journal) -> int:
    """Return the number of the incident's issue, 0 if it is not found."""
    issue = find_issue(incident.project, journal)
    return issue.number if issue else 0


def open_issue(world: World, text: str) -> Issue:
    """Open an issue with the labels of an incident, as a person would."""
    for name in LABELS:
        world.github.labels[name] = ("ff0000", "")
    issue = world.github.open_issue("by hand", text)
    issue.labels += LABELS
    return issue


def test_the_first_time_it_is_opened_with_its_labels_and_recorded(
    world: World,
    incident: Incident,
    capsys: pytest.CaptureFixture[str],
) -> None:
    update(incident)
    (issue,) = world.github.issues.values()
    assert issue.title == TITLE_BEFORE
    assert issue.labels == list(LABELS)
    assert issue.body.startswith(marker(incident.log.journal))
    assert incident.log.facts.issue == issue.number
    url = f"https://github.com/stianfro/threek8s/issues/{issue.number}"
    assert f"✓ #{issue.number} opened {url}\n" in capsys.readouterr().err


def test_news_change_the_text_and_keep_title_and_state_which_somebody_gave_it(
    world: World,
    incident: Incident,
    capsys: pytest.CaptureFixture[str],
) -> None:
    update(incident)
    (issue,) = world.github.issues.values()
    issue.title = "somebody gave it this title"
    issue.state = "CLOSED"
    with running_step("publish.push"), incident.log.recording_step() as outcome:
        outcome.learn(Facts(digest="sha256:1"))
    update(incident)
    assert issue.title == "somebody gave it this title"
    assert issue.state == "CLOSED"
    assert "publish.push: done, digest sha256:1" in issue.body
    printed = capsys.readouterr().err
    assert f"#{issue.number} updated https://" in printed
    assert f"gh issue reopen {issue.number} --repo stianfro/threek8s" in printed


def test_one_that_was_only_planned_has_no_number(
    world: World,
    dry_incident: Incident,
    capsys: pytest.CaptureFixture[str],
) -> None:
    update(dry_incident)
    dry_incident.abandon_plan()
    printed = capsys.readouterr()
    assert "gh issue create" in printed.out
    assert printed.err == ""
    assert dry_incident.log.facts.issue == 0
    assert world.github.issues == {}


def test_it_is_found_by_its_number_or_its_text_but_not_when_it_was_deleted(
    world: World,
    incident: Incident,
) -> None:
    journal = incident.log.begin()
    open_issue(world, "<!-- rollback incident 2020 -->")
    mine = open_issue(world, f"\r\n{marker(journal)}\r\nit broke")
    assert number_found(incident, journal) == mine.number
    incident.log.record_skipped(Facts(issue=mine.number))
    mine.body = "somebody wrote over it"
    mine.labels = []
    assert number_found(incident, journal) == mine.number
    del world.github.issues[mine.number]
    assert number_found(incident, journal) == 0


def test_one_of_a_stranger_is_not_gone_on_with_whatever_it_says(
    world: World,
    incident: Incident,
) -> None:
    journal = incident.log.begin()
    stranger = open_issue(world, f"{marker(journal)}\nwritten by somebody else")
    stranger.author = "somebody"
    before = replace(stranger)
    assert number_found(incident, journal) == 0
    update(incident)
    assert stranger == before
    (own,) = set(world.github.issues) - {stranger.number}
    assert number_found(incident, Journal(journal.file)) == own


def test_without_an_incident_there_is_no_issue(world: World, incident: Incident) -> None:
    open_issue(world, marker(Journal()))
    assert number_found(incident, Journal()) == 0


def check_fired(incident: Incident, **cause: str) -> None:
    """Record what `when.check` has found on another machine, whose incident is not open here."""
    if incident.log.is_open:
        incident.log.close()
    with running_step("when.check"):
        triggers = {"publish": "fired"}
        evidence = {"publish": "1.7.0 is private"}
        incident.log.record_check(False, triggers=triggers, cause=cause, evidence=evidence)
    update(incident)


def test_a_trouble_without_a_suspect_has_one_issue_too(world: World, incident: Incident) -> None:
    check_fired(incident)
    check_fired(incident)
    assert len(world.github.issues) == 1
    check_fired(incident, release="v1.7.0")
    assert len(world.github.issues) == 2


def test_the_title_of_a_suspect_cannot_be_the_mark_of_another_trouble(
    world: World,
    incident: Incident,
) -> None:
    mark = "<!-- rollback cause v1.8.0 #50 -->"
    check_fired(incident, release="v1.7.0", suspect="#42", title=mark)
    (first,) = world.github.issues.values()
    assert mark in first.body
    for _ in range(2):
        check_fired(incident, release="v1.8.0", suspect="#50", title="fix: it")
        assert len(world.github.issues) == 2
