"""The sandbox's registry answers like Debian's docker-registry."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.sandbox.registry import Registry
from tasks.sandbox.registry.store import digest_of

from ...docker_registry import OCI_MANIFEST, DockerRegistry
from .client import MANIFEST, NAME, UPLOADS, Answer, ask, manifest_of, upload

Pair = tuple[Registry, Registry]


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Give the two registries, both open to everybody."""
    if not shutil.which("docker-registry"):
        pytest.skip("docker-registry is not installed (the Debian package of that name)")
    with Registry() as ours, DockerRegistry() as theirs:
        yield ours, theirs


def push_and_read(registry: Registry) -> Iterator[Answer]:
    """Push a manifest with two blobs, mount a blob elsewhere, read it all; yield each answer."""
    blob = f"/v2/{NAME}/blobs/{digest_of(b'layer')}"
    manifest = manifest_of(b"{}", b"layer")
    yield upload(registry, b"{}")
    yield upload(registry, b"layer")
    yield ask(registry, "HEAD", blob)
    yield ask(registry, "GET", blob)
    mount = f"mount={digest_of(b'layer')}&from={NAME}"
    yield ask(registry, "POST", f"/v2/other/chart/blobs/uploads/?{mount}", b"")
    for reference in ("1.0.0", digest_of(manifest)):
        path = f"/v2/{NAME}/manifests/{reference}"
        yield ask(registry, "PUT", path, manifest, Content_Type=OCI_MANIFEST)
    yield ask(registry, "HEAD", MANIFEST, Accept=OCI_MANIFEST)
    yield ask(registry, "GET", MANIFEST, Accept=OCI_MANIFEST)


def test_a_push_a_mount_and_reading_them_give_the_same_on_both(pair: Pair) -> None:
    ours, theirs = pair
    assert all(answer.status in (200, 201) for answer in push_and_read(ours))
    answers = [answer.comparable() for answer in push_and_read(ours)]
    assert answers == [answer.comparable() for answer in push_and_read(theirs)]
    assert ours.snapshot()[NAME] == theirs.snapshot()[NAME]


def test_an_upload_is_begun_and_cancelled_alike(pair: Pair) -> None:
    answers = []
    for registry in pair:
        begun = ask(registry, "POST", UPLOADS, b"")
        cancelled = ask(registry, "DELETE", begun.headers["Location"])
        answers.append((begun.comparable(), cancelled.status))
    assert answers[0] == answers[1]
    assert answers[0][1] == 204


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type"),
    [
        ("GET", "/v2/no/such/tags/list", None, ""),
        ("GET", "/v2/no/such/manifests/1.0.0", None, OCI_MANIFEST),
        ("GET", f"/v2/no/such/blobs/{digest_of(b'')}", None, ""),
        ("PUT", "/v2/no/such/manifests/1.0.0", manifest_of(b"absent"), OCI_MANIFEST),
        ("PUT", "/v2/no/such/manifests/1.0.0", b"not json", OCI_MANIFEST),
        ("PUT", f"/v2/no/such/manifests/{digest_of(b'other')}", manifest_of(b"x"), OCI_MANIFEST),
        ("PUT", f"/v2/no/such/blobs/uploads/nothing?digest={digest_of(b'')}", b"", ""),
        ("DELETE", f"/v2/no/such/manifests/{digest_of(b'absent')}", None, ""),
        ("GET", "/v2/", None, ""),
    ],
)
def test_what_is_absent_or_invalid_is_refused_alike(
    pair: Pair, method: str, path: str, body: bytes | None, content_type: str
) -> None:
    ours, theirs = (
        ask(registry, method, path, body, Content_Type=content_type) for registry in pair
    )
    assert ours.status == theirs.status
    if ours.comparable() != theirs.comparable():  # registries differ in what they miss first
        assert "UNKNOWN" in str(ours.error_codes())


def test_a_digest_that_does_not_match_the_bytes_is_refused(pair: Pair) -> None:
    expected = digest_of(b"one")
    for registry in pair:
        refused = upload(registry, b"another", digest=expected)
        assert refused.status == 400
        assert refused.error_codes()[0] == "DIGEST_INVALID"
        assert ask(registry, "HEAD", f"/v2/{NAME}/blobs/{expected}").status == 404


VERSIONS = st.from_regex(r"[0-9]{1,2}\.[0-9]{1,2}\.0(-rc\.[1-9])?", fullmatch=True)


def push_tags(registry: Registry, name: str, tags: set[str], content: bytes) -> None:
    upload(registry, content, name)
    for tag in tags:
        path = f"/v2/{name}/manifests/{tag}"
        ask(registry, "PUT", path, manifest_of(content), Content_Type=OCI_MANIFEST)


def listed_tags(registry: Registry, name: str, page_size: int) -> list[str]:
    tags = list[str]()
    path = f"/v2/{name}/tags/list?n={page_size}"
    while path:
        page = ask(registry, "GET", path)
        tags += json.loads(page.body)["tags"] or []
        link = re.search("<(.*)>", page.headers.get("Link", ""))
        path = link[1] if link else ""
    return sorted(tags)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tags=st.sets(VERSIONS, min_size=1, max_size=8), page_size=st.integers(1, 9))
def test_tags_move_and_are_listed_in_pages_alike(
    pair: Pair, tags: set[str], page_size: int
) -> None:
    name = f"tags/{secrets.token_hex(6)}"
    for registry in pair:
        push_tags(registry, name, tags, b"first")
        push_tags(registry, name, tags, b"second")
        assert listed_tags(registry, name, page_size) == sorted(tags)
        assert registry.tags(name) == dict.fromkeys(tags, digest_of(manifest_of(b"second")))
