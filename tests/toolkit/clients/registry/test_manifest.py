"""A manifest and its blobs, as a folder keeps them."""

from __future__ import annotations

from pathlib import Path

from tasks.toolkit.clients.registry.manifest import (
    MANIFEST,
    Manifest,
    digest_of,
    read_saved,
    saved_blob,
)

from .conftest import Service

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_digest_is_that_of_the_bytes() -> None:
    assert digest_of(b"") == EMPTY


def test_a_manifest_may_have_neither_a_config_nor_a_chart() -> None:
    manifest = Manifest(b'{"layers": []}', MANIFEST)
    assert manifest.blobs == []
    assert manifest.chart_layer == ""


def test_a_saved_version_that_is_not_intact_is_none(
    service: Service,
    tmp_path: Path,
) -> None:
    assert read_saved(tmp_path) is None
    manifest = service.publish("a/b:1.0.0")
    reference = service.reference("a/b:1.0.0")
    service.client().save(reference, manifest, tmp_path)
    assert read_saved(tmp_path) == manifest
    blob = saved_blob(tmp_path, manifest.chart_layer)
    blob.write_bytes(b"other")
    assert read_saved(tmp_path) is None
    blob.unlink()
    assert read_saved(tmp_path) is None
    (tmp_path / "manifest.json").write_text("{")
    assert read_saved(tmp_path) is None
