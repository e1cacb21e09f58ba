"""Safeguards: nothing is overwritten unasked, and what is overwritten is kept."""

from __future__ import annotations

import pytest

from tasks.sandbox.registry import Registry
from tasks.sandbox.server import Reply
from tasks.sandbox.world import World
from tasks.toolkit.clients.registry.reference import GHCR, Reference
from tasks.toolkit.core.errors import Refused
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.package_access import (
    access_advice,
    publicity_advice,
    warn_of_first_push,
)
from tasks.toolkit.recovery.safeguards import Publication, first_names

from ...plans import planned
from .charts import REPOSITORY, archive, publish, reference

ONE = archive({"values.yaml": "replicas: 1\n"})
TWO = archive({"values.yaml": "replicas: 2\n"})


def publication_of_one(project: Project, registry: Registry) -> Publication:
    """Return the publication of ONE as 1.0.0."""
    target = reference(registry, "1.0.0")
    return Publication(project, target, ONE)


def test_a_version_that_is_not_published_may_be_pushed(
    project: Project,
    registry: Registry,
) -> None:
    publication = publication_of_one(project, registry)
    publication.ensure_overwrite_allowed("")
    assert publication.digest_of_same_content() == ""


def test_the_same_content_is_recognized_whenever_it_was_packaged(
    project: Project,
    registry: Registry,
) -> None:
    earlier = archive({"values.yaml": "replicas: 1\n"}, mtime=99)
    manifest = publish(registry, "1.0.0", earlier)
    publication = publication_of_one(project, registry)
    assert publication.digest_of_same_content() == manifest.digest


def test_other_content_is_refused_with_what_differs_and_the_next_free_version(
    project: Project,
    registry: Registry,
) -> None:
    manifest = publish(registry, "1.0.0", TWO)
    publication = publication_of_one(project, registry)
    assert publication.digest_of_same_content() == ""
    with pytest.raises(Refused) as refusal:
        publication.ensure_overwrite_allowed("1.0.1")
    assert manifest.digest in refusal.value.what
    assert refusal.value.what.endswith("; it differs in podinfo/values.yaml")
    assert "invoke publish.all --version next; only invoke publish.push" in refusal.value.advice


def test_after_a_prerelease_the_next_free_one_is_another(
    project: Project,
    registry: Registry,
) -> None:
    publish(registry, "1.0.0-rc.1", TWO)
    publish(registry, "1.0.0-rc.2", TWO)
    publication = Publication(project, reference(registry, "1.0.0-rc.1"), ONE)
    with pytest.raises(Refused, match=r"--version 1\.0\.0-rc\.3"):
        publication.ensure_overwrite_allowed("")


def test_a_version_with_build_metadata_is_overwritten_by_its_own_name(
    project: Project,
    registry: Registry,
) -> None:
    publish(registry, "1.0.0_build.5", TWO)
    publication = Publication(project, reference(registry, "1.0.0_build.5"), ONE)
    publication.ensure_overwrite_allowed("1.0.0+build.5")


def test_what_is_overwritten_is_kept_once_under_a_tag_with_its_digest(
    project: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    manifest = publish(registry, "1.0.0", TWO)
    for _ in range(2):
        publication = publication_of_one(project, registry)
        publication.back_up_tag(log, "1.0.0")
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
    publication = publication_of_one(dry_project, registry)
    publication.back_up_tag(dry_log, "1.0.0")
    assert registry.snapshot() == before
    assert "--request PUT" in planned(capsys)


def test_some_names_are_listed_and_the_others_counted() -> None:
    assert first_names(["a", "b"], 2) == "a, b"
    assert first_names(["a", "b", "c", "d"], 2) == "a, b and 2 more"


def test_outside_ghcr_users_are_let_in_by_the_registry(
    project: Project,
    registry: Registry,
) -> None:
    advice = publicity_advice(project, reference(registry, "1.0.0"))
    assert advice == f"let anybody read oci://{registry.host}/{REPOSITORY}"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Reply(200, {"type": "User"}), "users"),
        (Reply(200, {"type": "Organization"}), "orgs"),
        (Reply(404, {"message": "Not Found"}), "users"),
    ],
)
def test_a_package_on_ghcr_is_made_public_in_its_settings(
    world: World,
    project: Project,
    answer: Reply,
    kind: str,
) -> None:
    world.github.server.answer = lambda _: answer
    advice = publicity_advice(project, Reference(GHCR, "owner/charts/podinfo"))
    page = f"https://github.com/{kind}/owner/packages/container/charts%2Fpodinfo/settings"
    assert advice == f"make the package public: {page}"
    access = f"let {project.slug} write to it, under Manage Actions access: {page}"
    assert access_advice(project, Reference(GHCR, "owner/charts/podinfo")) == access


@pytest.fixture
def _ghcr(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the world's registry act as ghcr.io."""
    world.as_ghcr()
    for name in ("http_proxy", "no_proxy"):
        monkeypatch.setenv(name, world.env[name])


@pytest.mark.usefixtures("_ghcr")
def test_the_first_push_of_a_package_on_ghcr_warns_of_the_workflows_access(
    project: Project,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    repository = "stianfro/threek8s/chart/threek8s"
    target = Reference(GHCR, repository, "1.0.0")
    warn_of_first_push(Publication(project, target, ONE))
    printed = capsys.readouterr().err
    assert f"! oci://ghcr.io/{repository} does not exist yet; GHCR makes new" in printed
    page = f"packages/container/{repository[9:].replace('/', '%2F')}/settings"
    assert "after the push, let stianfro/threek8s write to it, under Manage Actions" in printed
    assert page in printed
    publish(registry, "0.9.0", TWO, repository)
    warn_of_first_push(Publication(project, target, ONE))
    assert capsys.readouterr().err == ""


def test_the_first_push_of_a_package_elsewhere_needs_no_warning(
    project: Project,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
) -> None:
    warn_of_first_push(publication_of_one(project, registry))
    assert capsys.readouterr().err == ""
    assert access_advice(project, reference(registry, "1.0.0")) == ""
