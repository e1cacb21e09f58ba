"""Versions out of sync and users' reports: when each fires, and what it says."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import CHART, World
from tasks.toolkit.console.findings import Finding
from tasks.toolkit.core.errors import ServiceError
from tasks.toolkit.diagnosis.releases import NO_CHART, PlacedChart
from tasks.toolkit.diagnosis.triggers import (
    check_versions,
    differing,
    judge_issues,
    versions_at,
)
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project

from .staging import add_release, publish
from .values import chart, issue

CHART_YAML = f"{CHART}/Chart.yaml"
SLUG = "owner/podinfo"


def test_versions_differ_by_precedence_and_a_missing_chart_differs() -> None:
    versions = versions_at(PlacedChart("main", "abc", chart("1.9.0", "1.7.0+build.5")))
    assert differing(versions, "1.7.0") == ["version at main is 1.9.0"]
    missing = versions_at(PlacedChart("main", "abc", NO_CHART))
    assert differing(missing, "1.7.0") == [
        "version at main is missing",
        "appVersion at main is missing",
    ]
    assert differing({"registry": "nothing"}, "1.7.0") == ["registry is nothing"]
    assert differing({"appVersion at v1.7.0": ""}, "1.7.0") == ["appVersion at v1.7.0 is "]


def check(project: Project, log: IncidentLog) -> Finding:
    return check_versions(project, log, project.github.releases.newest())


def push_change(
    world: World,
    message: str,
    old: str,
    new: str,
) -> str:
    world.commit(message, {CHART_YAML: (old, new)})
    world.git("push", "--quiet", "origin", "main")
    return world.git("log", "-1", "--format=%h %s")


def test_versions_that_agree_are_clear_and_each_is_named_though_a_backport_is_newer(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    add_release(world, "1.9.1", "1.6.0", hours=1)
    add_release(world, "1.10.0", "1.9.1", hours=2)
    publish(world, "1.10.0")
    push_change(world, "chore: a build", "appVersion: 1.10.0", "appVersion: 1.10.0+build.5")
    assert project.github.releases.newest()[0].version == "1.9.1"
    finding = check(project, log)
    assert finding.outcome == "clear"
    assert finding.evidence == (
        "all are 1.10.0: release, version at v1.10.0, appVersion at v1.10.0, version at main, "
        "appVersion at main, registry, registry's appVersion"
    )


def test_each_version_that_differs_is_named_with_the_commit_that_changed_it(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    add_release(world, "1.7.0", "1.6.0", hours=1)
    change = push_change(world, "chore: hurry", "\nversion: 1.7.0", "\nversion: 1.9.0")
    since = f"; versions in Chart.yaml were changed last by {change}"
    finding = check(project, log)
    assert finding.outcome == "fired"
    assert finding.evidence == (
        "release is 1.7.0, but version at main is 1.9.0, registry is nothing, "
        f"registry's appVersion is nothing{since}"
    )
    publish(world, "1.6.0")
    assert check(project, log).evidence == (
        "release is 1.7.0, but version at main is 1.9.0, registry is 1.6.0, "
        f"registry's appVersion is 1.6.0{since}"
    )


def test_what_users_get_may_be_unread_only_when_something_else_differs(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    add_release(world, "1.7.0", "1.6.0", hours=1)
    world.registry.stop()
    with pytest.raises(ServiceError):
        check(project, log)
    push_change(world, "chore: hurry", "\nversion: 1.7.0", "\nversion: 1.9.0")
    finding = check(project, log)
    assert finding.outcome == "fired"
    assert "could not check what users get: request to 127" in finding.evidence


def test_only_users_reports_with_one_of_the_terms_fire() -> None:
    terms = ["install", " chart"]
    opened = [
        issue(3, "Dull colours"),
        issue(4, "helm install fails", labels=["Type: Incident"]),
    ]
    finding = judge_issues(opened, terms, "v1.7.0", SLUG)
    assert finding.outcome == "clear"
    assert finding.evidence == "no open issue since v1.7.0 mentions install, chart"
    opened += [issue(5, "It fails", "The CHART is not found")]
    finding = judge_issues(opened, terms, "v1.7.0", SLUG)
    assert finding.outcome == "fired"
    assert finding.evidence.partition(" ")[0] == "#5"
    assert finding.next == "close what is solved: gh issue close 5 --repo owner/podinfo"


def test_five_reports_are_listed_and_all_of_them_counted() -> None:
    opened = [issue(number, "install") for number in range(1, 8)]
    finding = judge_issues(opened, ["install"], "v1.7.0", SLUG)
    assert len(finding.evidence.splitlines()) == 5
    assert finding.next.endswith(", and so on for all 7")
