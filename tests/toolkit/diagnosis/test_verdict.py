"""The verdict: what fired together means, who is suspected, and what to type next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.world import CHART, WORKFLOW, World
from tasks.toolkit.console.findings import Finding
from tasks.toolkit.core.errors import CheckFailed, ServiceError, SettingError
from tasks.toolkit.diagnosis.cause import release_to_recover, revertible
from tasks.toolkit.diagnosis.verdict import (
    Verdict,
    check_triggers,
    ensure_clear,
)
from tasks.toolkit.incident.event import Event
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project

from .staging import (
    PUBLISHED,
    VALUES,
    add_release,
    fail_step,
    make_project,
    merge_pull,
    publish,
)
from .values import ago, release

ALL = ["publish", "versions", "users"]
SUSPECTED = 'suspected: #42 "feat: two replicas"'
TWO_REPLICAS = {VALUES: ("replicas: 1", "replicas: 2")}
NAME = {WORKFLOW: ("name: Publish Helm Chart", "name: Publish the chart")}


def triggers(
    project: Project,
    log: IncidentLog,
    *names: str,
) -> tuple[str, dict[str, Finding]]:
    verdict = check_triggers(project, log, names or ALL)
    return verdict.text, {finding.name: finding for finding in verdict.findings}


def outcomes(findings: dict[str, Finding]) -> set[str]:
    return {finding.outcome for finding in findings.values()}


@pytest.fixture
def healthy(world: World) -> World:
    """Give a sandbox whose release 1.7.0 was published by its run, after pull request 42."""
    add_release(world, "1.6.1", "1.6.0", hours=2)
    publish(world, "1.6.1")
    merge_pull(world, 42, "feat: two replicas", TWO_REPLICAS, hours=1.5)
    add_release(world, "1.7.0", "1.6.1", hours=1)
    publish(world, "1.7.0")
    return world


def merge_revert(world: World, number: int = 42) -> int:
    """Merge the revert of a pull request, and return the revert's number."""
    revert = world.github.revert(number).number
    world.github.merge(revert)
    world.git("pull", "--quiet")
    return revert


def push(world: World, message: str, path: str, old: str, new: str) -> None:
    world.commit(message, {path: (old, new)})
    world.git("push", "--quiet", "origin", "main")


def test_without_a_release_every_trigger_is_clear(project: Project, log: IncidentLog) -> None:
    verdict, findings = triggers(project, log)
    assert verdict == "no need to roll back"
    assert {finding.evidence for finding in findings.values()} == {"nothing was released yet"}
    assert outcomes(findings) == {"clear"}


