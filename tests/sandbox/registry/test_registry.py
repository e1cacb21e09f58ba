"""The sandbox's registry answers like Debian's docker-registry."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.sandbox.registry import Registry
from tasks.sandbox.registry.store import digest_of

from ...docker_registry import OCI_MANIFEST, DockerRegistry
from .client import MANIFEST, NAME, OCI_INDEX, Answer, Client, index_of, manifest_of

Pair = tuple[Client, Client]
LAYER = digest_of(b"layer")
TWO_BLOBS = manifest_of(b"{}", b"layer")
OTHER = digest_of(b"other")


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Give clients of the two registries, both open to everybody."""
    if not shutil.which("docker-registry"):
        pytest.skip("docker-registry is not installed (the Debian package of that name)")
    with Registry() as ours, DockerRegistry() as theirs:
        yield Client(ours), Client(theirs)


def push_and_read(client: Client) -> list[Answer]:
    """Push a manifest with two blobs, mount a blob elsewhere, read it all; return the answers."""
    mount = f"/v2/other/chart/blobs/uploads/?mount={LAYER}&from={NAME}"
    by_digest = f"/v2/{NAME}/manifests/{digest_of(TWO_BLOBS)}"
    return [
        client.upload(b"{}"),
        client.upload(b"layer"),
        client.head(f"/v2/{NAME}/blobs/{LAYER}"),
        client.get(f"/v2/{NAME}/blobs/{LAYER}"),
        client.begin_upload(mount),
        client.put_manifest(MANIFEST, TWO_BLOBS),
        client.put_manifest(by_digest, TWO_BLOBS),
        client.head(MANIFEST),
        client.get(MANIFEST),
    ]


def test_a_push_a_mount_and_reading_them_give_the_same_on_both(pair: Pair) -> None:
    ours, theirs = pair
    for our_answer, their_answer in zip(
        push_and_read(ours),
        push_and_read(theirs),
        strict=True,
    ):
        assert our_answer.status in (200, 201)
        assert our_answer.comparable() == their_answer.comparable()
    our_content = ours.registry.snapshot()
    their_content = theirs.registry.snapshot()
    assert our_content[NAME] == their_content[NAME]


def test_an_upload_is_begun_and_cancelled_alike(pair: Pair) -> None:
    begun = []
    for client in pair:
        answer = client.begin_upload()
        begun.append(answer.comparable())
        cancelled = client.ask("DELETE", answer.headers["Location"])
        assert cancelled.status == 204
    assert begun[0] == begun[1]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "tags/list", None),
        ("GET", "manifests/1.0.0", None),
        ("GET", f"blobs/{OTHER}", None),
        ("PUT", "manifests/1.0.0", manifest_of(b"absent")),
        ("PUT", "manifests/1.0.0", b"not json"),
        ("PUT", f"manifests/{OTHER}", manifest_of(b"x")),
        ("PUT", f"blobs/uploads/nothing?digest={OTHER}", b"other"),
        ("DELETE", f"manifests/{OTHER}", None),
    ],
)
def test_what_is_absent_or_invalid_is_refused_alike(
    pair: Pair,
    method: str,
    path: str,
    body: bytes | None,
) -> None:
    url = f"/v2/no/such/{path}"
    ours, theirs = (client.ask(method, url, body, OCI_MANIFEST) for client in pair)
    assert ours.status == theirs.status
    assert ours.status >= 400
    if ours.comparable() != theirs.comparable():  # registries differ in what they miss first
        assert "UNKNOWN" in str(ours.error_codes())


def test_the_version_of_the_api_is_answered_alike(pair: Pair) -> None:
    ours, theirs = (client.get("/v2/") for client in pair)
    assert ours.comparable() == theirs.comparable()


def test_a_digest_that_does_not_match_the_bytes_is_refused(pair: Pair) -> None:
    for client in pair:
        refused = client.upload(b"another", digest=OTHER)
        assert refused.status == 400
        assert refused.error_codes()[0] == "DIGEST_INVALID"
        kept = client.head(f"/v2/{NAME}/blobs/{OTHER}")
        assert kept.status == 404


def test_an_index_is_stored_and_shown_to_who_accepts_it_alike(pair: Pair) -> None:
    index = index_of(TWO_BLOBS)
    path = "/v2/index/chart/manifests/1.0.0"
    by_digest = f"/v2/index/chart/manifests/{digest_of(TWO_BLOBS)}"
    seen = []
    for client in pair:
        client.upload(b"{}", "index/chart")
        client.upload(b"layer", "index/chart")
        early = client.ask("PUT", path, index, OCI_INDEX)
        client.put_manifest(by_digest, TWO_BLOBS)
        pushed = client.ask("PUT", path, index, OCI_INDEX)
        shown = client.ask("GET", path, accept=f"{OCI_MANIFEST}, {OCI_INDEX}")
        assert pushed.status == 201
        assert shown.body == index
        assert client.get(path).status == 404
        seen.append([early.status, pushed.comparable(), shown.comparable()])
    assert seen[0] == seen[1]


VERSIONS = st.from_regex(r"[0-9]{1,2}\.[0-9]{1,2}\.0(-rc\.[1-9])?", fullmatch=True)


def push_tags(
    client: Client,
    name: str,
    tags: set[str],
    content: bytes,
) -> dict[str, str]:
    """Push a manifest under each tag; return the digests by tag."""
    client.upload(content, name)
    manifest = manifest_of(content)
    for tag in tags:
        client.put_manifest(f"/v2/{name}/manifests/{tag}", manifest)
    return dict.fromkeys(tags, digest_of(manifest))


def listed_tags(
    client: Client,
    name: str,
    page_size: int,
) -> list[str]:
    tags = list[str]()
    path = f"/v2/{name}/tags/list?n={page_size}"
    while path:
        page = client.get(path)
        content = json.loads(page.body)
        tags += content["tags"] or []
        link = re.search("<(.*)>", page.header("Link"))
        path = link[1] if link else ""
    return sorted(tags)


@settings(max_examples=15, deadline=None)
@given(
    tags=st.sets(VERSIONS, min_size=1, max_size=8),
    page_size=st.integers(1, 9),
)
@pytest.mark.thorough
def test_tags_move_and_are_listed_in_pages_alike(
    pair: Pair,
    tags: set[str],
    page_size: int,
) -> None:
    name = f"tags/{secrets.token_hex(6)}"
    for client in pair:
        push_tags(client, name, tags, b"first")
        pushed = push_tags(client, name, tags, b"second")
        assert listed_tags(client, name, page_size) == sorted(tags)
        assert client.registry.tags(name) == pushed
