"""Deleting what is published: through the registry or GitHub, and verified."""

from __future__ import annotations

import pytest

from tasks.sandbox.registry import Registry
from tasks.sandbox.server import Reply, Request
from tasks.sandbox.world import World
from tasks.toolkit.clients.registry.manifest import Manifest
from tasks.toolkit.clients.registry.reference import GHCR, Reference
from tasks.toolkit.core.errors import ServiceError
from tasks.toolkit.incident.project import Project
from tasks.toolkit.incident.published import delete_published

from .charts import PUBLISHED, REPOSITORY, archive, publish, reference


@pytest.fixture
def published(registry: Registry) -> Manifest:
    """Give the manifest of 1.0.0, which is published."""
    return publish(registry, "1.0.0", archive())


def test_a_manifest_is_deleted_by_its_digest_and_gone(
    project: Project,
    registry: Registry,
    published: Manifest,
) -> None:
    target = reference(registry, "1.0.0")
    assert delete_published(project, target, published.digest)
    assert registry.tags(REPOSITORY) == {}


def test_a_dry_run_deletes_nothing(
    dry_project: Project,
    registry: Registry,
    published: Manifest,
) -> None:
    target = reference(registry, "1.0.0")
    assert not delete_published(dry_project, target, published.digest)
    assert registry.tags(REPOSITORY) == {"1.0.0": published.digest}


@pytest.mark.thorough
def test_a_manifest_that_stays_is_reported(
    project: Project,
    registry: Registry,
    published: Manifest,
) -> None:
    target = reference(registry, "1.0.0")
    answer = registry.server.answer

    def untruthful(request: Request) -> Reply:
        if request.method == "DELETE":
            return Reply(202)
        return answer(request)

    registry.server.answer = untruthful
    message = f"is still there, {published.digest}"
    with pytest.raises(ServiceError, match=message):
        delete_published(project, target, published.digest)


@pytest.fixture
def ghcr(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world whose registry is ghcr.io, to which a proxy leads this process."""
    world.as_ghcr()
    for name in ("http_proxy", "no_proxy"):
        monkeypatch.setenv(name, world.env[name])
    return world


def test_github_deletes_what_is_on_ghcr(ghcr: World, project: Project) -> None:
    registry = ghcr.registry
    bad = archive({"values.yaml": ""})
    publish(registry, "1.0.0", archive(), PUBLISHED)
    manifest = publish(registry, "1.1.0", bad, PUBLISHED)
    target = Reference(GHCR, PUBLISHED, "1.1.0")
    assert delete_published(project, target, manifest.digest)
    assert list(registry.tags(PUBLISHED)) == ["1.0.0"]
