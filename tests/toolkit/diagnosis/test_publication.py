"""Publication: what a run and a published chart mean, each on its own and together."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tasks.sandbox.world import World
from tasks.toolkit.clients.github.runs import Run
from tasks.toolkit.console.findings import Finding
from tasks.toolkit.core.errors import ServiceError, SettingError
from tasks.toolkit.diagnosis.publication import check_publication, judge_publication
from tasks.toolkit.diagnosis.release_run import judge_run
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project

from ..withdrawals import save_withdrawn
from .staging import PUBLISHED, add_release, make_project, publish, put_index
from .values import NOW, ago, release, run

LIMIT = 5 * 60 * 60  # seconds; what is collected now may run much later
LONG_AGO = ago(hours=10)
JUST_NOW = ago(seconds=5)
RUNNING = run(7, "v1.7.0", "", LONG_AGO, "in_progress")


RUNS = [
    (run(7, "v1.7.0", "success", LONG_AGO), LONG_AGO, ("clear", "run 7 for v1.7.0: success")),
    (run(7, "v1.7.0", "failure", LONG_AGO), LONG_AGO, ("fired", "run 7 for v1.7.0: failure")),
    (RUNNING, LONG_AGO, ("unknown", "run 7 for v1.7.0 is in_progress, https")),
    (
        run(7, "v1.7.0", "", LONG_AGO, "queued"),
        LONG_AGO,
        ("fired", "run 7 for v1.7.0 is queued since 10:"),
    ),
    (
        run(7, "v1.7.0", "", JUST_NOW, "queued"),
        LONG_AGO,
        ("unknown", "run 7 for v1.7.0 is queued, https"),
    ),
    (None, LONG_AGO, ("fired", "no run of the workflow for v1.7.0 was found")),
    (None, JUST_NOW, ("unknown", "its workflow has not started")),
]


@pytest.mark.parametrize(("started", "published", "expected"), RUNS)
def test_a_run_is_judged_by_its_end_and_one_that_does_not_start_by_its_age(
    started: Run | None, published: datetime, expected: tuple[str, str]
) -> None:
    outcome, evidence = judge_run(release("1.7.0", published), started, LIMIT, lambda: NOW)
    assert outcome == expected[0]
    assert expected[1] in evidence


def test_the_age_of_a_release_is_counted_by_githubs_clock(project: Project, world: World) -> None:
    world.github.faults.clock_offset = timedelta(hours=10)
    now = project.github.now
    assert judge_run(release("1.7.0", JUST_NOW), None, LIMIT, now)[0] == "fired"
    assert len(world.github.requests) == 1


def test_a_run_that_has_ended_needs_no_clock() -> None:
    def now() -> datetime:
        raise AssertionError

    assert judge_run(release("1.7.0"), run(7, "v1.7.0"), LIMIT, now)[0] == "clear"


PUBLICATIONS = [
    ("clear", run(7, "v1.7.0"), True, "clear"),
    ("clear", run(7, "v1.7.0"), False, "fired"),
    ("fired", run(7, "v1.7.0", "failure"), True, "fired"),
    ("fired", run(7, "v1.7.0", "failure"), False, "fired"),
    ("unknown", RUNNING, True, "unknown"),
    ("unknown", RUNNING, False, "unknown"),
    ("unknown", None, True, "clear"),  # published by hand, and the run may yet start
    ("unknown", None, False, "unknown"),
    ("fired", None, True, "unverified"),  # no run is known of, and no fault either
    ("fired", None, False, "fired"),
]


@pytest.mark.parametrize(("of_run", "started", "is_published", "expected"), PUBLICATIONS)
def test_a_chart_is_clear_only_if_its_run_succeeded_or_it_was_published_by_hand(
    of_run: str,
    started: Run | None,
    is_published: bool,
    expected: str,
) -> None:
    assert judge_publication(of_run, started, is_published) == expected


def check(project: Project, log: IncidentLog) -> Finding:
    return check_publication(project, log, project.releases.newest())


@pytest.mark.thorough
def test_a_run_that_succeeded_is_clear_if_its_chart_is_published_and_fires_if_it_is_not(
    world: World,
    project: Project,
    log: IncidentLog,
    tmp_path: Path,
) -> None:
    add_release(world, "1.7.0", "1.6.0", hours=1)
    chart = f"; {world.reference}:1.7.0 is"
    finding = check(project, log)
    assert finding.outcome == "fired"
    assert finding.next == ""
    assert finding.evidence.endswith(f"{chart} not published")
    (reference,) = project.published_references("1.7.0")
    save_withdrawn(tmp_path / "2026-01-01T000000Z", reference)
    finding = check(project, log)
    assert finding.outcome == "fired"
    assert finding.evidence.endswith(f"{chart} withdrawn")
    publish(world, "1.7.0")
    finding = check(project, log)
    assert finding.outcome == "clear"
    assert finding.evidence.startswith("run 1 for v1.7.0: success, https")
    assert finding.evidence.endswith(f"{chart} published")


def test_a_private_package_fires_and_says_how_to_make_it_public(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    add_release(world, "1.7.0", "1.6.0", hours=1)
    publish(world, "1.7.0")
    world.registry.access.private.add(PUBLISHED)
    finding = check(project, log)
    assert finding.outcome == "fired"
    assert finding.next == f"let anybody read {world.reference}"
    assert "1.7.0 is private: users cannot install it" in finding.evidence
    world.registry.access.passwords = {"another"}
    finding = check(make_project(world), log)
    assert finding.outcome == "fired"
    assert "1.7.0 is denied to this login too: whether it exists is unknown" in finding.evidence


def test_an_image_under_the_version_of_the_release_fires(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    add_release(world, "1.7.0", "1.6.0", hours=1)
    put_index(world, "1.7.0")
    finding = check(project, log)
    assert finding.outcome == "fired"
    assert finding.evidence.endswith("1.7.0 is an image index, not a chart")


@pytest.mark.thorough
def test_a_registry_that_cannot_be_read_hides_only_what_the_run_does_not_tell(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    add_release(world, "1.7.0", "1.6.0", hours=1, conclusion="failure")
    world.registry.stop()
    finding = check(project, log)
    assert finding.outcome == "fired"
    assert finding.next == ""
    assert "could not check whether its chart is published: request to 127" in finding.evidence
    with pytest.raises(SettingError):  # a wrong setting is no finding
        check(make_project(world, REGISTRY=""), log)
    world.github.runs[0].conclusion = "success"
    with pytest.raises(ServiceError):
        check(project, log)
