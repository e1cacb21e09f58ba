"""Confirmation: a push counts only if the registry shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tasks.sandbox.registry import Registry
from tasks.sandbox.server import Reply, Request
from tasks.toolkit.core.errors import ServiceError
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.confirmation import push_and_confirm
from tasks.toolkit.recovery.safeguards import Publication

from .charts import REPOSITORY, archive, publish, reference

ONE = archive({"values.yaml": "replicas: 1\n"})
TWO = archive({"values.yaml": "replicas: 2\n"})


@pytest.fixture
def publication(project: Project, registry: Registry) -> Publication:
    """Give the publication of ONE as 1.0.0, which is not published."""
    return Publication(project, reference(registry, "1.0.0"), ONE)


def fail() -> str:
    raise ServiceError("connection reset", "check the network")


def test_a_push_is_confirmed(publication: Publication, registry: Registry) -> None:
    def push() -> str:
        return publish(registry, "1.0.0", ONE).digest

    digest = push_and_confirm(publication, push)
    assert digest == registry.tags(REPOSITORY)["1.0.0"]


def test_a_push_that_was_only_planned_is_not_confirmed(publication: Publication) -> None:
    assert push_and_confirm(publication, lambda: None) is None


def test_a_push_that_failed_counts_if_its_content_is_published(
    publication: Publication,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def push() -> str:
        publish(registry, "1.0.0", ONE)
        return fail()

    digest = push_and_confirm(publication, push)
    assert digest == registry.tags(REPOSITORY)["1.0.0"]
    assert "connection reset; but oci://" in capsys.readouterr().err


def test_a_push_that_failed_says_that_nothing_is_published(publication: Publication) -> None:
    with pytest.raises(ServiceError, match="connection reset; nothing was published at oci://"):
        push_and_confirm(publication, fail)


def test_a_push_that_failed_says_what_else_is_published(
    publication: Publication,
    registry: Registry,
) -> None:
    manifest = publish(registry, "1.0.0", TWO)
    with pytest.raises(ServiceError, match=f"is now {manifest.digest}, with other content"):
        push_and_confirm(publication, fail)


def test_a_push_that_failed_says_if_the_registry_cannot_be_read(
    publication: Publication,
    registry: Registry,
) -> None:
    registry.server.answer = lambda _: Reply(500, {})
    with pytest.raises(ServiceError, match=r"connection reset; whether oci://.* is unknown: "):
        push_and_confirm(publication, fail)


def test_a_registry_that_still_shows_the_old_manifest_is_waited_for(
    project: Project,
    registry: Registry,
) -> None:
    old = publish(registry, "1.0.0", TWO)
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    answer = registry.server.answer
    stale = [3]

    def lagging(request: Request) -> Reply:
        if stale[0] and request.path.endswith("/manifests/1.0.0"):
            stale[0] -= 1
            path = request.path.replace("1.0.0", old.digest)
            return answer(replace(request, path=path))
        return answer(request)

    registry.server.answer = lagging
    new = publish(registry, "1.0.0", ONE)
    assert push_and_confirm(publication, lambda: new.digest) == new.digest
    assert stale == [0]


def test_a_private_package_is_reported_with_the_advice(
    publication: Publication,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    registry.access.private.add(REPOSITORY)
    manifest = publish(registry, "1.0.0", ONE)
    assert push_and_confirm(publication, lambda: manifest.digest) == manifest.digest
    output = capsys.readouterr().err
    assert "is private: users cannot install it" in output
    assert f"let anybody read oci://{registry.host}/{REPOSITORY}" in output


def test_the_same_content_of_another_operator_is_fine(
    publication: Publication,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    later = archive({"values.yaml": "replicas: 1\n"}, mtime=99)
    theirs = publish(registry, "1.0.0", later)
    assert push_and_confirm(publication, lambda: "sha256:ours") == theirs.digest
    assert "somebody else published the same content" in capsys.readouterr().err


def test_a_push_that_cannot_be_confirmed_is_reported_with_its_digest(
    publication: Publication,
    registry: Registry,
) -> None:
    def push() -> str:
        digest = publish(registry, "1.0.0", ONE).digest
        registry.server.answer = lambda _: Reply(503)
        return digest

    with pytest.raises(ServiceError) as error:
        push_and_confirm(publication, push)
    digest = registry.tags(REPOSITORY)["1.0.0"]
    assert f"was pushed as {digest}, but could not be confirmed" in error.value.what
