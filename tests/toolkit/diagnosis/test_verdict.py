"""The verdict: what fired together means, who is suspected, and what to type next."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import CHART, WORKFLOW, World
from tasks.toolkit.console.findings import Finding
from tasks.toolkit.core.errors import CheckFailed, ServiceError, SettingError
from tasks.toolkit.diagnosis.verdict import (
    check_triggers,
    ensure_clear,
    release_to_recover,
    remaining_release,
    revertible,
)
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project

from .staging import PUBLISHED, VALUES, add_release, make_project, merge_pull, publish
from .values import ago, release

ALL = ["publish", "versions", "users"]
SUSPECTED = '\nsuspected: #42 "feat: two replicas"'


def triggers(
    project: Project,
    log: IncidentLog,
    *names: str,
) -> tuple[str, dict[str, Finding]]:
    verdict, findings = check_triggers(project, log, names or ALL)
    return verdict, {finding.name: finding for finding in findings}


@pytest.fixture
def healthy(world: World) -> World:
    """Give a sandbox whose release 1.7.0 was published by its run, after pull request 42."""
    add_release(world, "1.6.1", "1.6.0", hours=2)
    publish(world, "1.6.1")
    edit = {VALUES: ("replicas: 1", "replicas: 2")}
    merge_pull(world, 42, "feat: two replicas", edit, hours=1.5)
    add_release(world, "1.7.0", "1.6.1", hours=1)
    publish(world, "1.7.0")
    return world


def merge_revert(world: World) -> str:
    """Merge the revert of pull request 42, and return how that is described."""
    revert = world.github.revert(42).number
    world.github.merge(revert)
    world.git("pull", "--quiet")
    return f'\n#42 "feat: two replicas" is reverted by #{revert}'


def test_without_a_release_every_trigger_is_clear(project: Project, log: IncidentLog) -> None:
    verdict, findings = triggers(project, log)
    assert verdict == "no need to roll back"
    assert {finding.evidence for finding in findings.values()} == {"nothing was released yet"}
    assert {finding.outcome for finding in findings.values()} == {"clear"}


def test_a_healthy_release_is_no_reason_to_roll_back_until_a_user_reports(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    verdict, findings = triggers(project, log)
    assert verdict == "no need to roll back"
    assert {finding.outcome for finding in findings.values()} == {"clear"}
    healthy.github.open_issue("helm install fails")
    verdict, findings = triggers(project, log)
    assert verdict == "roll back"
    assert findings["users"].next == "invoke recover --pr 42 --version next"
    assert findings["users"].evidence.endswith(SUSPECTED)
    publication = findings["publish"]
    assert publication.outcome == "clear"
    assert publication.next == ""
    assert "suspected" not in publication.evidence


def test_after_the_recovery_what_is_left_is_advised(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    healthy.github.runs[0].conclusion = "failure"
    healthy.github.open_issue("helm install fails")
    reverted = merge_revert(healthy)
    publish(healthy, "1.7.1", "1.7.0")
    verdict, findings = triggers(project, log)
    assert verdict == "rolled back already"
    release_above = "release a version above 1.7.1 with the revert, its version and appVersion"
    assert findings["publish"].next.startswith(release_above)
    assert findings["versions"].next.startswith(release_above)
    assert findings["users"].next.startswith("close what is solved: gh issue close ")
    for finding in findings.values():
        assert finding.evidence.endswith(reverted)


def test_after_a_recovery_under_the_same_version_the_workflow_is_left_to_run(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    healthy.github.runs[0].conclusion = "failure"
    reverted = merge_revert(healthy)
    publish(healthy, "1.7.0")
    verdict, findings = triggers(project, log)
    assert verdict == "rolled back already"
    assert findings["publish"].evidence.endswith(reverted)
    healthy.github.actions.disabled = False
    typed = healthy.run("sh", "-c", findings["publish"].next)
    assert typed.returncode == 0, typed.stderr
    run = healthy.github.runs[0]
    assert run.path == WORKFLOW
    assert run.event == "workflow_dispatch"
    assert run.head_branch == "main"
    assert run.context["inputs"] == {"chart_version": "1.7.0", "app_version": "1.7.0"}


def test_versions_that_a_recovery_leaves_out_of_sync_need_a_release_with_the_revert(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    merge_revert(healthy)
    publish(healthy, "1.7.0")
    hurry = {f"{CHART}/Chart.yaml": ("appVersion: 1.7.0", "appVersion: 1.6.1")}
    healthy.commit("chore: hurry", hurry)
    healthy.git("push", "--quiet", "origin", "main")
    verdict, findings = triggers(project, log, "versions")
    assert verdict == "rolled back already"
    assert findings["versions"].next == (
        "release a version with the revert, its version and appVersion in Chart.yaml"
    )


def test_a_release_needed_after_a_recovery_is_above_what_users_get() -> None:
    above = "release a version above 1.7.1 with the revert, "
    assert remaining_release("1.7.1", "1.7.0").startswith(above)
    assert remaining_release("1.7.0", "1.7.0").startswith("release a version with the revert, ")


def test_a_backport_that_fails_to_publish_is_the_release_to_recover() -> None:
    backport = release("1.6.2", ago(minutes=30))
    highest = release("1.7.0", ago(hours=1))
    releases = [backport, highest]
    assert release_to_recover(["publish", "versions"], releases) == backport
    assert release_to_recover(["versions", "users"], releases) == highest


def test_only_what_a_revert_may_help_is_revertible() -> None:
    findings = [
        Finding("publish", "fired", "its package is private", "make the package public"),
        Finding("versions", "unknown", "could not be read", "check the network"),
        Finding("users", "clear", ""),
    ]
    assert revertible(findings) == []
    reports = Finding("users", "fired", "#5", "close what is solved")
    assert revertible([*findings, reports]) == ["users"]
    assert revertible([Finding("publish", "fired", "a run failed"), reports]) == [
        "publish",
        "users",
    ]


def test_a_private_package_needs_no_rollback_and_keeps_its_advice_beside_what_does(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    healthy.registry.access.private.add(PUBLISHED)
    public = f"let anybody read {healthy.reference}"
    verdict, findings = triggers(project, log, "publish")
    assert verdict == "make the package public"
    assert findings["publish"].next == public
    assert "suspected" not in findings["publish"].evidence
    healthy.github.open_issue("helm install fails")
    verdict, findings = triggers(project, log, "publish", "users")
    assert verdict == "roll back"
    assert findings["publish"].next == public
    assert findings["users"].next.startswith("invoke recover --pr 42")


def test_what_fired_is_reported_though_the_suspect_cannot_be_looked_up(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    healthy.registry.stop()
    healthy.github.runs[0].conclusion = "failure"
    verdict, findings = triggers(project, log)
    assert verdict == "roll back"
    assert findings["versions"].outcome == "unknown"
    unknown = "the suspect could not be looked up: request to 127.0.0.1"
    assert unknown in findings["publish"].evidence
    unnamed = "invoke recover --pr NUMBER, with the one that caused it; or "
    assert findings["publish"].next.startswith(unnamed)


def test_a_broken_chart_on_the_default_branch_leaves_unknown_only_what_it_hides(
    healthy: World,
    log: IncidentLog,
) -> None:
    broken = {f"{CHART}/Chart.yaml": ("\nversion: 1.7.0", "\nversion: new")}
    healthy.commit("chore: hurry", broken)
    healthy.git("push", "--quiet", "origin", "main")
    project = make_project(healthy, CHART_REF=healthy.reference)
    verdict, findings = triggers(project, log)
    assert verdict == "could not tell"
    assert findings["publish"].outcome == "clear"
    assert findings["versions"].outcome == "unknown"
    assert findings["users"].outcome == "clear"
    assert "'new' is not a semantic version" in findings["versions"].evidence
    assert findings["versions"].next


def test_a_wrong_setting_ends_everything(world: World, log: IncidentLog) -> None:
    add_release(world, "1.7.0", "1.6.0", hours=1)
    with pytest.raises(SettingError, match="REGISTRY is not set"):
        triggers(make_project(world, REGISTRY=""), log)


def test_the_error_says_what_is_wrong_and_what_to_type() -> None:
    fired = [
        Finding("publish", "fired", "", "invoke recover --pr 42\nand more"),
        Finding("versions", "fired", ""),
        Finding("users", "unknown", ""),
    ]
    with pytest.raises(CheckFailed) as failure:
        ensure_clear(fired)
    symptoms = "publication failed and versions are out of sync"
    assert str(failure.value) == f"{symptoms}: invoke recover --pr 42"
    with pytest.raises(ServiceError, match="could not check users"):
        ensure_clear(fired[2:])
    ensure_clear([Finding("users", "clear", "")])
