"""Checks of releases: which one came out well, which one is good, and what publishes it again."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from tasks.sandbox.world import World
from tasks.toolkit.clients.github.runs import Run
from tasks.toolkit.clients.registry.manifest import Manifest
from tasks.toolkit.console.findings import Finding
from tasks.toolkit.core.tag_pattern import TagPattern
from tasks.toolkit.diagnosis.delivery import Delivery, Evidence, version_evidence
from tasks.toolkit.diagnosis.release_checks import (
    ReleaseChecks,
    find_good_release,
    judge_release,
    republish_advice,
)
from tasks.toolkit.diagnosis.version_sync import compare_chart
from tasks.toolkit.incident.project import Project
from tasks.toolkit.incident.release_rule import ReleaseRule

from ..manifests import chart_manifest
from .staging import PUBLISHED, VALUES, add_release, make_project, publish
from .values import NOW, REFERENCE, ago, chart, release, run

OLD = release("1.6.1", ago(hours=2))
NEWEST = release("1.7.0", ago(hours=1))
MANIFEST = chart_manifest(b"chart")
IMAGE = Manifest(b'{"layers": []}', MANIFEST.media_type)
LIMIT = 900
RULE = ReleaseRule(TagPattern("v"))
GOOD = Delivery(NEWEST, run(2, "v1.7.0"), REFERENCE, MANIFEST)


def versions(version: str, app_version: str = "") -> Evidence:
    """Return the evidence of a chart's versions for the release 1.7.0."""
    found = chart(version, app_version)
    return version_evidence(found, compare_chart(RULE, NEWEST, found, ""))


def test_a_release_passes_with_its_run_its_chart_and_its_versions() -> None:
    evidence = "\n".join(
        [
            "run 2: success",
            f"{REFERENCE} is published, {MANIFEST.digest}",
            "version 1.7.0, appVersion 1.7.0",
        ]
    )
    finding = judge_release(GOOD, versions("1.7.0"), NEWEST, LIMIT, lambda: NOW)
    assert finding == Finding("v1.7.0", "passed", evidence)


BOTH = "version 1.7.0 and appVersion 1.7.0"
FAULTS = [
    (replace(GOOD, run=run(2, "v1.7.0", "failure")), "1.7.0", "", "run 2: failure"),
    (replace(GOOD, run=None, manifest=None), "1.7.0", "", "no run of the workflow was found"),
    (replace(GOOD, manifest=None), "1.7.0", "", f"{REFERENCE} is not published"),
    (replace(GOOD, manifest=IMAGE), "1.7.0", "", f"{REFERENCE} is a container image, not a chart"),
    (GOOD, "1.6.1", "", f"version 1.6.1, appVersion 1.6.1, not {BOTH}"),
    (GOOD, "1.6.1", "1.7.0", "version 1.6.1, appVersion 1.7.0, not version 1.7.0"),
    (GOOD, "1.7.0", "1.6.1", "version 1.7.0, appVersion 1.6.1, not appVersion 1.7.0"),
]


@pytest.mark.parametrize(("delivery", "version", "app_version", "evidence"), FAULTS)
def test_the_newest_release_fails_for_each_fault_and_leads_to_the_triggers(
    delivery: Delivery,
    version: str,
    app_version: str,
    evidence: str,
) -> None:
    found = versions(version, app_version)
    finding = judge_release(delivery, found, NEWEST, LIMIT, lambda: NOW)
    assert finding.outcome == "failed"
    assert finding.next == "invoke when.check"
    assert evidence in finding.evidence.splitlines()


def test_an_older_release_that_fails_needs_nothing() -> None:
    delivery = Delivery(OLD, run(1, "v1.6.1", "failure"), REFERENCE, MANIFEST)
    finding = judge_release(delivery, {}, NEWEST, LIMIT, lambda: NOW)
    assert finding.outcome == "failed"
    assert "run 1: failure" in finding.evidence
    assert finding.next == "v1.7.0 is newer: nothing to do, unless somebody needs 1.6.1"


def test_a_release_without_a_known_run_is_unverified_if_its_chart_is_published() -> None:
    delivery = replace(GOOD, run=None)
    finding = judge_release(delivery, versions("1.7.0"), NEWEST, LIMIT, lambda: NOW)
    assert finding.outcome == "unverified"
    assert finding.next == ""
    assert "no run of the workflow was found" in finding.evidence
    broken = versions("1.7.0", "1.6.1")
    assert judge_release(delivery, broken, NEWEST, LIMIT, lambda: NOW).outcome == "failed"


PENDING = [
    (None, 0, "unverified"),
    (None, 1, "failed"),
    (run(2, "v1.7.0", "", status="in_progress"), 1, "unverified"),
]


@pytest.mark.parametrize(("started", "hours", "outcome"), PENDING)
def test_a_run_that_may_yet_succeed_is_waited_for(
    started: Run | None, hours: int, outcome: str
) -> None:
    young = release("1.7.0", ago(hours=hours))
    delivery = Delivery(young, started, REFERENCE, None)
    finding = judge_release(delivery, versions("1.7.0"), young, LIMIT, lambda: NOW)
    assert finding.outcome == outcome
    assert (finding.next == "wait for the run") == (outcome == "unverified")


