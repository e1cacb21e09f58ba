"""The verdict: what fired together means, who is suspected, and what to type next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.console.findings import Finding
from tasks.toolkit.core.errors import (
    AccessDenied,
    BadInput,
    CheckFailed,
    ServiceError,
    SettingError,
)
from tasks.toolkit.diagnosis.verdict import check_triggers, ensure_clear
from tasks.toolkit.incident.log import IncidentLog

from .fakes import USERS, FakeProject, ago, chart_archive, issue, pull, release, run

ALL = ["publish", "versions", "users"]


def triggers(project: FakeProject, log: IncidentLog, *names: str) -> tuple[str, dict[str, Finding]]:
    verdict, findings = check_triggers(project, log, names or ALL)
    return verdict, {finding.name: finding for finding in findings}


@pytest.fixture
def healthy(project: FakeProject) -> FakeProject:
    """Give a project whose release 1.7.0 was published by its run, after pull request 42."""
    project.add_release("1.6.1", ago(hours=2))
    project.add_release("1.7.0", ago(hours=1))
    project.fake_github.recent_runs = [run(7, "v1.7.0")]
    project.fake_github.merged = [(pull(42, merged="bad"), ["chart/values.yaml"])]
    project.publish("1.6.1")
    project.publish("1.7.0")
    return project


def test_without_a_release_every_trigger_is_clear(project: FakeProject, log: IncidentLog) -> None:
    verdict, findings = triggers(project, log)
    assert verdict == "no need to roll back"
    assert {finding.evidence for finding in findings.values()} == {"nothing was released yet"}


def test_a_healthy_release_is_no_reason_to_roll_back(
    healthy: FakeProject, log: IncidentLog
) -> None:
    verdict, findings = triggers(healthy, log)
    assert verdict == "no need to roll back"
    assert {finding.outcome for finding in findings.values()} == {"clear"}


def test_what_fires_names_the_suspect_and_the_command_and_what_is_clear_does_not(
    healthy: FakeProject, log: IncidentLog
) -> None:
    healthy.fake_github.opened = [issue(5, "helm install fails")]
    verdict, findings = triggers(healthy, log)
    assert verdict == "roll back"
    assert findings["users"].next == "invoke recover --pr 42 --version next"
    assert findings["users"].evidence.endswith('\nsuspected: #42 "feat: more"')
    assert (findings["publish"].outcome, findings["publish"].next) == ("clear", "")


def test_after_the_recovery_what_is_left_is_advised(healthy: FakeProject, log: IncidentLog) -> None:
    healthy.fake_github.recent_runs = [run(7, "v1.7.0", "failure")]
    healthy.fake_github.opened = [issue(5, "helm install fails")]
    healthy.fake_github.reverts = {42: pull(43, merged="revert")}
    healthy.publish("1.7.1", "1.7.0")
    verdict, findings = triggers(healthy, log)
    assert verdict == "rolled back already"
    release_above = "release a version above 1.7.1 with the revert"
    assert findings["publish"].next.startswith(release_above)
    assert findings["versions"].next.startswith(release_above)
    assert findings["users"].next.startswith("close what is solved: gh issue close 5")


def test_after_a_recovery_under_the_same_version_the_workflow_is_left_to_run(
    healthy: FakeProject, log: IncidentLog
) -> None:
    healthy.fake_github.recent_runs = [run(7, "v1.7.0", "failure")]
    healthy.fake_github.reverts = {42: pull(43, merged="revert")}
    healthy.fake_git.files["revert", "chart/values.yaml"] = "replicas: 1\n"
    healthy.users.archives[f"{USERS}:1.7.0"] = chart_archive({"values.yaml": "replicas: 1\n"})
    verdict, findings = triggers(healthy, log, "publish")
    assert verdict == "rolled back already"
    assert findings["publish"].evidence.endswith("is reverted by #43")
    assert findings["publish"].next == (
        "gh workflow run publish-helm.yml main chart_version=1.7.0 app_version=1.7.0"
    )


def test_versions_that_a_recovery_leaves_out_of_sync_need_a_release_with_the_revert(
    healthy: FakeProject, log: IncidentLog
) -> None:
    healthy.fake_git.add_chart("main", "1.7.0", "1.6.1")
    healthy.fake_github.reverts = {42: pull(43, merged="revert")}
    healthy.users.archives[f"{USERS}:1.7.0"] = chart_archive({})
    verdict, findings = triggers(healthy, log, "versions")
    assert verdict == "rolled back already"
    assert findings["versions"].next == (
        "release a version with the revert, its version and appVersion in Chart.yaml"
    )


def test_a_backport_that_fails_to_publish_is_the_release_to_recover(
    healthy: FakeProject, log: IncidentLog
) -> None:
    healthy.fake_github.published.insert(0, release("1.6.2", ago(minutes=30)))
    healthy.fake_git.add_chart("v1.6.2", "1.6.2")
    healthy.fake_github.recent_runs = [run(8, "v1.6.2", "failure")]
    _, findings = triggers(healthy, log, "publish")
    assert findings["publish"].next == ("invoke recover --pr 42 --version next --app-version 1.6.2")


def test_a_private_package_alone_needs_no_rollback(healthy: FakeProject, log: IncidentLog) -> None:
    healthy.users.denies = True
    verdict, findings = triggers(healthy, log, "publish")
    assert verdict == "make the package public"
    assert findings["publish"].next == f"let anybody read {USERS}"
    assert "suspected" not in findings["publish"].evidence


def test_a_private_package_keeps_its_advice_beside_a_trigger_that_needs_a_rollback(
    healthy: FakeProject, log: IncidentLog
) -> None:
    healthy.users.denies = True
    healthy.fake_github.opened = [issue(5, "helm install fails")]
    verdict, findings = triggers(healthy, log, "publish", "users")
    assert verdict == "roll back"
    assert findings["publish"].next == f"let anybody read {USERS}"
    assert findings["users"].next.startswith("invoke recover --pr 42")


def test_what_fired_is_reported_though_the_suspect_cannot_be_looked_up(
    healthy: FakeProject, log: IncidentLog
) -> None:
    healthy.users.fails = True
    healthy.fake_github.recent_runs = [run(7, "v1.7.0", "failure")]
    verdict, findings = triggers(healthy, log)
    assert verdict == "roll back"
    assert findings["versions"].outcome == "unknown"
    assert "the suspect could not be looked up: registry.example" in findings["publish"].evidence
    assert findings["publish"].next == (
        "invoke recover --pr NUMBER, with the one that caused it; or check the network"
    )


@pytest.mark.parametrize(
    "error", [AccessDenied("HTTP 401", "log in"), BadInput("no such", "log in")]
)
def test_a_github_that_cannot_be_read_leaves_every_trigger_unknown(
    healthy: FakeProject, log: IncidentLog, error: ServiceError
) -> None:
    healthy.fake_github.error = error
    verdict, findings = triggers(healthy, log)
    assert verdict == "could not tell"
    assert [(one.outcome, one.next) for one in findings.values()] == [("unknown", "log in")] * 3


def test_a_broken_chart_on_the_default_branch_leaves_unknown_only_what_it_hides(
    healthy: FakeProject, log: IncidentLog
) -> None:
    healthy.fake_git.files["main", "chart/Chart.yaml"] = "name: podinfo\nversion: new\n"
    verdict, findings = triggers(healthy, log)
    assert verdict == "could not tell"
    assert [finding.outcome for finding in findings.values()] == ["clear", "unknown", "clear"]
    assert "'new' is not a semantic version" in findings["versions"].evidence


def test_a_wrong_setting_ends_everything(tmp_path: Path, log: IncidentLog) -> None:
    project = FakeProject(tmp_path, REGISTRY="")
    project.add_release("1.7.0", ago(hours=1))
    with pytest.raises(SettingError, match="REGISTRY is not set"):
        triggers(project, log)


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
