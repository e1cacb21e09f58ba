"""Safeguards: nothing is overwritten unasked, and a push counts only if the registry shows it."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from tasks.sandbox.registry import Registry
from tasks.sandbox.server import Reply, Request
from tasks.toolkit.clients.registry.reference import GHCR, Reference
from tasks.toolkit.core.errors import RecipeError, Refused, ServiceError
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.safeguards import Publication, first_names, publicity_advice

from .charts import REPOSITORY, archive, publish, reference

ONE = archive({"values.yaml": "replicas: 1\n"})
TWO = archive({"values.yaml": "replicas: 2\n"})


def fail() -> str:
    raise ServiceError("connection reset", "check the network")


def test_a_version_that_is_not_published_may_be_pushed(
    project: Project, registry: Registry
) -> None:
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    publication.ensure_overwrite_allowed("")
    assert publication.digest_of_same_content() == ""


def test_the_same_content_is_recognized_whenever_it_was_packaged(
    project: Project, registry: Registry
) -> None:
    manifest = publish(registry, "1.0.0", archive({"values.yaml": "replicas: 1\n"}, mtime=99))
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    assert publication.digest_of_same_content() == manifest.digest


def test_other_content_is_refused_with_what_differs_and_the_next_free_version(
    project: Project, registry: Registry
) -> None:
    manifest = publish(registry, "1.0.0", TWO)
    publish(registry, "1.0.1", TWO)
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    assert publication.digest_of_same_content() == ""
    with pytest.raises(Refused) as refusal:
        publication.ensure_overwrite_allowed("1.0.1")
    assert manifest.digest in refusal.value.what
    assert "podinfo/values.yaml differ" in refusal.value.what
    assert "--version 1.0.2" in refusal.value.advice


def test_a_version_with_build_metadata_is_overwritten_by_its_own_name(
    project: Project, registry: Registry
) -> None:
    publish(registry, "1.0.0_build.5", TWO)
    publication = Publication(project, reference(registry, "1.0.0_build.5"), ONE)
    publication.ensure_overwrite_allowed("1.0.0+build.5")


def test_what_is_overwritten_is_kept_once_under_a_tag_with_its_digest(
    project: Project, log: IncidentLog, registry: Registry
) -> None:
    manifest = publish(registry, "1.0.0", TWO)
    for _ in range(2):
        Publication(project, reference(registry, "1.0.0"), ONE).back_up_tag(log, "1.0.0")
    (kept,) = registry.tags(REPOSITORY).keys() - {"1.0.0"}
    assert kept.startswith("replaced-1.0.0-")
    assert kept.endswith(manifest.digest.removeprefix("sha256:")[:12])
    assert registry.tags(REPOSITORY)[kept] == manifest.digest
    assert log.facts.replaced == str(reference(registry, kept))


def test_a_dry_run_prints_how_a_tag_is_kept(
    dry_project: Project,
    dry_log: IncidentLog,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish(registry, "1.0.0", TWO)
    before = registry.snapshot()
    Publication(dry_project, reference(registry, "1.0.0"), ONE).back_up_tag(dry_log, "1.0.0")
    assert registry.snapshot() == before
    assert "--request PUT" in capsys.readouterr().out


def test_a_push_is_confirmed(project: Project, registry: Registry) -> None:
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    digest = publication.publish(lambda: publish(registry, "1.0.0", ONE).digest)
    assert digest == registry.tags(REPOSITORY)["1.0.0"]


def test_a_push_that_was_only_planned_is_not_confirmed(
    project: Project, registry: Registry
) -> None:
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    assert publication.publish(lambda: None) is None


def test_a_push_that_failed_counts_if_its_content_is_published(
    project: Project, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    publication = Publication(project, reference(registry, "1.0.0"), ONE)

    def push() -> str:
        publish(registry, "1.0.0", ONE)
        return fail()

    assert publication.publish(push) == registry.tags(REPOSITORY)["1.0.0"]
    assert "connection reset; but oci://" in capsys.readouterr().err


def test_a_push_that_failed_says_that_nothing_is_published(
    project: Project, registry: Registry
) -> None:
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    with pytest.raises(ServiceError, match="connection reset; nothing was published at oci://"):
        publication.publish(fail)


def test_a_push_that_failed_says_what_else_is_published(
    project: Project, registry: Registry
) -> None:
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    manifest = publish(registry, "1.0.0", TWO)
    with pytest.raises(ServiceError, match=f"is now {manifest.digest}, with other content"):
        publication.publish(fail)


def test_a_push_that_failed_says_if_the_registry_cannot_be_read(
    project: Project, registry: Registry
) -> None:
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    registry.server.answer = lambda _: Reply(500, {})
    with pytest.raises(ServiceError, match=r"connection reset; whether oci://.* is unknown: "):
        publication.publish(fail)


def test_a_registry_that_still_shows_the_old_manifest_is_waited_for(
    project: Project, registry: Registry
) -> None:
    old = publish(registry, "1.0.0", TWO)
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    answer = registry.server.answer
    stale = [3]

    def lagging(request: Request) -> Reply:
        if stale[0] and request.path.endswith("/manifests/1.0.0"):
            stale[0] -= 1
            return answer(replace(request, path=request.path.replace("1.0.0", old.digest)))
        return answer(request)

    registry.server.answer = lagging
    new = publish(registry, "1.0.0", ONE)
    assert publication.publish(lambda: new.digest) == new.digest
    assert stale == [0]


def test_a_private_package_is_reported_with_the_advice(
    project: Project, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    registry.access.private.add(REPOSITORY)
    manifest = publish(registry, "1.0.0", ONE)
    assert publication.publish(lambda: manifest.digest) == manifest.digest
    output = capsys.readouterr().err
    assert "is private: users cannot install it" in output
    assert f"let anybody read oci://{registry.host}/{REPOSITORY}" in output


def test_an_operator_who_overwrites_the_push_is_noticed(
    project: Project, registry: Registry
) -> None:
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    publication._checked_at -= 1  # so that we watch for longer than two seconds
    ours = publish(registry, "1.0.0", ONE)
    threading.Timer(0.3, publish, (registry, "1.0.0", TWO)).start()
    with pytest.raises(ServiceError, match="somebody else published it at the same moment"):
        publication.publish(lambda: ours.digest)


def test_the_same_content_of_another_operator_is_fine(
    project: Project, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    publication = Publication(project, reference(registry, "1.0.0"), ONE)
    theirs = publish(registry, "1.0.0", archive({"values.yaml": "replicas: 1\n"}, mtime=99))
    assert publication.publish(lambda: "sha256:ours") == theirs.digest
    assert "somebody else published the same content" in capsys.readouterr().err


def test_some_names_are_listed_and_the_others_counted() -> None:
    assert first_names(["a", "b"], 2) == "a, b"
    assert first_names(["a", "b", "c", "d"], 2) == "a, b and 2 more"


@pytest.mark.parametrize("kind", ["orgs", "users"])
def test_a_package_on_ghcr_is_made_public_in_its_settings(
    project: Project, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(type(project.github.packages), "owner_kind", lambda *_: kind)
    advice = publicity_advice(project, Reference(GHCR, "owner/charts/podinfo"))
    page = f"https://github.com/{kind}/owner/packages/container/charts%2Fpodinfo/settings"
    assert advice == f"make the package public: {page}"


def test_an_unknown_owner_of_a_package_is_taken_for_a_user(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def owner_kind(*_: object) -> str:
        raise RecipeError("GitHub cannot be reached")

    monkeypatch.setattr(type(project.github.packages), "owner_kind", owner_kind)
    assert "/users/owner/" in publicity_advice(project, Reference(GHCR, "owner/podinfo"))


def test_a_push_that_cannot_be_confirmed_is_reported_with_its_digest(
    project: Project, registry: Registry
) -> None:
    publication = Publication(project, reference(registry, "1.0.0"), ONE)

    def push() -> str:
        digest = publish(registry, "1.0.0", ONE).digest
        registry.server.answer = lambda _: Reply(503)
        return digest

    with pytest.raises(ServiceError) as error:
        publication.publish(push)
    digest = registry.tags(REPOSITORY)["1.0.0"]
    assert f"was pushed as {digest}, but could not be confirmed" in error.value.what