def test_only_what_users_do_not_get_is_published_again() -> None:
    releases = [NEWEST, OLD]
    command = "invoke publish.all --ref v1.6.1 --version next"
    assert republish_advice(OLD, releases, "1.6.1") == ""
    assert republish_advice(OLD, releases, "1.7.0") == command


def test_a_hostile_tag_is_quoted_in_the_command() -> None:
    hostile = replace(OLD, tag="v1.6.1';`id`")
    command = republish_advice(hostile, [NEWEST, hostile], "1.7.0")
    assert shlex.split(command)[2:4] == ["--ref", hostile.tag]


def test_what_a_recovery_published_above_every_release_is_not_to_be_hidden() -> None:
    assert republish_advice(NEWEST, [NEWEST, OLD], "1.7.1") == (
        "users get 1.7.1, which is no release, as after a recovery; only if that is bad too: "
        "invoke publish.all --ref v1.7.0 --version next"
    )


@pytest.fixture
def released(world: World) -> World:
    """Give a sandbox with the published releases 1.6.1 and 1.7.0."""
    add_release(world, "1.6.1", "1.6.0", hours=2)
    publish(world, "1.6.1")
    add_release(world, "1.7.0", "1.6.1", hours=1)
    publish(world, "1.7.0")
    return world


def test_a_release_is_checked_with_its_own_run_and_the_chart_at_its_tag(
    released: World,
    project: Project,
) -> None:
    newest, older = project.releases.newest()
    checks = ReleaseChecks(project, [newest, older])
    project.git.tags.fetch()
    assert checks.check(newest).outcome == "passed"
    finding = checks.check(older)
    assert finding.outcome == "passed"
    assert "run 1: success" in finding.evidence
    assert f"{released.reference}:1.6.1 is published" in finding.evidence


@pytest.mark.thorough
def test_the_newest_good_release_needs_no_command_and_others_are_passed_over_with_their_reasons(
    released: World,
    project: Project,
) -> None:
    findings, tag = find_good_release(project)
    assert tag == "v1.7.0"
    (good,) = findings
    assert good.next == ""
    assert "\n5 objects" in good.evidence
    released.github.runs[0].conclusion = "failure"
    publish(released, "1.7.0", "1.6.9")
    findings, tag = find_good_release(project)
    assert tag == "v1.6.1"
    assert [finding.outcome for finding in findings] == ["failed", "passed"]
    assert "run 2: failure" in findings[0].evidence
    assert "version 1.7.0, appVersion 1.6.9" in findings[0].evidence
    assert "differs from it in Chart.yaml only" in findings[1].next  # it would change nothing
    assert findings[1].next.endswith("invoke when.check")
    released.commit("feat: two replicas", {VALUES: ("replicas: 1", "replicas: 2")})
    add_release(released, "1.8.0", "1.7.0", hours=0.5, conclusion="failure")
    publish(released, "1.8.0", "1.6.9")
    findings, tag = find_good_release(project)
    assert tag == "v1.6.1"
    assert findings[-1].next == "invoke publish.all --ref v1.6.1 --version next"


def test_a_release_whose_run_has_not_ended_is_no_failure_yet(
    released: World,
    project: Project,
) -> None:
    run_of_newest = released.github.runs[0]
    run_of_newest.status = "in_progress"
    run_of_newest.conclusion = None
    released.registry.remove(PUBLISHED, released.registry.tags(PUBLISHED)["1.7.0"])
    findings, tag = find_good_release(project)
    assert tag == "v1.6.1"
    assert [finding.outcome for finding in findings] == ["unverified", "passed"]
    assert findings[0].next == "wait for the run"


@pytest.mark.thorough
def test_a_release_that_can_be_installed_is_good_though_no_run_of_it_is_known(
    released: World,
    project: Project,
) -> None:
    released.github.runs.clear()
    findings, tag = find_good_release(project)
    assert tag == "v1.7.0"
    assert [finding.outcome for finding in findings] == ["unverified"]


@pytest.mark.thorough
def test_what_cannot_be_installed_is_not_good_and_what_cannot_be_read_is_unverified(
    released: World,
    project: Project,
) -> None:
    for version in ("1.6.1", "1.7.0"):
        publish(released, version, edits={"replicas: 1": 'replicas: "one"'})
    findings, tag = find_good_release(project)
    assert tag == ""
    assert len(findings) == 2
    for finding in findings:
        assert finding.outcome == "failed"
        assert "it cannot be installed: helm template" in finding.evidence
        assert "replicas" in finding.evidence
    released.registry.stop()
    findings, tag = find_good_release(make_project(released))  # without open connections
    assert tag == ""
    assert [finding.outcome for finding in findings] == ["unverified", "unverified"]
