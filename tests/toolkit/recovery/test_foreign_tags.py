"""Tags that hold something else than a chart: nothing overwrites, copies or deletes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.registry import Registry
from tasks.toolkit.clients.registry.manifest import MANIFEST, digest_of
from tasks.toolkit.core.errors import Refused, ServiceError
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.alias import publish_alias
from tasks.toolkit.recovery.push import push_chart
from tasks.toolkit.recovery.restore import restore_version
from tasks.toolkit.recovery.safeguards import Publication
from tasks.toolkit.recovery.withdraw import withdraw_version

from ..manifests import CONFIG
from .charts import REPOSITORY, archive, publish, put_foreign, reference

ALIAS = "owner/podinfo"
CHART = archive({"Chart.yaml": "apiVersion: v2\nname: podinfo\nversion: 1.0.0\n"})
DOCKER = "application/vnd.docker.distribution.manifest"
INDEX: dict[str, Any] = {"manifests": []}
IMAGE: dict[str, Any] = {"config": {"digest": digest_of(CONFIG)}, "layers": []}
FOREIGN = [
    ("application/vnd.oci.image.index.v1+json", INDEX, "is an image index, not a chart"),
    (f"{DOCKER}.list.v2+json", INDEX, "is a list of container images, not a chart"),
    (f"{DOCKER}.v2+json", IMAGE, "is a container image, not a chart"),
    (MANIFEST, IMAGE, "is a container image, not a chart"),
    ("x/\x1b[2J", IMAGE, r"the Content-Type 'x/\\x1b\[2j' is no manifest's"),
]
each_foreign_tag = pytest.mark.parametrize(
    ("media_type", "content", "reason"),
    FOREIGN,
    ids=[media_type.rpartition(".")[0] or "unknown" for media_type, _, _ in FOREIGN],
)


def assert_untouched(registry: Registry, change: Callable[[], object], reason: str) -> None:
    before = registry.snapshot()
    with pytest.raises((Refused, ServiceError), match=reason) as caught:
        change()
    assert str(caught.value).isprintable()
    assert registry.snapshot() == before
    assert registry.pushed == []


@each_foreign_tag
def test_what_is_no_chart_is_never_absent_and_never_overwritten(
    project: Project,
    log: IncidentLog,
    registry: Registry,
    tmp_path: Path,
    media_type: str,
    content: object,
    reason: str,
) -> None:
    put_foreign(registry, media_type, content)
    file = tmp_path / "podinfo-1.0.0.tgz"
    file.write_bytes(CHART)

    def push() -> None:
        push_chart(project, log, str(file), overwrite="1.0.0")

    assert_untouched(registry, push, reason)
    target = reference(registry, "1.0.0")
    assert_untouched(registry, lambda: Publication(project, target, CHART), reason)


@pytest.mark.usefixtures("clone")
def test_what_is_no_chart_is_neither_an_alias_nor_has_one(
    project: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    media_type, content, reason = FOREIGN[3]
    settings = replace(project.settings, chart_ref=f"oci://{registry.host}/{ALIAS}")
    aliased = Project(settings, project.runner, project.scratch)

    def alias() -> None:
        publish_alias(aliased, log, overwrite="1.0.0")

    put_foreign(registry, media_type, content)
    assert_untouched(registry, alias, reason)
    registry.repositories.clear()
    publish(registry, "1.0.0", CHART)
    put_foreign(registry, media_type, content, repository=ALIAS)
    assert_untouched(registry, alias, reason)


@pytest.mark.usefixtures("clone")
def test_what_is_no_chart_is_not_withdrawn_nor_is_that_planned(
    dry_project: Project,
    dry_log: IncidentLog,
    registry: Registry,
) -> None:
    media_type, content, reason = FOREIGN[3]
    put_foreign(registry, media_type, content)
    publish(registry, "0.9.0", CHART)
    assert_untouched(registry, lambda: withdraw_version(dry_project, dry_log, "1.0.0"), reason)


@pytest.mark.usefixtures("clone")
def test_an_image_beside_a_chart_does_not_keep_the_chart_from_being_withdrawn(
    project: Project,
    log: IncidentLog,
    registry: Registry,
) -> None:
    media_type, content, _ = FOREIGN[0]
    image = put_foreign(registry, media_type, content, "latest")
    publish(registry, "0.9.0", CHART)
    publish(registry, "1.0.0", archive())
    withdraw_version(project, log, "1.0.0")
    assert registry.tags(REPOSITORY).keys() == {"0.9.0", "latest"}
    put_foreign(registry, media_type, content, "1.0.0")
    with pytest.raises(Refused, match=f"published with other content, {image}"):
        restore_version(project, log, "1.0.0")
