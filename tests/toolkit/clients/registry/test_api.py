"""The registry's API: what is published, and each change of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.server import Reply, Request
from tasks.toolkit.clients.registry.api import Registry
from tasks.toolkit.clients.registry.manifest import MANIFEST, Manifest, digest_of
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.clients.registry.saved import read_saved
from tasks.toolkit.clients.registry.session import Unsupported
from tasks.toolkit.core.errors import AccessDenied, Refused, ServiceError

from .conftest import Answer, Service


def fail(_: Answer, __: Request) -> Reply:
    return Reply(500, {})


def omit_location(answer: Answer, request: Request) -> Reply:
    reply = answer(request)
    if reply.status != 202:
        return reply
    return replace(reply, headers={})


def link_to_itself(answer: Answer, request: Request) -> Reply:
    reply = answer(request)
    if reply.status != 200 or not request.path.endswith("/tags/list"):
        return reply
    return replace(reply, headers={"Link": '</v2/a/b/tags/list?n=1&last=x>; rel="next"'})


def list_ever_more(answer: Answer, request: Request) -> Reply:
    reply = answer(request)
    if not request.path.endswith("/tags/list"):
        return reply
    number = int(request.query.get("page", "0"))
    tags = [f"1.{number}.{patch}" for patch in range(900)]
    link = f'</v2/a/b/tags/list?page={number + 1}>; rel="next"'
    return Reply(200, {"tags": tags}, {"Link": link})


def lose_the_second_page(answer: Answer, request: Request) -> Reply:
    if request.query.get("last"):
        return Reply(404, {})
    return answer(request)


def corrupt_blobs(answer: Answer, request: Request) -> Reply:
    reply = answer(request)
    if "/blobs/" not in request.path:
        return reply
    return replace(reply, body=b"other")


def mount_nothing(answer: Answer, request: Request) -> Reply:
    if "mount" in request.query:
        request = replace(request, query={})
    return answer(request)


def test_what_is_published_can_be_read(
    service: Service,
    anonymous: Registry,
    chart: Reference,
) -> None:
    published = service.publish("a/b:1.0.0", b"one")
    service.publish("a/b:1.1.0", b"two")
    manifest = anonymous.manifest(chart)
    assert manifest == published
    digests = service.sandbox.tags("a/b")
    assert manifest.digest == digests["1.0.0"]
    assert anonymous.archive(chart, manifest) == b"one"
    assert anonymous.tags(chart) == ["1.0.0", "1.1.0"]


def test_an_absence_is_none(
    service: Service,
    registry: Registry,
    chart: Reference,
) -> None:
    assert registry.manifest(chart) is None
    assert registry.tags(chart) is None
    service.publish("a/b:1.1.0")
    assert registry.manifest(chart) is None
    other = service.reference("a/c")
    assert registry.tags(other) is None


def test_a_private_package_is_no_absence(
    service: Service,
    registry: Registry,
    anonymous: Registry,
    chart: Reference,
) -> None:
    manifest = service.publish("a/b:1.0.0")
    service.make_private("a/b")
    with pytest.raises(AccessDenied):
        anonymous.manifest(chart)
    assert registry.manifest(chart) == manifest


@pytest.mark.parametrize("read", [Registry.manifest, Registry.tags])
def test_a_failing_registry_is_no_absence(
    service: Service,
    registry: Registry,
    chart: Reference,
    read: Any,
) -> None:
    service.disturb(fail)
    with pytest.raises(ServiceError, match="the registry answered 500"):
        read(registry, chart)


def test_all_pages_of_tags_are_read(
    service: Service,
    registry: Registry,
    chart: Reference,
) -> None:
    service.sandbox.largest_page = 2
    tags = ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"]
    for tag in tags:
        service.publish(f"a/b:{tag}")
    assert registry.tags(chart) == tags


@pytest.mark.parametrize(
    ("disturbance", "problem"),
    [
        (link_to_itself, "begins again where it was"),
        (list_ever_more, "has more than 10000 tags"),
        (lose_the_second_page, "ends in the middle"),
    ],
)
def test_a_list_of_tags_without_an_end_is_an_error(
    service: Service,
    registry: Registry,
    chart: Reference,
    disturbance: Any,
    problem: str,
) -> None:
    service.publish("a/b:1.0.0")
    service.publish("a/b:1.1.0")
    service.sandbox.largest_page = 1
    service.disturb(disturbance)
    with pytest.raises(ServiceError, match=f"the list of tags {problem}"):
        registry.tags(chart)


def test_a_blob_with_other_content_is_an_error(
    service: Service,
    registry: Registry,
    chart: Reference,
) -> None:
    manifest = service.publish("a/b:1.0.0")
    service.disturb(corrupt_blobs)
    reason = f"does not return {manifest.chart_layer} intact"
    with pytest.raises(ServiceError, match=reason):
        registry.archive(chart, manifest)


def test_a_manifest_without_a_chart_has_no_archive(
    registry: Registry,
    chart: Reference,
) -> None:
    manifest = Manifest(b'{"layers": []}', MANIFEST)
    with pytest.raises(ServiceError, match="is a container image, not a chart"):
        registry.archive(chart, manifest)


def test_push_permission_is_checked_without_a_trace(
    service: Service,
    registry: Registry,
) -> None:
    registry.ensure_may_push("a/b")
    assert service.sandbox.snapshot() == {}
    assert service.sandbox.uploads == {}


def test_who_may_not_push_is_denied(
    service: Service,
    anonymous: Registry,
) -> None:
    refused = service.client(token="wrong")
    with pytest.raises(AccessDenied, match="the registry refused the token"):
        refused.ensure_may_push("a/b")
    with pytest.raises(AccessDenied):
        anonymous.ensure_may_push("a/b")


def test_an_upload_without_a_location_is_an_error(
    service: Service,
    registry: Registry,
) -> None:
    service.disturb(omit_location)
    with pytest.raises(ServiceError, match="gave no location"):
        registry.ensure_may_push("a/b")


def test_a_manifest_gets_another_tag(
    service: Service,
    registry: Registry,
) -> None:
    manifest = service.publish("a/b:1.0.0")
    kept = service.reference("a/b:kept")
    assert registry.put_manifest(kept, manifest) is True
    assert service.sandbox.tags("a/b") == {
        "1.0.0": manifest.digest,
        "kept": manifest.digest,
    }


def test_a_manifest_is_deleted_once(
    service: Service,
    registry: Registry,
    chart: Reference,
) -> None:
    digest = service.publish("a/b:1.0.0").digest
    assert registry.delete(chart, digest) is True
    assert service.sandbox.snapshot() == {}
    assert registry.delete(chart, digest) is True


def test_a_registry_that_deletes_nothing_says_so(
    service: Service,
    registry: Registry,
    chart: Reference,
) -> None:
    digest = service.publish("a/b:1.0.0").digest
    service.sandbox.allows_delete = False
    with pytest.raises(Unsupported, match="the registry answered 405"):
        registry.delete(chart, digest)


def copy_chart(service: Service) -> list[str]:
    """Copy a chart of a private repository, and check it; return the blobs that were read."""
    manifest = service.publish("a/b:1.0.0")
    service.make_private("a/b")
    source = service.reference("a/b:1.0.0")
    copy = service.reference("users/b:1.0.0")
    registry = service.client()
    assert registry.copy(source, copy) is True
    paths = service.asked("GET")
    assert service.sandbox.tags("users/b") == {"1.0.0": manifest.digest}
    anonymous = service.client(token="")
    assert anonymous.archive(copy, manifest) == b"the chart"
    return [path for path in paths if "/blobs/" in path]


def test_a_copy_has_the_same_digest_and_its_blobs_are_mounted(service: Service) -> None:
    assert copy_chart(service) == []


def test_a_copy_is_uploaded_to_a_registry_that_mounts_nothing(service: Service) -> None:
    service.disturb(mount_nothing)
    read = copy_chart(service)
    assert len(read) == 2  # the config and the chart


def test_nothing_can_be_a_copy_of_nothing(
    service: Service,
    registry: Registry,
    chart: Reference,
) -> None:
    target = service.reference("c/d:1.0.0")
    with pytest.raises(Refused, match="is not published"):
        registry.copy(chart, target)


def test_what_is_no_chart_is_neither_copied_nor_saved_nor_put(
    service: Service,
    registry: Registry,
    chart: Reference,
    tmp_path: Path,
) -> None:
    layer = f'{{"digest": "{digest_of(b"layer")}"}}'
    image = Manifest(f'{{"layers": [{layer}]}}'.encode(), MANIFEST)
    stored = service.sandbox.repositories["a/b"]
    stored.manifests[image.digest] = MANIFEST, image.body
    stored.tags["1.0.0"] = image.digest
    other = service.reference("c/d:1.0.0")
    changes = [
        partial(registry.copy, chart, other),
        partial(registry.save, chart, image, tmp_path / "saved"),
        partial(registry.put_manifest, other, image),
    ]
    for change in changes:
        with pytest.raises(Refused, match="is a container image, not a chart"):
            change()
    assert service.asked("PUT") == service.asked("POST") == []
    assert not (tmp_path / "saved").exists()


def test_what_was_saved_can_be_uploaded_after_it_was_deleted(
    service: Service,
    registry: Registry,
    chart: Reference,
    tmp_path: Path,
) -> None:
    manifest = service.publish("a/b:1.0.0")
    folder = tmp_path / "saved"
    assert registry.save(chart, manifest, folder) is True
    assert folder.stat().st_mode & 0o777 == 0o700
    registry.delete(chart, manifest.digest)
    assert read_saved(folder) == manifest
    assert registry.upload_saved(chart, manifest, folder) is True
    assert service.sandbox.tags("a/b") == {"1.0.0": manifest.digest}


def test_a_real_change_asks_for_no_plan(
    service: Service,
    registry: Registry,
) -> None:
    manifest = service.publish("a/b:1.0.0")
    kept = service.reference("a/b:kept")
    service.sandbox.requests.clear()
    registry.put_manifest(kept, manifest)
    assert service.asked("GET") == []
    assert {*service.asked("PUT")} == {"/v2/a/b/manifests/kept"}