def test_a_healthy_release_is_no_reason_to_roll_back_until_a_user_reports(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    verdict, findings = triggers(project, log)
    assert verdict == "no need to roll back"
    assert outcomes(findings) == {"clear"}
    healthy.github.open_issue("helm install fails")
    verdict, findings = triggers(project, log)
    assert verdict == "roll back"
    assert findings["users"].next == "invoke recover --pr 42 --version next"
    between = "between v1.6.1 (the last good release) and v1.7.0"
    assert findings["users"].evidence.endswith(
        f"{SUSPECTED} changed the chart's values.yaml {between}"
    )
    assert findings["publish"].next == ""


@pytest.mark.thorough
def test_after_a_complete_recovery_nothing_fires_until_users_report_again(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    healthy.github.runs[0].conclusion = "failure"
    healthy.github.open_issue("helm install fails")
    revert = merge_revert(healthy)
    verdict, findings = triggers(project, log)
    assert verdict == "roll back"
    name = '#42 "feat: two replicas"'
    nowhere = f"{name} is reverted by #{revert}, but users get no chart with that revert"
    assert nowhere in findings["publish"].evidence
    assert findings["publish"].next == "invoke recover --pr 42 --version next"

    publish(healthy, "1.7.1", "1.7.0")
    verdict, findings = triggers(project, log)
    assert verdict == "rolled back already"
    assert outcomes(findings) == {"clear"}
    gets = f"{name} is reverted by #{revert}; users get 1.7.1 with that revert"
    assert findings["publish"].evidence.endswith(gets)
    assert findings["versions"].next == "release a version above 1.7.1 next, with the revert"
    assert findings["users"].evidence.startswith("from before the recovery: close what is solved")

    new = healthy.github.open_issue("helm install fails again")
    verdict, findings = triggers(project, log)
    assert verdict == "roll back"
    assert findings["users"].outcome == "fired"
    assert f"#{new.number} helm install fails again" in findings["users"].evidence
    assert findings["publish"].outcome == "clear"


@pytest.mark.thorough
def test_a_revert_that_is_not_merged_helps_nobody_though_a_chart_is_published_with_it(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    healthy.github.open_issue("helm install fails")
    revert = healthy.github.revert(42).number
    publish(healthy, "1.7.1", "1.7.0", {"replicas: 2": "replicas: 1"})
    verdict, findings = triggers(project, log)
    assert verdict == "roll back"
    assert f"its revert #{revert} is not merged" in findings["versions"].evidence


@pytest.mark.thorough
def test_a_later_release_that_is_bad_again_has_its_own_suspect(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    healthy.github.runs[0].conclusion = "failure"
    merge_revert(healthy)
    publish(healthy, "1.7.0")
    assert triggers(project, log)[0] == "rolled back already"
    merge_pull(healthy, 52, "feat: a name", NAME, hours=0.5)
    add_release(healthy, "1.8.0", "1.7.0", hours=0.2, conclusion="failure")
    verdict, findings = triggers(project, log)
    assert verdict == "roll back"
    assert findings["publish"].next == "invoke recover --pr 52"


@pytest.mark.thorough
def test_after_a_fix_of_another_kind_and_a_sound_release_nothing_fires(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    healthy.github.runs[0].conclusion = "failure"
    push(healthy, "fix: it", VALUES, "replicas: 2", "replicas: 3")
    assert triggers(project, log)[0] == "roll back"
    add_release(healthy, "1.7.1", "1.7.0", hours=0.2)
    publish(healthy, "1.7.1")
    verdict, findings = triggers(project, log)
    assert verdict == "no need to roll back"
    assert outcomes(findings) == {"clear"}


def merge_what_broke_publishing(world: World) -> None:
    """Merge #42, which changes the workflow and a text, between a good release and a bad one."""
    add_release(world, "1.6.1", "1.6.0", hours=2)
    publish(world, "1.6.1")
    edits = {**NAME, "README.md": ("# threek8s", "# Threek8s")}
    merge_pull(world, 42, "ci: a name", edits, hours=1.5)
    add_release(world, "1.7.0", "1.6.1", hours=1, conclusion="failure")


@pytest.mark.thorough
def test_it_is_enough_that_nothing_of_the_workflows_change_is_left(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    merge_what_broke_publishing(world)
    assert triggers(project, log, "publish")[1]["publish"].next == "invoke recover --pr 42"
    push(world, "ci: the name again", WORKFLOW, *reversed(NAME[WORKFLOW]))
    publish(world, "1.7.0")
    verdict, findings = triggers(project, log)
    assert verdict == "rolled back already"
    undone = '#42 "ci: a name" is undone: nothing of it is left on main; users get 1.7.0'
    assert undone in findings["publish"].evidence


@pytest.mark.thorough
def test_only_the_workflow_part_is_reverted_if_the_whole_conflicts_elsewhere(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    merge_what_broke_publishing(world)
    assert triggers(project, log, "publish")[1]["publish"].next == "invoke recover --pr 42"
    push(world, "docs: another title", "README.md", "# Threek8s", "# THREEK8S")
    (finding,) = triggers(project, log, "publish")[1].values()
    assert finding.next == "invoke recover --pr 42 --only-workflow"
    assert "its full revert conflicts in README.md" in finding.evidence


@pytest.mark.thorough
def test_what_can_only_be_reverted_by_hand_is_said_before_the_command_is_refused(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    healthy.github.runs[0].conclusion = "failure"
    push(healthy, "feat: three replicas", VALUES, "replicas: 2", "replicas: 3")
    (finding,) = triggers(project, log, "publish")[1].values()
    assert finding.next == (
        "revert #42 by hand on a branch, open a pull request whose text has `Reverts #42`, "
        "then invoke recover --pr 42 --version next --accept NUMBER"
    )
    assert f"; its revert conflicts in {VALUES}" in finding.evidence
    push(healthy, "feat: two replicas", VALUES, "replicas: 3", "replicas: 2")
    (finding,) = triggers(project, log, "publish")[1].values()
    assert finding.next == "invoke recover --pr 42 --version next"


@pytest.mark.thorough
def test_where_only_the_run_failed_nothing_is_published(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    merge_pull(healthy, 52, "ci: a name", NAME, hours=0.8)
    add_release(healthy, "1.7.1", "1.7.0", hours=0.5, conclusion="failure")
    publish(healthy, "1.7.1")
    verdict, findings = triggers(project, log)
    assert verdict == "roll back"
    assert findings["versions"].outcome == "clear"
    assert findings["publish"].next == "invoke recover --pr 52 --skip-publish"
    merge_revert(healthy, 52)
    assert triggers(project, log)[0] == "rolled back already"


@pytest.mark.thorough
def test_what_was_reverted_before_the_release_is_not_at_fault_unless_it_came_back(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=2)
    publish(world, "1.6.1")
    merge_pull(world, 42, "feat: two replicas", TWO_REPLICAS, hours=1.6)
    first = merge_revert(world)
    add_release(world, "1.7.0", "1.6.1", hours=1, conclusion="failure")
    (finding,) = check_triggers(project, log, ["publish"]).findings
    assert "no change touches the workflow, the chart or what failed" in finding.evidence
    rerun, recover = finding.next.split("\n")
    assert rerun.startswith("in case the cause has passed: gh run rerun 2 --failed ")
    assert recover == "invoke recover --sha HASH, with the commit that caused it"

    merge_revert(world, first)
    add_release(world, "1.7.1", "1.7.0", hours=0.5, conclusion="failure")
    (finding,) = check_triggers(project, log, ["publish"]).findings
    assert "#42" in finding.evidence


@pytest.mark.thorough
def test_two_changes_of_the_workflow_are_listed_and_neither_is_advised_alone(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=3)
    publish(world, "1.6.1")
    merge_pull(world, 40, "ci: a name", NAME, hours=2.5)
    merge_pull(world, 41, "feat: two replicas", TWO_REPLICAS, hours=2.4)
    push(world, "ci: lint more", WORKFLOW, 'helm lint "$CHART"', 'helm lint --strict "$CHART"')
    direct = world.git("rev-parse", "HEAD")[:12]
    add_release(world, "1.7.0", "1.6.1", hours=1, conclusion="failure")
    fail_step(world.github.runs[0], "publish: Verify", log="Error: not found\n")
    verdict = check_triggers(project, log, ["publish", "versions"])
    publication, versions = verdict.findings
    assert "failed step: publish: Verify" in publication.evidence
    assert 'the failed step ended with "Error: not found"' in publication.evidence
    assert "no clear suspect:" in publication.evidence
    _, *commands = publication.next.split("\n")
    assert commands[:2] == [f"invoke recover --sha {direct}", "invoke recover --pr 40"]
    assert versions.next == "as for publish"
    assert [one["is_clear"] for one in verdict.suspects] == [False] * 3
    assert [one["number"] for one in verdict.suspects] == [None, 40, 41]


@pytest.mark.thorough
def test_a_chart_under_the_appended_name_is_said_and_an_alias_is_advised_first(
    world: World,
    log: IncidentLog,
) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=2)
    merge_pull(world, 42, "ci: a name", NAME, hours=1.5)
    add_release(world, "1.7.0", "1.6.1", hours=1, conclusion="failure")
    publish(world, "1.7.0")
    folder = world.reference.removesuffix("/threek8s")
    verdict, findings = triggers(make_project(world, CHART_REF=folder), log)
    assert verdict == "roll back"
    assert findings["publish"].next.split("\n") == [
        "first aid, users can install in seconds: invoke publish.alias --version 1.7.0",
        "invoke recover --pr 42 --version next",
    ]
    stands = f"1.7.0 is published at {world.reference}, where helm appended the name"
    assert stands in findings["publish"].evidence


@pytest.mark.thorough
def test_a_release_that_is_not_published_yet_is_unknown(
    healthy: World,
    log: IncidentLog,
) -> None:
    add_release(healthy, "1.7.1", "1.7.0", hours=0, conclusion="")
    verdict, findings = triggers(make_project(healthy, WAIT_TIMEOUT="600"), log)
    assert verdict == "could not tell"
    assert findings["publish"].outcome == "unknown"
    assert findings["versions"].outcome == "unknown"
    assert "its run has not ended" in findings["versions"].evidence
    advice = {finding.next for finding in findings.values() if finding.next}
    assert findings["publish"].next and len(advice) == 1  # to wait, for both


@pytest.mark.thorough
def test_what_fails_after_the_chart_is_published_is_no_reason_to_roll_back(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    (run, *_) = healthy.github.runs
    run.conclusion = "failure"
    passed = ["Push unless it is published already", "Verify"]
    fail_step(run, "create-release: Create the release", after=passed)
    verdict, findings = triggers(project, log)
    assert verdict == "no need to roll back"
    assert findings["publish"].outcome == "unverified"
    failed = "failed step: create-release: Create the release, after the chart was pushed"
    assert failed in findings["publish"].evidence


@pytest.mark.thorough
def test_what_an_incident_recorded_counts_though_the_change_is_of_another_file(
    world: World,
    project: Project,
    log: IncidentLog,
    tmp_path: Path,
) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=2)
    publish(world, "1.6.1")
    readme = {"README.md": ("# threek8s", "# Threek8s")}
    merge_pull(world, 42, "docs: a title", readme, hours=1.5)
    add_release(world, "1.7.0", "1.6.1", hours=1, conclusion="failure")
    merge_revert(world)
    digest = publish(world, "1.7.0")
    assert triggers(project, log)[0] == "roll back"
    facts = {
        "good_commit": world.git("rev-parse", "origin/main"),
        "version": "1.7.0",
        "digest": digest,
    }
    incident = tmp_path / "2026-01-01T000000Z"
    incident.mkdir()
    events = [
        Event.now("timeline.start", "opened", {"schema": 1}),
        Event.now("publish.push", "done", facts),
        Event.now("timeline.stop", "closed", {}),
    ]
    lines = "".join(event.line() + "\n" for event in events)
    (incident / "journal.jsonl").write_text(lines)
    verdict, findings = triggers(project, log)
    assert verdict == "rolled back already"
    assert "incident 2026-01-01T000000Z merged" in findings["publish"].evidence
    publish(world, "1.7.0", edits={"replicas: 1": "replicas: 9"})
    assert triggers(project, log)[0] == "roll back"


@pytest.mark.thorough
def test_versions_that_only_the_branch_has_wrong_need_no_publication(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    push(healthy, "docs: a comment", f"{CHART}/Chart.yaml", "name:", "# it\nname:")
    push(healthy, "chore: hurry", f"{CHART}/Chart.yaml", "\nversion: 1.7.0", "\nversion: 1.6.9")
    hurry = healthy.git("rev-parse", "HEAD")[:12]
    verdict, findings = triggers(project, log)
    assert verdict == "roll back"
    assert findings["versions"].next == f"invoke recover --sha {hurry} --skip-publish"
    assert "after v1.7.0 (the last good release)" in findings["versions"].evidence


@pytest.mark.thorough
def test_versions_that_drift_after_a_recovery_still_fire(
    healthy: World,
    project: Project,
    log: IncidentLog,
) -> None:
    healthy.github.runs[0].conclusion = "failure"
    merge_revert(healthy)
    publish(healthy, "1.7.0")
    push(healthy, "chore: hurry", f"{CHART}/Chart.yaml", "\nversion: 1.7.0", "\nversion: 1.6.9")
    hurry = healthy.git("rev-parse", "HEAD")[:12]
    verdict, findings = triggers(project, log)
    assert verdict == "roll back"
    assert findings["publish"].outcome == "clear"
    assert findings["versions"].next == f"invoke recover --sha {hurry} --skip-publish"


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
    for advice in ("", "invoke publish.alias --version 1.7.0"):
        failed = Finding("publish", "fired", "a run failed", advice)
        assert revertible([failed, reports]) == ["publish", "users"]


@pytest.mark.thorough
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


@pytest.mark.thorough
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


@pytest.mark.thorough
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
    assert Verdict("no need to roll back", []).suspects == []
