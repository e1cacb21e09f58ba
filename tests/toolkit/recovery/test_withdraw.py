"""Withdrawing: refused where users need the version, and restored from the saved bytes."""

from __future__ import annotations

import pytest

from tasks.sandbox.registry import Registry
from tasks.toolkit.clients.registry.manifest import Manifest
from tasks.toolkit.clients.registry.saved import saved_blob, saved_text
from tasks.toolkit.core.errors import BadInput, Refused, ServiceError
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.restore import restore_version
from tasks.toolkit.recovery.withdraw import was_withdrawn, withdraw_version

from ...plans import planned
from ..manifests import chart_manifest
from .charts import REPOSITORY, archive, publish

pytestmark = pytest.mark.usefixtures("clone", "good")

ONE = archive({"values.yaml": "replicas: 1\n"})
TWO = archive({"values.yaml": "replicas: 2\n"})


@pytest.fixture
def good(registry: Registry) -> Manifest:
    """Give the manifest of 1.0.0, which is published."""
    return publish(registry, "1.0.0", ONE)


@pytest.fixture
def bad(registry: Registry) -> Manifest:
    """Give the manifest of 1.1.0, which is published."""
    return publish(registry, "1.1.0", TWO)


@pytest.mark.usefixtures("bad")
def test_a_withdrawn_version_is_restored_with_the_same_digest(
    project: Project,
    log: IncidentLog,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = registry.tags(REPOSITORY)
    withdraw_version(project, log, "1.1.0")
    assert list(registry.tags(REPOSITORY)) == ["1.0.0"]
    assert was_withdrawn(project, log, "1.1.0")
    assert "users get 1.0.0 now" in capsys.readouterr().err
    registry.repositories[REPOSITORY].blobs.clear()  # as a garbage collection does
    restore_version(project, log, "1.1.0")
    assert registry.tags(REPOSITORY) == before
    assert "users get 1.1.0 now" in capsys.readouterr().err


def test_the_facts_of_a_withdrawn_version_are_forgotten(
    project: Project,
    log: IncidentLog,
    bad: Manifest,
) -> None:
    log.record_skipped(Facts(revert=43, version="1.1.0", digest=bad.digest))
    withdraw_version(project, log, "1.1.0")
    assert not log.facts.published
    assert log.facts.version == ""
    assert log.facts.revert == 43


def test_the_only_version_is_not_withdrawn(
    project: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    publish(registry, "replaced-1.0.0-20250101000000-abc", TWO)
    with pytest.raises(Refused, match="is the only version there"):
        withdraw_version(project, log, "1.0.0")


def test_the_only_release_is_not_withdrawn_but_a_pre_release_is(
    project: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    publish(registry, "1.1.0-rc.1", TWO)
    with pytest.raises(Refused, match="is the only release there beside pre-releases"):
        withdraw_version(project, log, "1.0.0")
    withdraw_version(project, log, "1.1.0-rc.1")
    assert list(registry.tags(REPOSITORY)) == ["1.0.0"]


def test_a_version_with_the_digest_of_another_is_not_withdrawn(
    project: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    publish(registry, "1.1.0", ONE)
    with pytest.raises(Refused, match=r"has the digest of 1\.0\.0, which would be deleted"):
        withdraw_version(project, log, "1.1.0")


@pytest.mark.usefixtures("bad")
def test_a_version_that_nobody_published_is_neither_withdrawn_nor_restored(
    project: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    before = registry.snapshot()
    message = r"9\.9\.9 is not published at \S+, so there is nothing to withdraw: published are 1\."
    with pytest.raises(Refused, match=message):
        withdraw_version(project, log, "9.9.9")
    message = r"the bytes of 9\.9\.9 are not in .*; published are 1\.1\.0, 1\.0\.0"
    with pytest.raises(BadInput, match=message):
        restore_version(project, log, "9.9.9")
    assert registry.snapshot() == before


@pytest.mark.usefixtures("bad")
def test_a_version_that_was_withdrawn_before_is_found_done(
    project: Project,
    log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    withdraw_version(project, log, "1.1.0")
    capsys.readouterr()
    withdraw_version(project, log, "1.1.0")
    printed = capsys.readouterr().err
    assert "it was withdrawn, and its bytes are saved" in printed
    assert "invoke publish.restore --version 1.1.0" in printed


@pytest.mark.usefixtures("bad")
@pytest.mark.parametrize("text", ["null", "[]", "{", "{}"])
def test_a_damaged_backup_is_one_clear_error_and_nothing_is_published(
    project: Project,
    log: IncidentLog,
    registry: Registry,
    text: str,
) -> None:
    withdraw_version(project, log, "1.1.0")
    (saved,) = project.state.glob("*/withdrawn-*/manifest.json")
    saved.write_text(text)
    pushed = list(registry.pushed)
    with pytest.raises(BadInput, match=r"manifest\.json is damaged: "):
        restore_version(project, log, "1.1.0")
    assert registry.pushed == pushed


@pytest.mark.usefixtures("bad")
def test_only_the_bytes_that_the_journal_names_are_published_again(
    project: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    withdraw_version(project, log, "1.1.0")
    (saved,) = project.state.glob("*/withdrawn-*")
    other = chart_manifest(ONE)
    saved_blob(saved, other.chart_layer).write_bytes(ONE)
    (saved / "manifest.json").write_text(saved_text(other))
    with pytest.raises(BadInput, match=f"holds {other.digest}, but sha256:"):
        restore_version(project, log, "1.1.0")
    assert list(registry.tags(REPOSITORY)) == ["1.0.0"]


@pytest.mark.usefixtures("bad")
def test_other_content_is_not_overwritten_by_a_restored_version(
    project: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    withdraw_version(project, log, "1.1.0")
    manifest = publish(registry, "1.1.0", archive())
    with pytest.raises(Refused, match=f"now published with other content, {manifest.digest}"):
        restore_version(project, log, "1.1.0")


def test_a_registry_that_allows_no_deleting_is_reported_and_nothing_is_forgotten(
    project: Project,
    log: IncidentLog,
    registry: Registry,
    bad: Manifest,
) -> None:
    log.record_skipped(Facts(digest=bad.digest))
    registry.allows_delete = False
    with pytest.raises(ServiceError, match="does not allow deleting"):
        withdraw_version(project, log, "1.1.0")
    assert log.facts.published


@pytest.mark.usefixtures("bad")
def test_a_dry_run_prints_how_a_version_is_saved_and_deleted(
    dry_project: Project,
    dry_log: IncidentLog,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = registry.snapshot()
    withdraw_version(dry_project, dry_log, "1.1.0")
    assert registry.snapshot() == before
    assert not was_withdrawn(dry_project, dry_log, "1.1.0")
    plan = planned(capsys)
    assert plan.count("--request DELETE") == 1
    assert plan.index("manifest.json") < plan.index("--request DELETE")
