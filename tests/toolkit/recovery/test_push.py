"""Pushing: which archive, and what is refused or skipped instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry
from tasks.sandbox.server import Reply, Request
from tasks.sandbox.world import CHART, World
from tasks.toolkit.clients.registry.manifest import digest_of
from tasks.toolkit.core.errors import BadInput, Refused, ServiceError
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery import push
from tasks.toolkit.recovery.push import log_in, push_chart
from tasks.toolkit.recovery.withdraw import withdraw_version

from .charts import PUBLISHED, archive, publish

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def file(world: World, project: Project, log: IncidentLog) -> Path:
    """Give the packaged chart; helm is logged in."""
    log_in(project, log)
    return project.helm.rehearse_package(world.clone / CHART, [])


def forget_manifests(registry: Registry, times: int) -> list[int]:
    """Let a registry deny that it has an untagged manifest; return how often it still will."""
    answer = registry.server.answer
    left = [times]

    def forgetful(request: Request) -> Reply:
        stored = registry.repositories[PUBLISHED]
        untagged = stored.manifests and not stored.tags
        is_read = request.method != "PUT" and "/manifests/sha256:" in request.path
        if left[0] and untagged and is_read:
            left[0] -= 1
            return Reply(404)
        return answer(request)

    registry.server.answer = forgetful
    return left


def test_a_chart_is_pushed_and_its_facts_recorded(
    project: Project,
    log: IncidentLog,
    registry: Registry,
    file: Path,
) -> None:
    push_chart(project, log, str(file))
    facts = log.facts
    assert registry.tags(PUBLISHED) == {"1.6.0": facts.digest}
    archive = file.read_bytes()
    assert registry.blob(digest_of(archive)) == archive
    assert facts.reference == f"oci://{registry.host}/{PUBLISHED}"
    assert facts.name == "threek8s"
    assert facts.version == "1.6.0"
    assert facts.app_version == "1.6.0"


def test_the_same_content_is_not_pushed_again_but_recorded(
    project: Project,
    log: IncidentLog,
    registry: Registry,
    file: Path,
) -> None:
    manifest = publish(registry, "1.6.0", file.read_bytes(), PUBLISHED)
    push_chart(project, log, str(file))
    assert registry.pushed == []
    assert log.facts.digest == manifest.digest


def test_without_a_packaged_chart_the_push_is_refused(project: Project, log: IncidentLog) -> None:
    with pytest.raises(BadInput, match="no chart was packaged"):
        push_chart(project, log)
    with pytest.raises(BadInput, match=r"/nowhere\.tgz is not a file"):
        push_chart(project, log, "/nowhere.tgz")


def test_a_withdrawn_version_is_not_pushed_again(
    project: Project,
    log: IncidentLog,
    registry: Registry,
    file: Path,
) -> None:
    publish(registry, "1.5.0", archive(), PUBLISHED)
    publish(registry, "1.6.0", file.read_bytes(), PUBLISHED)
    withdraw_version(project, log, "1.6.0")
    with pytest.raises(Refused, match=r"invoke publish\.restore --version 1\.6\.0"):
        push_chart(project, log, str(file))
    assert list(registry.tags(PUBLISHED)) == ["1.5.0"]


@pytest.mark.thorough
def test_a_push_is_repeated_while_the_registry_has_not_caught_up(
    project: Project,
    log: IncidentLog,
    registry: Registry,
    file: Path,
) -> None:
    left = forget_manifests(registry, 2)
    push_chart(project, log, str(file))
    assert left == [0]
    assert registry.tags(PUBLISHED) == {"1.6.0": log.facts.digest}


def test_a_push_is_not_repeated_for_ever(
    project: Project,
    log: IncidentLog,
    registry: Registry,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(push, "RETRIES", 2)
    forget_manifests(registry, 99)
    with pytest.raises(ServiceError, match=r"not found; nothing was published at oci://"):
        push_chart(project, log, str(file))
    pushes = 0
    for method, path in registry.requests:
        if method == "PUT" and "/manifests/" in path:
            pushes += 1
    assert pushes == 1 + 2
    assert not log.facts.published


def test_an_archive_that_is_too_large_is_refused(
    project: Project,
    log: IncidentLog,
    tmp_path: Path,
) -> None:
    file = tmp_path / "podinfo-1.0.0.tgz"
    with file.open("ab") as sparse:
        sparse.truncate((100 << 20) + 1)
    with pytest.raises(BadInput, match="is larger than 100 MiB"):
        push_chart(project, log, str(file))
