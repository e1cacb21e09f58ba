"""The incident log: what opens an incident, what is written when, and what a dry run leaves out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.toolkit.clients.dry_run import Action, Executor
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.incident.event import LEFT_OUT
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.log import IncidentLog

from ...plans import planned

FIRED = {"publish": "fired", "users": "clear"}


def log_in(folder: Path, *, dry_run: bool = False) -> IncidentLog:
    """Return the log of an invocation; each one reads the journal anew."""
    folder.mkdir(exist_ok=True)
    executor = Executor(dry_run=dry_run)
    triggers = folder.parent / "triggers.jsonl"
    return IncidentLog(
        executor,
        str,
        lambda: folder,
        lambda: triggers,
    )


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def events_in(state: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the step, kind and data of each event on disk, without the typed command."""
    lines: list[str] = []
    for file in sorted(state.glob("*/journal.jsonl")):
        lines += file.read_text().splitlines()
    found = []
    for line in lines:
        event = json.loads(line)
        event["data"].pop("command", None)
        found.append((event["step"], event["kind"], event["data"]))
    return found


def kinds_in(state: Path) -> list[str]:
    """Return the kind of each event on disk."""
    return [kind for _, kind, _ in events_in(state)]


def test_a_step_is_on_disk_before_it_acts_and_its_outcome_after_it(state: Path) -> None:
    log = log_in(state)
    learned = Facts(digest="sha256:1", version="1.7.0")
    started = ("publish.push", "started", {"reference": "oci://x"})
    done = ("publish.push", "done", learned.as_data())
    with running_step("publish.push"), log.recording_step(reference="oci://x") as outcome:
        assert events_in(state)[1:] == [started]
        outcome.learn(learned)
    assert events_in(state)[1:] == [started, done]
    assert log.facts == learned
    assert log_in(state).facts == learned


def test_the_first_event_opens_the_incident_and_every_started_event_has_the_command(
    state: Path,
) -> None:
    log = log_in(state)
    assert not log.is_open
    with log.recording_step(pr=42):
        assert log.is_open
    opened, started, done = log.journal.events
    assert opened.step == "timeline.start"
    assert opened.kind == "opened"
    assert opened.data["schema"] == 1
    assert started.data["command"].startswith("invoke")
    assert done.data == {}


def test_a_step_that_fails_leaves_its_error_and_raises_it(state: Path) -> None:
    log = log_in(state)
    error = Refused("the tag is taken", "give another")
    with pytest.raises(Refused), running_step("publish.push"), log.recording_step():
        raise error
    expected = ("publish.push", "failed", {"error": "the tag is taken: give another"})
    assert events_in(state)[-1] == expected


def test_an_outcome_can_clear_facts(state: Path) -> None:
    log = log_in(state)
    with log.recording_step() as outcome:
        outcome.learn(Facts(digest="sha256:1", version="1.7.0"))
    saved = Facts(saved="/clone/withdrawn")
    with log.recording_step() as outcome:
        outcome.learn(saved, forget=("digest", "version"))
    assert log_in(state).facts == saved


def test_a_step_that_opens_no_incident_is_recorded_if_one_is_open(state: Path) -> None:
    log = log_in(state)
    with log.recording_step(opens=False, tag="v1.7.0"):
        pass
    assert events_in(state) == []
    log.begin("it broke")
    with log.recording_step(opens=False, tag="v1.7.0"):
        pass
    # What was kept in memory before is written when the incident is opened.
    assert kinds_in(state) == ["opened", "started", "done", "started", "done"]


FOUND_FACTS = [
    (None, False),
    (Facts(issue=44), False),
    (Facts(revert=43), True),
    (Facts(good_commit="abc"), True),
    (Facts(digest="sha256:1"), True),
]


@pytest.mark.parametrize(("facts", "opens"), FOUND_FACTS)
def test_what_is_found_done_opens_an_incident_if_another_recipe_can_resume_from_it(
    state: Path,
    facts: Facts | None,
    opens: bool,
) -> None:
    log = log_in(state)
    with running_step("publish.push"):
        log.record_skipped(facts, tag="v1.7.0")
    assert log.is_open == opens
    assert log.facts == (facts or Facts())
    if facts and opens:
        found = {"tag": "v1.7.0", **facts.as_data()}
        assert events_in(state)[1:] == [("publish.push", "skipped", found)]


