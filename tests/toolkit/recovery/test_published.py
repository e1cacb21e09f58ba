"""Deleting what is published: through the registry or GitHub, and verified."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tasks.sandbox.registry import Registry
from tasks.sandbox.server import Reply
from tasks.toolkit.clients.registry.reference import GHCR, Reference
from tasks.toolkit.core.errors import ServiceError
from tasks.toolkit.incident.project import Project
from tasks.toolkit.incident.published import delete_published

from .charts import REPOSITORY, archive, publish, reference


def test_a_manifest_is_deleted_by_its_digest_and_gone(project: Project, registry: Registry) -> None:
    manifest = publish(registry, "1.0.0", archive())
    assert delete_published(project, reference(registry, "1.0.0"), manifest.digest)
    assert registry.tags(REPOSITORY) == {}


def test_a_dry_run_deletes_nothing(dry_project: Project, registry: Registry) -> None:
    manifest = publish(registry, "1.0.0", archive())
    assert not delete_published(dry_project, reference(registry, "1.0.0"), manifest.digest)
    assert registry.tags(REPOSITORY) == {"1.0.0": manifest.digest}


def test_a_manifest_that_stays_is_reported(project: Project, registry: Registry) -> None:
    manifest = publish(registry, "1.0.0", archive())
    answer = registry.server.answer
    registry.server.answer = lambda request: (
        Reply(202) if request.method == "DELETE" else answer(request)
    )
    with pytest.raises(ServiceError, match=f"is still there, {manifest.digest}"):
        delete_published(project, reference(registry, "1.0.0"), manifest.digest)


def test_github_deletes_what_is_on_ghcr(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    deleted = []

    def delete_version(repository: str, digest: str) -> bool:
        deleted.append((repository, digest))
        return True

    packages = SimpleNamespace(delete_version=delete_version)
    nothing = SimpleNamespace(manifest=lambda _: None)
    monkeypatch.setitem(vars(project), "github", SimpleNamespace(packages=packages))
    monkeypatch.setattr(Project, "registry", lambda *_: nothing)
    assert delete_published(project, Reference(GHCR, REPOSITORY, "1.0.0"), "sha256:1")
    assert deleted == [(REPOSITORY, "sha256:1")]
