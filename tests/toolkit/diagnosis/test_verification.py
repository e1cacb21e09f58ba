"""Verification: each check's three outcomes, and the command for those that did not pass."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest

from tasks.sandbox.world import PUSH_TO, WORKFLOW, World
from tasks.toolkit.clients.helm.chart import Chart
from tasks.toolkit.core.errors import ServiceError
from tasks.toolkit.diagnosis.published_chart import chart_differences
from tasks.toolkit.diagnosis.verification import (
    check_chart,
    check_install,
    check_workflow,
    judge_run,
)
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.project import Project

from .staging import PUBLISHED, add_run, hours_ago, make_project, publish, put_index
from .values import REFERENCE, ago, run

OLD = run(7, "v1.6.1", created=ago(hours=2))
FAILED = run(8, "v1.7.0", "failure")


def test_a_run_passes_only_with_success_and_without_a_run_nothing_is_verified() -> None:
    outcome, evidence = judge_run(OLD, "main", None)
    assert outcome == "passed"
    assert evidence == f": run 7 on v1.6.1 (release), success, {OLD.url}"
    assert judge_run(FAILED, "main", None)[0] == "failed"
    cancelled = run(8, "v1.7.0", "cancelled")
    assert judge_run(cancelled, "main", None)[0] == "failed"
    outcome, evidence = judge_run(None, "main", None)
    assert outcome == "unverified"
    assert evidence == ", but has not run yet, on main or a release's tag"
    merged_at = datetime(2026, 1, 1, tzinfo=UTC)
    outcome, evidence = judge_run(None, "main", merged_at)
    assert outcome == "unverified"
    assert "since the revert was merged at 2026-01-01 00:00:00 UTC, on main" in evidence


def test_the_newest_run_decides_and_one_that_failed_leads_to_the_command_that_repeats_it(
    world: World,
    project: Project,
) -> None:
    facts = Facts(merged_at=hours_ago(1), version="1.7.1", app_version="1.7.0")
    add_run(world, "main", "success", hours=2)
    finding = check_workflow(project, facts)
    assert finding.outcome == "unverified"
    since = "is active, but has not run since the revert was merged at 20"
    assert since in finding.evidence
    assert finding.next.startswith("gh workflow run publish-helm.yml")
    finding = check_workflow(project, Facts())
    assert finding.outcome == "passed"
    assert finding.next == ""
    assert finding.evidence.startswith("Publish Helm Chart is active: run 1 on main (push)")
    add_run(world, "main", "failure")
    finding = check_workflow(project, facts)
    assert finding.outcome == "failed"
    typed = world.run("sh", "-c", finding.next)
    assert typed.returncode == 0, typed.stderr
    newest = world.github.runs[0]
    assert newest.event == "workflow_dispatch"
    assert newest.path == WORKFLOW
    assert newest.context["inputs"] == {"chart_version": "1.7.1", "app_version": "1.7.0"}


def test_the_wait_for_a_run_in_progress_is_bounded(world: World, project: Project) -> None:
    started = add_run(world, "main", "")
    started.status = "in_progress"
    started.conclusion = None
    finding = check_workflow(project, Facts())
    assert finding.outcome == "unverified"
    assert finding.next == "invoke run.watch"
    assert "run 1 of publish-helm.yml (in_progress)" in finding.evidence


def test_a_workflow_that_is_disabled_or_missing_fails(world: World, project: Project) -> None:
    world.github.actions.disabled_workflows.add(WORKFLOW)
    finding = check_workflow(project, Facts())
    enable = "gh workflow enable publish-helm.yml --repo stianfro/threek8s"
    assert finding.outcome == "failed"
    assert finding.next == enable
    assert finding.evidence == "Publish Helm Chart is disabled_manually"
    finding = check_workflow(make_project(world, WORKFLOW="nothing.yml"), Facts())
    assert finding.outcome == "failed"
    assert "has no workflow nothing.yml" in finding.evidence


def test_without_an_incident_the_newest_chart_that_users_get_is_checked(
    world: World,
    project: Project,
) -> None:
    finding = check_chart(project, Facts())
    assert finding.outcome == "failed"
    assert finding.next == "invoke publish.all"
    assert finding.evidence == f"{world.reference} is not published"
    world.registry.access.hides_absent = True
    finding = check_chart(make_project(world), Facts())
    assert finding.outcome == "failed"
    assert finding.next == "invoke publish.all"
    assert finding.evidence == f"{world.reference} does not exist"
    publish(world, "1.9.0")
    digest = publish(world, "1.10.0", "1.9.9")
    finding = check_chart(project, Facts())
    assert finding.outcome == "passed"
    chart = f"{world.reference}:1.10.0 (app 1.9.9)"
    assert finding.evidence == f"{chart}, {digest}, without credentials"
    put_index(world, "1.11.0")
    finding = check_chart(project, Facts())
    assert finding.outcome == "failed"
    assert finding.evidence == f"{world.reference}:1.11.0 is an image index, not a chart"
    del world.registry.repositories[PUBLISHED].tags["1.11.0"]
    finding = check_chart(project, Facts())
    unpublished = Facts(version="1.11.0", app_version="1.9.9")
    assert check_chart(project, unpublished) == finding


def test_the_chart_that_the_incident_published_is_checked_though_a_newer_one_exists(
    world: World,
    project: Project,
) -> None:
    digest = publish(world, "1.7.1", "1.7.0")
    publish(world, "1.8.0")
    facts = Facts(
        version="1.7.1",
        app_version="1.7.0",
        digest=digest,
        reference=world.reference,
    )
    finding = check_chart(project, facts)
    assert finding.outcome == "passed"
    assert finding.evidence.startswith(f"{world.reference}:1.7.1 (app 1.7.0)")
    publish(world, "1.7.1", "1.6.0")
    finding = check_chart(project, facts)
    assert finding.outcome == "failed"
    assert finding.evidence.startswith(f"{world.reference}:1.7.1: app_version is '1.6.0', not ")
    assert finding.next == "invoke publish.all --version next"


def test_what_differs_from_the_published_chart_is_named_with_both_values() -> None:
    facts = Facts(name="podinfo", version="1.7.0", app_version="1.7.0")
    other = Chart("other", "1.7.1", "1.6.0")
    assert chart_differences(facts, REFERENCE, other) == [
        "name is 'other', not 'podinfo'",
        "version is '1.7.1', not '1.7.0'",
        "app_version is '1.6.0', not '1.7.0'",
    ]
    same = Chart("podinfo", "1.7.0", "1.6.0")
    assert chart_differences(Facts(), REFERENCE, same) == []


def test_a_reference_may_end_otherwise_than_with_the_charts_name(world: World) -> None:
    users = f"oci://{world.registry.host}/{PUSH_TO}"
    publish(world, "1.7.1")
    repositories = world.registry.repositories
    repositories[PUSH_TO] = repositories[PUBLISHED]
    finding = check_chart(make_project(world, CHART_REF=users), Facts())
    assert finding.outcome == "passed"
    assert finding.evidence.startswith(f"{users}:1.7.1 (app 1.7.1)")


def test_the_same_files_that_the_workflow_packaged_again_pass(world: World) -> None:
    digest = publish(world, "1.7.1")
    facts = Facts(version="1.7.1", digest=digest, reference=world.reference)
    users = f"oci://{world.registry.host}/{PUSH_TO}"
    repositories = world.registry.repositories
    repositories[PUSH_TO] = copy.deepcopy(repositories[PUBLISHED])  # the alias stays as it is
    again = publish(world, "1.7.1", mtime=99)
    assert again != digest
    same = f"same files as {digest}, packaged again by the workflow (digest {again})"
    for settings in ({}, {"CHART_REF": users}):
        finding = check_chart(make_project(world, **settings), facts)
        assert finding.outcome == "passed"
        assert finding.evidence == f"{world.reference}:1.7.1 (app 1.7.1), {same}"


def test_other_files_under_the_published_version_fail_and_what_is_gone_proves_nothing(
    world: World,
    project: Project,
) -> None:
    digest = publish(world, "1.7.1")
    facts = Facts(version="1.7.1", digest=digest, reference=world.reference)
    other = publish(world, "1.7.1", edits={"replicas: 1": "replicas: 2"})
    finding = check_chart(project, facts)
    assert finding.outcome == "failed"
    differs = f"digest is {other}, not {digest}, and it differs in threek8s/values.yaml"
    assert finding.evidence == f"{world.reference}:1.7.1: {differs}"
    assert finding.next == "invoke publish.all --version next"
    del world.registry.repositories[PUBLISHED].manifests[digest]
    finding = check_chart(project, facts)
    assert finding.outcome == "unverified"
    assert "which is gone, so that no files can be compared" in finding.evidence


def test_a_published_chart_that_is_not_where_users_install_from_fails_with_both_references(
    world: World,
) -> None:
    users = f"oci://{world.registry.host}/{PUSH_TO}"
    project = make_project(world, CHART_REF=users)
    digest = publish(world, "1.7.1")
    facts = Facts(version="1.7.1", digest=digest, reference=world.reference)
    published = f"published at {world.reference}, but users install from {users}, which has"
    finding = check_chart(project, facts)
    assert finding.outcome == "failed"
    assert finding.evidence == f"{published} nothing"
    assert finding.next == (
        "invoke publish.alias, since helm push appends the chart's name; "
        f"or tell users {world.reference}, and set CHART_REF to it"
    )
    repositories = world.registry.repositories
    repositories[PUSH_TO] = repositories.pop(PUBLISHED)
    unlike_digest = publish(world, "1.7.1", edits={"replicas: 1": "replicas: 2"})
    unlike = Facts(version="1.7.1", digest=unlike_digest, reference=world.reference)
    finding = check_chart(project, unlike)
    assert finding.outcome == "failed"
    assert finding.evidence == f"{published} another chart"
    repositories[PUBLISHED] = repositories[PUSH_TO]
    assert check_chart(project, facts).outcome == "passed"


def test_users_who_are_denied_fail_and_a_registry_that_cannot_be_read_proves_nothing(
    world: World,
    project: Project,
) -> None:
    publish(world, "1.7.1")
    world.registry.access.private.add(PUBLISHED)
    finding = check_chart(project, Facts())
    assert finding.outcome == "failed"
    assert finding.next == f"let anybody read {world.reference}"
    assert "users are denied access: " in finding.evidence
    finding = check_install(project, Facts())
    assert finding.outcome == "failed"
    assert "denied" in finding.evidence or "401" in finding.evidence
    world.registry.access.passwords = {"another"}
    finding = check_chart(make_project(world), Facts())
    assert finding.evidence.endswith("; so is this login: whether it exists is unknown")
    world.registry.stop()
    project = make_project(world)  # without open connections
    with pytest.raises(ServiceError):
        check_chart(project, Facts())
    with pytest.raises(ServiceError):
        check_install(project, Facts())


def test_an_installation_is_tried_of_the_published_version_or_else_of_the_newest(
    world: World,
    project: Project,
) -> None:
    publish(world, "1.7.1")
    publish(world, "1.8.0", edits={"replicas: 1": 'replicas: "one"'})
    published = Facts(version="1.7.1", digest="sha256:0", reference=world.reference)
    finding = check_install(project, published)
    assert finding.outcome == "passed"
    assert finding.evidence.startswith(f"{world.reference}:1.7.1: 5 objects")
    finding = check_install(project, Facts(version="1.7.1"))  # which was not published
    assert finding.outcome == "failed"
    assert "replicas" in finding.evidence
    assert "Digest:" not in finding.evidence
    assert "Use --debug" not in finding.evidence
    assert finding.next == f"helm template test-rollback {world.reference} --plain-http --debug"
    typed = world.run("sh", "-c", finding.next)
    assert "replicas" in typed.stderr


def test_what_is_read_is_of_one_moment_until_a_run_is_waited_for(world: World) -> None:
    project = make_project(world).sharing_reads()
    before = project.fetch_tip()
    world.commit("docs: more", {"README.md": ("# ", "## ")})
    world.git("push", "--quiet", "origin", "main")
    assert project.fetch_tip() == before
    project.note_wait()
    assert project.fetch_tip() == world.git("rev-parse", "main") != before
