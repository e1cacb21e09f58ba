"""Releases: which is highest, which is private, which is good, and what publishes it again."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.github.actions import Run
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.console.findings import Finding
from tasks.toolkit.core.errors import ProgramFailed
from tasks.toolkit.diagnosis.releases import (
    check_release,
    find_good_release,
    highest_release,
    published_manifest,
)

from .fakes import NOW, USERS, FakeProject, ago, release, run

REFERENCE = Reference.parse(f"{USERS}:1.7.0")


def test_the_highest_release_is_found_by_precedence_not_by_time() -> None:
    releases = [release(version, NOW) for version in ("1.9.1", "1.10.0", "1.9.0")]
    assert highest_release(releases).version == "1.10.0"
    assert highest_release([release("nightly", NOW)]).tag == "vnightly"


def test_what_anybody_may_read_is_not_private(project: FakeProject) -> None:
    assert published_manifest(project, REFERENCE) == (None, False)
    manifest = project.publish("1.7.0")
    assert published_manifest(project, REFERENCE) == (manifest, False)


def test_what_only_the_login_may_read_is_private_and_so_is_what_nobody_may(
    project: FakeProject,
) -> None:
    project.users.denies = True
    assert published_manifest(project, REFERENCE) == (None, False)  # as GHCR answers for nothing
    manifest = project.publish("1.7.0")
    assert published_manifest(project, REFERENCE) == (manifest, True)
    project.owner.denies = True
    assert published_manifest(project, REFERENCE) == (None, True)


@pytest.fixture
def released(project: FakeProject) -> FakeProject:
    """Give a project with the published releases 1.6.1 and 1.7.0."""
    for version, hours in (("1.6.1", 2), ("1.7.0", 1)):
        project.add_release(version, ago(hours=hours))
        project.publish(version)
    project.fake_github.recent_runs = [
        run(2, "v1.7.0", created=ago(hours=1)),
        run(1, "v1.6.1", created=ago(hours=2)),
    ]
    return project


def checked(project: FakeProject, index: int = 0) -> Finding:
    releases = project.fake_github.published
    return check_release(project, releases[index], releases, project.fake_github.recent_runs)


def test_a_release_passes_with_its_run_its_chart_and_its_versions(released: FakeProject) -> None:
    digest = released.users.manifests[str(REFERENCE)].digest
    lines = ["run 2: success", f"{REFERENCE} is published, {digest}"]
    lines.append("version 1.7.0, appVersion 1.7.0")
    assert checked(released) == Finding("v1.7.0", "passed", "\n".join(lines))


@pytest.mark.parametrize("fault", ["run", "chart", "versions"])
def test_the_newest_release_fails_for_each_fault_and_leads_to_the_triggers(
    released: FakeProject, fault: str
) -> None:
    evidence = {
        "run": "run 2: failure",
        "chart": f"{REFERENCE} is not published",
        "versions": "version 1.6.1, appVersion 1.6.1",
    }
    if fault == "run":
        released.fake_github.recent_runs[0] = run(2, "v1.7.0", "failure", ago(hours=1))
    if fault == "chart":
        released.users.manifests.pop(str(REFERENCE))
    if fault == "versions":
        released.fake_git.add_chart("v1.7.0", "1.6.1")
    finding = checked(released)
    assert (finding.outcome, finding.next) == ("failed", "invoke when.check")
    assert evidence[fault] in finding.evidence.splitlines()


def test_an_older_release_that_fails_needs_nothing(released: FakeProject) -> None:
    released.fake_github.recent_runs.pop()
    finding = checked(released, 1)
    assert finding.outcome == "failed"
    assert "no run of the workflow" in finding.evidence
    assert finding.next == "v1.7.0 is newer: nothing is to be done, unless somebody needs 1.6.1"


@pytest.mark.parametrize(
    ("runs", "hours", "outcome"),
    [
        ([], 0, "unverified"),
        ([], 1, "failed"),
        ([run(2, "v1.7.0", "", status="in_progress")], 1, "unverified"),
    ],
)
def test_a_run_that_may_yet_succeed_is_waited_for(
    project: FakeProject, runs: list[Run], hours: int, outcome: str
) -> None:
    project.add_release("1.7.0", ago(hours=hours))
    project.fake_github.recent_runs = runs
    finding = checked(project)
    assert finding.outcome == outcome
    assert (finding.next == "wait for the run") == (outcome == "unverified")


def test_the_newest_good_release_that_users_get_needs_no_command(released: FakeProject) -> None:
    findings, tag = find_good_release(released)
    assert (tag, len(findings), findings[0].next) == ("v1.7.0", 1, "")
    assert findings[0].evidence.splitlines()[-1] == "5 objects"


def test_a_release_that_is_not_good_is_passed_over_with_its_reasons(released: FakeProject) -> None:
    released.fake_github.recent_runs[0] = run(2, "v1.7.0", "failure", ago(hours=1))
    released.publish("1.7.0", "1.6.9")
    findings, tag = find_good_release(released)
    assert (tag, [finding.outcome for finding in findings]) == ("v1.6.1", ["failed", "passed"])
    assert "run 2: failure" in findings[0].evidence
    assert "version 1.7.0, appVersion 1.6.9" in findings[0].evidence
    assert findings[1].next == "invoke publish.all --ref v1.6.1 --version next"


def test_what_a_recovery_published_above_every_release_is_not_to_be_hidden(
    released: FakeProject,
) -> None:
    released.publish("1.7.1")
    findings, _ = find_good_release(released)
    assert findings[0].next == (
        "users get 1.7.1, which is no release, as after a recovery; only if that is bad too: "
        "invoke publish.all --ref v1.7.0 --version next"
    )


def test_without_a_chart_that_can_be_installed_no_release_is_good(released: FakeProject) -> None:
    released.installer.error = ProgramFailed(["helm", "install"], 1, "replicas must be a number")
    findings, tag = find_good_release(released)
    assert (tag, [finding.outcome for finding in findings]) == ("", ["failed", "failed"])
    assert all("it cannot be installed: helm install: replicas" in one.evidence for one in findings)


def test_a_registry_that_cannot_be_read_leaves_a_release_unverified(released: FakeProject) -> None:
    released.users.fails = True
    findings, tag = find_good_release(released)
    assert (tag, {finding.outcome for finding in findings}) == ("", {"unverified"})
