"""The alias: needed only where helm cannot push, and with the digest of what it pushed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.alias import ensure_alias_possible, needs_alias, publish_alias
from tasks.toolkit.recovery.withdraw import withdraw_version

from ...plans import planned
from .charts import REPOSITORY, archive, publish

pytestmark = pytest.mark.usefixtures("clone")

ALIAS = "owner/podinfo"
ONE = archive({"values.yaml": "replicas: 1\n"})
TWO = archive({"values.yaml": "replicas: 2\n"})


@pytest.fixture
def aliased(project: Project, registry: Registry) -> Project:
    """Give the project, whose users install from ALIAS."""
    return documented(project, f"oci://{registry.host}/{ALIAS}")


def documented(project: Project, chart_ref: str) -> Project:
    settings = replace(project.settings, chart_ref=chart_ref)
    return Project(settings, project.runner, project.scratch)


def packaged(log: IncidentLog, folder: Path, chart: bytes) -> None:
    """Record a chart as publish.package does."""
    file = folder / "podinfo-1.0.0.tgz"
    file.write_bytes(chart)
    with log.recording_step() as outcome:
        outcome.learn(Facts(name="podinfo", version="1.0.0", archive=str(file)))


def test_no_alias_is_needed_where_helm_pushes_to(
    project: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    same = documented(project, f"oci://{registry.host}/{REPOSITORY}")
    assert not needs_alias(project, "podinfo")
    assert not needs_alias(same, "podinfo")
    publish_alias(same, log)
    assert registry.snapshot() == {}


def test_the_alias_gets_the_digest_that_was_pushed(
    aliased: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    assert needs_alias(aliased, "podinfo")
    manifest = publish(registry, "1.0.0", ONE)
    publish_alias(aliased, log)
    assert registry.tags(ALIAS) == {"1.0.0": manifest.digest}
    assert log.facts.alias == f"oci://{registry.host}/{ALIAS}"
    pushed = list(registry.pushed)
    publish_alias(aliased, log)
    assert registry.pushed == pushed


def test_an_alias_of_nothing_is_refused(aliased: Project, log: IncidentLog) -> None:
    with pytest.raises(Refused, match=r"is not published, so .* cannot be its alias"):
        publish_alias(aliased, log)


def test_a_version_that_stands_where_helm_pushes_gets_its_alias(
    aliased: Project,
    log: IncidentLog,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish(registry, "1.0.0", ONE)
    manifest = publish(registry, "0.9.0", TWO)
    log.record_skipped(Facts(version="1.0.0", digest="sha256:0"))
    publish_alias(aliased, log, version="0.9.0")
    assert registry.tags(ALIAS) == {"0.9.0": manifest.digest}
    assert log.facts.alias == ""  # of 1.0.0, which has none
    publish_alias(aliased, log)
    assert log.facts.alias == f"oci://{registry.host}/{ALIAS}"
    assert "no version was given" not in capsys.readouterr().err


def test_without_an_incident_the_version_that_is_taken_is_said(
    aliased: Project,
    log: IncidentLog,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish(registry, "1.0.0", ONE)
    publish_alias(aliased, log)
    said = "no version was given, and this incident has none: using 1.0.0 of helm/podinfo/Chart"
    assert said in capsys.readouterr().err


def test_a_version_that_is_unknown_misspelt_or_withdrawn_gets_no_alias(
    aliased: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    publish(registry, "1.0.0", ONE)
    message = r"podinfo:9\.9\.9 is not published, .*: published are 1\.0\.0; give one"
    with pytest.raises(Refused, match=message):
        publish_alias(aliased, log, version="9.9.9")
    with pytest.raises(BadInput, match="--version 'v1' is not a semantic version"):
        publish_alias(aliased, log, version="v1")
    publish(registry, "1.1.0", TWO)
    withdraw_version(aliased, log, "1.1.0")
    with pytest.raises(Refused, match=r"it was withdrawn: .* publish\.restore --version 1\.1\.0"):
        publish_alias(aliased, log, version="1.1.0")
    assert registry.tags(ALIAS) == {}


def test_another_chart_at_the_alias_is_overwritten_only_on_request(
    aliased: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    manifest = publish(registry, "1.0.0", ONE)
    other = publish(registry, "1.0.0", TWO, ALIAS)
    with pytest.raises(Refused, match="is already published with other content"):
        publish_alias(aliased, log)
    assert registry.tags(ALIAS) == {"1.0.0": other.digest}
    publish_alias(aliased, log, overwrite="1.0.0")
    assert registry.tags(ALIAS)["1.0.0"] == manifest.digest
    assert other.digest in registry.tags(ALIAS).values()


def test_an_alias_in_another_registry_is_refused_before_the_push(
    project: Project,
    log: IncidentLog,
    tmp_path: Path,
) -> None:
    elsewhere = documented(project, "oci://ghcr.io/owner/podinfo")
    packaged(log, tmp_path, ONE)
    with pytest.raises(BadInput, match=r"CHART_REF is at ghcr\.io, and REGISTRY at"):
        ensure_alias_possible(elsewhere, log, "")


def test_another_chart_at_the_alias_is_refused_before_the_push(
    aliased: Project,
    log: IncidentLog,
    registry: Registry,
    tmp_path: Path,
) -> None:
    packaged(log, tmp_path, ONE)
    ensure_alias_possible(aliased, log, "")
    publish(registry, "1.0.0", TWO, ALIAS)
    with pytest.raises(Refused, match="is already published with other content"):
        ensure_alias_possible(aliased, log, "")
    ensure_alias_possible(aliased, log, "1.0.0")


def test_the_alias_of_what_is_pushed_already_is_possible(
    aliased: Project,
    log: IncidentLog,
    registry: Registry,
    tmp_path: Path,
) -> None:
    publish(registry, "1.0.0", TWO)
    publish(registry, "1.0.0", TWO, ALIAS)
    packaged(log, tmp_path, ONE)
    ensure_alias_possible(aliased, log, "")


def test_a_dry_run_prints_the_alias_and_makes_none(
    dry_project: Project,
    dry_log: IncidentLog,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    aliased = documented(dry_project, f"oci://{registry.host}/{ALIAS}")
    publish(registry, "1.0.0", ONE)
    before = registry.snapshot()
    publish_alias(aliased, dry_log)
    assert registry.snapshot() == before
    assert f"/v2/{ALIAS}/manifests/1.0.0" in planned(capsys)
    assert dry_log.facts.alias == ""
