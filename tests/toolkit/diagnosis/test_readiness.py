"""Readiness: what is missing for a rollback, and the command or setting that helps."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.diagnosis.readiness import (
    check_helm,
    check_incident,
    check_programs,
    check_public,
    check_references,
    check_repository,
    check_token,
    ensure_publishable,
    publish_checks,
    setup_checks,
)
from tasks.toolkit.incident.log import IncidentLog

from .fakes import REGISTRY, USERS, FakeProject


def test_doctor_checks_all_that_publishing_needs_and_more(
    project: FakeProject, log: IncidentLog
) -> None:
    checks = [*setup_checks(project, log)]
    assert checks[2:-1] == [*publish_checks(project)] == ["references", "token", "public", "helm"]
    assert {*checks[:2], checks[-1]} == {"programs", "repository", "incident"}


@pytest.mark.parametrize(
    ("users", "outcome", "evidence"),
    [
        ("", "passed", USERS),
        (
            REGISTRY,
            "passed",
            f"{REGISTRY} and {USERS}; helm appends the chart's name, so publish.all makes an alias",
        ),
        ("oci://other.example/podinfo", "failed", f"oci://other.example/podinfo and {USERS}"),
    ],
)
def test_references_must_lie_in_one_registry(
    tmp_path: Path, users: str, outcome: str, evidence: str
) -> None:
    finding = check_references(FakeProject(tmp_path, CHART_REF=users))
    assert (finding.outcome, finding.evidence) == (outcome, evidence)
    assert ("CHART_REF" in finding.next) == (outcome == "failed")


def test_a_token_that_may_not_push_fails_with_the_registrys_reason(project: FakeProject) -> None:
    assert check_token(project).evidence == "me may push to registry.example"
    project.owner.denies = True
    finding = check_token(project)
    reason = ("the registry refused the token: 403", "it lacks write:packages")
    assert (finding.outcome, finding.evidence, finding.next) == ("failed", *reason)


def test_a_package_is_public_unknown_or_private(project: FakeProject) -> None:
    assert check_public(project).outcome == "unverified"
    project.publish("1.7.0")
    finding = check_public(project)
    assert (finding.outcome, finding.evidence) == ("passed", f"anybody may read {USERS}")
    project.users.denies = True
    finding = check_public(project)
    assert (finding.outcome, finding.next) == ("failed", f"let anybody read {USERS}")


@pytest.mark.parametrize(
    ("version", "plain_http", "outcome", "words"),
    [
        ((3, 16), "no", "unverified", "helm 3.16: the archive is kept"),
        ((3, 17), "yes", "passed", "detects plain HTTP on loopback"),
        ((4, 1), "yes", "passed", "reported on stderr, gets --plain-http"),
        ((4, 3), "no", "passed", "same bytes each time, reports a push on stdout"),
        ((5, 0), "no", "unverified", "helm 5.0"),
    ],
)
def test_helm_is_tested_from_3_17_to_4_3(
    tmp_path: Path, version: tuple[int, int], plain_http: str, outcome: str, words: str
) -> None:
    project = FakeProject(tmp_path, PLAIN_HTTP=plain_http)
    project.__dict__["helm"] = SimpleNamespace(version=version)
    finding = check_helm(project)
    assert finding.outcome == outcome
    assert words in finding.evidence
    assert bool(finding.next) == (outcome == "unverified")


def test_programs_that_are_not_installed_are_named_with_where_to_get_them(
    project: FakeProject, tmp_path: Path
) -> None:
    (tmp_path / "git").symlink_to(shutil.which("git") or "")
    project.runner.environ = {"PATH": str(tmp_path)}
    finding = check_programs(project)
    assert (finding.outcome, finding.evidence[:4]) == ("failed", "git ")
    assert "gh is not on PATH: install it from https://cli.github.com" in finding.next
    assert "helm is not on PATH" in finding.next


@pytest.mark.parametrize(
    ("permission", "state", "outcome", "following"),
    [
        ("WRITE", "active", "passed", ""),
        ("READ", "active", "failed", "ask an owner of the repository for write access"),
        ("ADMIN", "disabled_manually", "failed", "gh workflow enable publish-helm.yml"),
    ],
)
def test_the_repository_needs_a_login_that_may_write_and_an_active_workflow(
    project: FakeProject, permission: str, state: str, outcome: str, following: str
) -> None:
    project.fake_github.login_permission = permission
    project.fake_github.state = state
    finding = check_repository(project)
    assert finding.outcome == outcome
    assert finding.next.startswith(following) and bool(finding.next) == bool(following)
    assert f"the login has the permission {permission}" in finding.evidence


def test_an_open_incident_is_told_with_its_age(log: IncidentLog) -> None:
    assert check_incident(log).evidence == "none is open here"
    log.begin("a test")
    finding = check_incident(log)
    assert f"{log.journal.id} is open, begun 0." in finding.evidence
    assert finding.next == "invoke timeline"


def test_what_could_not_be_published_is_refused_before_the_revert(project: FakeProject) -> None:
    ensure_publishable(project, "next", "1.7.0")
    with pytest.raises(BadInput, match="is not a semantic version"):
        ensure_publishable(project, "v1.7", "")
    project.owner.denies = True
    with pytest.raises(Refused, match="refused the token"):
        ensure_publishable(project, "", "")
