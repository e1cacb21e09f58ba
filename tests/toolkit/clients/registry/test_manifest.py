"""What a tag names: a chart, or something else that is said in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tasks.toolkit.clients.registry.manifest import (
    CHART_LAYER,
    KINDS,
    MANIFEST,
    MalformedManifest,
    Manifest,
    digest_of,
)

from ...manifests import chart_manifest

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"


def manifest_of(content: Any, media_type: str = MANIFEST) -> Manifest:
    body = json.dumps(content)
    return Manifest(body.encode(), media_type)


def test_the_digest_is_that_of_the_bytes() -> None:
    assert digest_of(b"") == EMPTY


def test_a_manifest_may_have_neither_a_config_nor_a_chart() -> None:
    manifest = Manifest(b'{"layers": []}', MANIFEST)
    assert manifest.blobs == []
    assert manifest.chart_layer == ""
    assert manifest.kind == "a container image"


def test_a_chart_is_known_by_its_layer_and_its_media_type() -> None:
    chart = chart_manifest(b"x")
    assert chart.is_chart
    assert chart.kind == "a chart"
    for media_type in KINDS:
        manifest = Manifest(chart.body, media_type)
        manifest.check()
        assert manifest.is_chart == (media_type == MANIFEST)


def test_an_index_that_poses_as_a_chart_is_none() -> None:
    layers = [{"mediaType": CHART_LAYER, "digest": EMPTY}]
    both = manifest_of({"layers": layers, "manifests": []})
    assert not both.is_chart
    named = manifest_of({"layers": layers, "mediaType": INDEX})
    with pytest.raises(MalformedManifest, match="has the mediaType 'application"):
        named.check()


def test_what_is_no_chart_is_said_in_words() -> None:
    assert manifest_of({"manifests": []}, INDEX).kind == "an image index"
    assert manifest_of({"config": "x"}, DOCKER).kind == "a container image"
    signature = {"config": {"mediaType": "x/\x1b[2J\u202e"}, "layers": []}
    assert manifest_of(signature).kind == r"an artifact of the type 'x/\x1b[2J\u202e'"


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b"\xff", b"[" * 100_000, '{"layers": []}'.encode("utf-16")],
    ids=["nothing", "null", "a list", "cut short", "no UTF-8", "nested", "UTF-16"],
)
def test_what_is_no_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedManifest, match="is not a JSON object"):
        Manifest(body, MANIFEST).check()


def test_an_unknown_media_type_is_malformed() -> None:
    with pytest.raises(MalformedManifest, match=r"Content-Type 'text/\\x1b' is no manifest's"):
        Manifest(b"{}", "text/\x1b").check()
