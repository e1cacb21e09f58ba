"""A chart that nobody can install is found without a report, unless it always needed values."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import CHART, World
from tasks.toolkit.diagnosis.installability import check_installation
from tasks.toolkit.diagnosis.release_history import check_newest_releases
from tasks.toolkit.diagnosis.verdict import check_triggers
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project

from .staging import add_release, merge_pull, publish

DEPLOYMENT = f"{CHART}/templates/deployment.yaml"
SERVICE = f"{CHART}/templates/service.yaml"
NO_VALUE = '{{ required "a host is needed" .Values.nothing }}'
BROKEN = ("metadata:\n", f"# {NO_VALUE}\nmetadata:\n")


@pytest.fixture
def released(world: World) -> World:
    """Give a sandbox whose release 1.6.1 is published and can be installed."""
    add_release(world, "1.6.1", "1.6.0", hours=3)
    publish(world, "1.6.1")
    return world


def release_broken(world: World, version: str = "1.7.0") -> None:
    """Release a template that needs a value; two pull requests changed templates."""
    merge_pull(world, 42, "feat: a host", {DEPLOYMENT: BROKEN}, hours=2)
    merge_pull(world, 43, "feat: a port", {SERVICE: ("metadata:\n", "# \nmetadata:\n")}, hours=1.5)
    add_release(world, version, "1.6.1", hours=1)
    publish(world, version)


def outcome(project: Project, log: IncidentLog) -> str:
    return check_installation(project, log, project.releases.newest()).outcome


def test_a_chart_that_nobody_can_install_fires_without_a_report_and_names_what_broke_it(
    released: World, project: Project, log: IncidentLog
) -> None:
    verdict = check_triggers(project, log, ["publish", "versions", "users"])
    assert verdict.text == "no need to roll back"
    release_broken(released)
    verdict = check_triggers(project, log, ["publish", "versions", "users"])
    assert verdict.text == "roll back"
    (fired,) = [finding for finding in verdict.findings if finding.outcome == "fired"]
    assert fired.name == "users"
    assert fired.evidence.startswith(
        "1.7.0 cannot be installed without values, though 1.6.1 can: helm template"
    )
    assert [suspect["number"] for suspect in verdict.suspects] == [42, 43]
    assert verdict.suspects[0]["why"].startswith(
        "changed the chart's templates/deployment.yaml (named in the error)"
    )
    newest, before = check_newest_releases(project, log, 2)
    assert (newest.outcome, newest.next) == ("failed", "invoke when.check")
    assert newest.evidence.endswith(fired.evidence.partition("\n")[0])
    assert before.outcome == "passed"


@pytest.mark.thorough
def test_a_chart_that_always_needed_values_is_no_fault(
    released: World, project: Project, log: IncidentLog
) -> None:
    assert outcome(project, log) == "passed"
    release_broken(released)
    add_release(released, "1.8.0", "1.7.0", hours=0.5)
    publish(released, "1.8.0")
    assert outcome(project, log) == "unverified"
    (users,) = check_triggers(project, log, ["users"]).findings
    assert users.outcome == "clear"
    assert "neither 1.8.0 nor a release before can be installed: helm template" in users.evidence


@pytest.mark.thorough
def test_a_breaking_release_may_need_values(
    released: World, project: Project, log: IncidentLog
) -> None:
    release_broken(released, "2.0.0")
    assert outcome(project, log) == "unverified"
    (users,) = check_triggers(project, log, ["users"]).findings
    assert users.outcome == "clear"
    assert users.evidence.endswith("; a breaking release may need some")


@pytest.mark.thorough
def test_a_registry_that_is_away_is_no_reason(
    world: World, project: Project, log: IncidentLog
) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=1)
    world.registry.stop()
    (users,) = check_triggers(project, log, ["users"]).findings
    assert users.outcome == "clear"
    assert "could not try to install the chart: " in users.evidence


def test_what_is_not_published_is_unverified(
    world: World, project: Project, log: IncidentLog
) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=1)
    assert outcome(project, log) == "unverified"
