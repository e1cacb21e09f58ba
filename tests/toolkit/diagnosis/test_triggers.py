"""Versions out of sync and users' reports: when each fires, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tasks.sandbox.world import CHART, World
from tasks.toolkit.clients.github.typed import TypedGh
from tasks.toolkit.console.findings import Finding
from tasks.toolkit.core.errors import ServiceError
from tasks.toolkit.diagnosis.triggers import check_versions, judge_issues
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project

from .staging import add_release, publish
from .values import NOW, issue

CHART_YAML = f"{CHART}/Chart.yaml"
SLUG = "owner/podinfo"


def check(project: Project, log: IncidentLog) -> Finding:
    return check_versions(project, log, project.releases.newest())


def push_change(
    world: World,
    message: str,
    old: str,
    new: str,
) -> str:
    world.commit(message, {CHART_YAML: (old, new)})
    world.git("push", "--quiet", "origin", "main")
    return world.git("log", "-1", "--format=%h %s")


@pytest.mark.thorough
def test_versions_that_agree_are_clear_and_each_is_named_though_a_backport_is_newer(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    add_release(world, "1.9.1", "1.6.0", hours=1)
    add_release(world, "1.10.0", "1.9.1", hours=2)
    publish(world, "1.10.0")
    push_change(world, "chore: a build", "appVersion: 1.10.0", "appVersion: 1.10.0+build.5")
    assert project.releases.newest()[0].version == "1.9.1"
    finding = check(project, log)
    assert finding.outcome == "clear"
    assert finding.evidence == (
        "all are 1.10.0: version at v1.10.0, appVersion at v1.10.0, version at main, "
        "appVersion at main, registry, registry's appVersion"
    )


def test_each_version_that_differs_is_named_with_the_commit_that_changed_it(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    add_release(world, "1.7.0", "1.6.0", hours=1)
    change = push_change(world, "chore: hurry", "\nversion: 1.7.0", "\nversion: 1.6.9")
    since = f"; versions in Chart.yaml were changed last by {change}"
    finding = check(project, log)
    assert finding.outcome == "fired"
    assert finding.evidence == (
        "release is 1.7.0, but version at main is 1.6.9, registry is nothing, "
        f"registry's appVersion is nothing{since}"
    )
    publish(world, "1.6.0")
    assert check(project, log).evidence == (
        "release is 1.7.0, but version at main is 1.6.9, registry is 1.6.0, "
        f"registry's appVersion is 1.6.0{since}"
    )


@pytest.mark.thorough
def test_what_users_get_may_be_unread_only_when_something_else_differs(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    add_release(world, "1.7.0", "1.6.0", hours=1)
    world.registry.stop()
    with pytest.raises(ServiceError):
        check(project, log)
    push_change(world, "chore: hurry", "\nversion: 1.7.0", "\nversion: 1.6.9")
    finding = check(project, log)
    assert finding.outcome == "fired"
    assert "could not check what users get: request to 127" in finding.evidence


@pytest.mark.thorough
def test_a_default_branch_that_is_ahead_or_did_not_make_the_release_is_not_compared(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    world.git("switch", "--quiet", "--create", "release-1.7")
    add_release(world, "1.7.0", "1.6.0", hours=1)
    publish(world, "1.7.0")
    world.git("push", "--quiet", "--force", "origin", "v1.7.0~1:main")
    finding = check(project, log)
    assert finding.outcome == "clear"
    assert "at main" not in finding.evidence
    world.git("switch", "--quiet", "main")
    world.git("reset", "--quiet", "--hard", "v1.7.0")
    push_change(world, "chore: begin 1.8.0", "\nversion: 1.7.0", "\nversion: 1.8.0-dev")
    assert "at main" not in check(project, log).evidence
    push_change(world, "chore: hurry", "\nversion: 1.8.0-dev", "\nversion: 1.6.9")
    assert "version at main is 1.6.9" in check(project, log).evidence


def test_only_users_reports_with_one_of_the_terms_fire() -> None:
    terms = ["install", " chart"]
    opened = [
        issue(3, "Dull colours"),
        issue(4, "helm install fails", labels=["Type: Incident"]),
    ]
    finding = judge_issues(opened, terms, "v1.7.0", TypedGh(SLUG))
    assert finding.outcome == "clear"
    assert finding.evidence == "no open issue since v1.7.0 mentions install, chart"
    opened += [issue(5, "It fails", "The CHART is not found")]
    finding = judge_issues(opened, terms, "v1.7.0", TypedGh(SLUG))
    assert finding.outcome == "fired"
    assert finding.evidence.partition(" ")[0] == "#5"
    assert finding.next == "close what is solved: gh issue close 5 --repo owner/podinfo"


def test_five_reports_are_listed_and_all_of_them_counted() -> None:
    opened = [issue(number, "install") for number in range(1, 8)]
    finding = judge_issues(opened, ["install"], "v1.7.0", TypedGh(SLUG))
    assert len(finding.evidence.splitlines()) == 5
    assert finding.next.endswith(", and so on for all 7")


def test_reports_from_before_a_recovery_are_listed_and_only_new_ones_fire() -> None:
    terms = ["install"]
    opened = [issue(5, "install"), issue(6, "install")]
    finding = judge_issues(opened, terms, "v1.7.0", TypedGh(SLUG), NOW)
    assert finding.outcome == "clear"
    assert finding.evidence.startswith("from before the recovery: close what is solved\n#5 ")
    assert finding.next.startswith("close what is solved: gh issue close 5 ")
    new = replace(opened[1], created_at=NOW + timedelta(seconds=1))
    finding = judge_issues([opened[0], new], terms, "v1.7.0", TypedGh(SLUG), NOW)
    assert finding.outcome == "fired"
    assert finding.evidence.startswith("#6 ")
    assert "#5" not in finding.evidence