def test_a_stage_that_is_left_out_is_recorded_under_its_step(state: Path) -> None:
    log = log_in(state)
    log.record_left_out("publish.all")
    log.begin()
    assert events_in(state)[1:] == [("publish.all", "skipped", {LEFT_OUT: True})]


@pytest.mark.parametrize(("passed", "kind"), [(True, "done"), (False, "failed")])
def test_a_check_opens_no_incident_and_is_recorded_in_an_open_one(
    state: Path,
    passed: bool,
    kind: str,
) -> None:
    log = log_in(state)
    checks = {"chart": "passed"}
    with running_step("verify.chart"):
        log.record_check(passed, checks=checks)
        assert events_in(state) == []
        log.begin()
        log.record_check(passed, checks=checks)
    assert events_in(state)[1:] == [("verify.chart", kind, {"checks": checks})]


def test_trigger_results_are_kept_for_the_incident_that_begins_with_them(state: Path) -> None:
    with running_step("when.check"):
        log_in(state).record_check(False, triggers=FIRED)
    assert events_in(state) == []
    log_in(state).begin()
    assert kinds_in(state) == ["opened", "failed"]
    step, _, data = events_in(state)[1]
    assert step == "when.check"
    assert data["triggers"] == FIRED
    assert "seen" in data

    log_in(state).close()
    log_in(state).begin()
    assert kinds_in(state) == ["opened", "failed", "closed", "opened"]


def test_a_closed_incident_is_over_and_the_next_event_opens_another(state: Path) -> None:
    log = log_in(state)
    with log.recording_step() as outcome:
        outcome.learn(Facts(digest="sha256:1"))
    archives = log.archives
    with running_step("timeline.stop"):
        log.close()
    assert not log.is_open
    assert log.facts == Facts()
    assert events_in(state)[-1] == ("timeline.stop", "closed", {})
    log.begin()
    assert len(list(state.iterdir())) == 2
    assert log.archives != archives
    assert log.archives.is_dir()


def test_the_log_continues_what_another_invocation_wrote_meanwhile(state: Path) -> None:
    mine = log_in(state)
    assert not mine.is_open
    log_in(state).begin("it broke")
    mine.reload()
    assert mine.is_open
    assert mine.begin("another reason").opened.data["reason"] == "it broke"


def test_outside_a_clone_the_log_is_empty_and_opening_an_incident_is_refused() -> None:
    def find() -> Path:
        raise BadInput("this is no repository")

    log = IncidentLog(
        Executor(dry_run=False),
        str,
        find,
        find,
    )
    assert not log.is_open
    log.record_check(False, triggers=FIRED)
    with pytest.raises(BadInput, match="no repository"):
        log.begin()


def test_a_dry_run_writes_nothing_and_remembers_for_the_next_recipe(
    state: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = log_in(state, dry_run=True)
    with log.recording_step() as outcome:
        outcome.learn(Facts(planned_revert="abc"))
    log.record_check(False, triggers=FIRED)
    log.announce("merged #43")
    assert log.facts == Facts(planned_revert="abc")
    assert list(state.iterdir()) == []
    assert not (state.parent / "triggers.jsonl").exists()
    assert capsys.readouterr() == ("", "")


def test_a_dry_run_in_an_open_incident_leaves_its_journal_as_it_is(state: Path) -> None:
    log_in(state).begin("it broke")
    before = events_in(state)
    log = log_in(state, dry_run=True)
    assert log.is_open
    with log.recording_step() as outcome:
        outcome.learn(Facts(version="1.7.0"))
    log.close()
    assert events_in(state) == before


def test_an_announcement_is_a_status_line_or_a_comment_in_a_plan(
    state: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with running_step("timeline.stop"):
        log_in(state).announce("incident 1 is closed after 3 s", plan="incident 1 is closed")
        planner = log_in(state, dry_run=True)
        planner.announce("closed after 3 s", plan="incident 1 is closed")
    assert capsys.readouterr().err == "timeline.stop       ✓ incident 1 is closed after 3 s\n"
    assert planned(capsys) == "# timeline.stop: incident 1 is closed\n"


def test_planned_changes_are_known(state: Path) -> None:
    executor = Executor(dry_run=True)
    log = IncidentLog(
        executor,
        str,
        lambda: state,
        lambda: state,
    )
    assert not log.has_planned_changes
    push = Action(["git push"], lambda: None)
    executor.perform(push)
    assert log.has_planned_changes
