"""Verification: each check's three outcomes, and the command for those that did not pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.clients.helm.chart import Chart
from tasks.toolkit.core.errors import AccessDenied, ProgramFailed, ServiceError
from tasks.toolkit.diagnosis.verification import check_chart, check_install, check_workflow
from tasks.toolkit.incident.facts import Facts

from .fakes import REGISTRY, USERS, FakeProject, ago, run

MERGED = Facts(merged_at=ago(hours=1), version="1.7.1", app_version="1.7.0")


def test_the_newest_run_decides(project: FakeProject) -> None:
    project.fake_github.recent_runs = [run(8, "v1.7.0"), run(7, "v1.6.1", "failure")]
    finding = check_workflow(project, Facts())
    assert (finding.outcome, finding.next) == ("passed", "")
    assert "run 8 on v1.7.0 (release), success" in finding.evidence
    project.fake_github.recent_runs.pop(0)
    finding = check_workflow(project, MERGED)
    assert finding.outcome == "failed"
    assert finding.next == (
        "gh workflow run publish-helm.yml main chart_version=1.7.1 app_version=1.7.0"
    )


@pytest.mark.parametrize(
    ("facts", "since"),
    [
        (Facts(), "yet, on main or a release's tag"),
        (MERGED, "since the revert was merged at 20"),
    ],
)
def test_without_a_run_since_the_revert_the_workflow_is_unverified(
    project: FakeProject, facts: Facts, since: str
) -> None:
    if facts.merged_at:
        project.fake_github.recent_runs = [run(7, "v1.6.1", created=ago(hours=2))]
    finding = check_workflow(project, facts)
    assert finding.outcome == "unverified"
    assert f"Publish is active, but has not run {since}" in finding.evidence
    assert finding.next.startswith("gh workflow run")


def test_a_run_in_progress_is_waited_for_and_the_wait_is_bounded(tmp_path: Path) -> None:
    project = FakeProject(tmp_path, WAIT_TIMEOUT="0")
    project.fake_github.recent_runs = [run(8, "v1.7.0", "", status="in_progress")]
    finding = check_workflow(project, Facts())
    assert (finding.outcome, finding.next) == ("unverified", "gh run watch --repo owner/podinfo")
    assert "run 8 of publish-helm.yml (in_progress)" in finding.evidence


def test_a_workflow_that_is_disabled_or_missing_fails(project: FakeProject) -> None:
    project.fake_github.state = "disabled_manually"
    enable = "gh workflow enable publish-helm.yml --repo owner/podinfo"
    assert check_workflow(project, Facts()).next == enable
    project.fake_github.state = ""
    assert "has no workflow publish-helm.yml" in check_workflow(project, Facts()).evidence


def test_without_an_incident_the_newest_chart_that_users_get_is_checked(
    project: FakeProject,
) -> None:
    finding = check_chart(project, Facts())
    assert (finding.outcome, finding.next) == ("failed", "invoke publish.all")
    assert finding.evidence == f"{USERS} is not published"
    project.publish("1.9.0")
    manifest = project.publish("1.10.0", "1.9.9")
    finding = check_chart(project, Facts())
    assert finding.outcome == "passed"
    assert finding.evidence == (
        f"{USERS}:1.10.0 (app 1.9.9), {manifest.digest}, without credentials"
    )


def test_the_chart_that_the_incident_published_is_checked_though_a_newer_one_exists(
    project: FakeProject,
) -> None:
    manifest = project.publish("1.7.1", "1.7.0")
    project.publish("1.8.0")
    facts = Facts(version="1.7.1", app_version="1.7.0", digest=manifest.digest, reference=USERS)
    assert check_chart(project, facts).evidence.startswith(f"{USERS}:1.7.1 (app 1.7.0)")


def test_what_differs_from_the_published_chart_is_named_with_both_values(
    project: FakeProject,
) -> None:
    manifest = project.publish("1.7.1", "1.6.0", "another")
    project.installer.charts["1.7.1"] = Chart("other", "1.7.1", "1.6.0")
    facts = Facts(version="1.7.1", app_version="1.7.0", digest="sha256:0", reference=USERS)
    finding = check_chart(project, facts)
    assert finding.outcome == "failed"
    assert finding.evidence == (
        f"{USERS}:1.7.1: name is 'other', not 'podinfo', app_version is '1.6.0', not '1.7.0', "
        f"digest is '{manifest.digest}', not 'sha256:0'"
    )


def test_a_published_chart_that_is_not_where_users_install_from_fails_with_both_references(
    tmp_path: Path,
) -> None:
    project = FakeProject(tmp_path, CHART_REF=REGISTRY)
    manifest = project.publish("1.7.1")
    facts = Facts(version="1.7.1", digest=manifest.digest, reference=USERS)
    for content, what in (("", "nothing"), ("another", "another chart"), ("chart", "")):
        if content:
            project.users.publish(f"{REGISTRY}:1.7.1", content)
        finding = check_chart(project, facts)
        if not what:
            assert finding.outcome == "passed"
            continue
        both = f"published at {USERS}, but users install from {REGISTRY}, which has {what}"
        assert (finding.outcome, finding.evidence) == ("failed", both)
        assert "invoke publish.alias" in finding.next


def test_users_who_are_denied_fail_and_a_registry_that_cannot_be_read_proves_nothing(
    project: FakeProject,
) -> None:
    project.publish("1.7.1")
    project.users.denies = True
    finding = check_chart(project, Facts())
    assert (finding.outcome, finding.next) == ("failed", f"let anybody read {USERS}")
    assert "users are denied access: " in finding.evidence
    project.users.denies = False
    project.users.fails = True
    with pytest.raises(ServiceError):
        check_chart(project, Facts())


def test_an_installation_is_tried_and_fails_with_helms_own_words(project: FakeProject) -> None:
    facts = Facts(version="1.7.1", digest="sha256:0", reference=USERS)
    assert check_install(project, facts).evidence == f"{USERS}:1.7.1: 5 objects"
    unpublished = Facts(version="1.7.1")
    assert check_install(project, unpublished).evidence == f"{USERS}: 5 objects"
    project.installer.error = ProgramFailed(["helm", "install"], 1, "replicas must be a number")
    finding = check_install(project, Facts())
    assert (finding.outcome, "replicas" in finding.evidence) == ("failed", True)
    assert finding.next == f"helm template test-rollback {USERS} --debug"
    project.installer.error = AccessDenied("the package is private", "make it public")
    assert check_install(project, Facts()).next == "make it public"
    project.installer.error = ServiceError("the registry could not be asked")
    with pytest.raises(ServiceError):
        check_install(project, Facts())
