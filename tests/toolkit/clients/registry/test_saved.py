"""A chart's manifest and blobs in a folder: intact, or one clear error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.toolkit.clients.registry import saved
from tasks.toolkit.clients.registry.manifest import MANIFEST
from tasks.toolkit.clients.registry.saved import read_saved, saved_blob
from tasks.toolkit.core.errors import BadInput

from .conftest import Service

IMAGE = {"body": '{"layers": []}', "kind": MANIFEST}


def test_a_saved_version_that_is_not_intact_is_an_error(
    service: Service,
    tmp_path: Path,
) -> None:
    manifest = service.publish("a/b:1.0.0")
    reference = service.reference("a/b:1.0.0")
    service.client().save(reference, manifest, tmp_path)
    assert read_saved(tmp_path) == manifest
    blob = saved_blob(tmp_path, manifest.chart_layer)
    blob.write_bytes(b"other")
    with pytest.raises(BadInput, match="is damaged: it has another digest"):
        read_saved(tmp_path)
    blob.unlink()
    with pytest.raises(BadInput, match="could not be read"):
        read_saved(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        "{}",
        '{"body": 1, "kind": "x"}',
        '{"body": "{}", "kind": "x"}',
        '{"body": "{}", "kind": []}',
        json.dumps({"body": "null", "kind": MANIFEST}),
        json.dumps({"body": "\ud800", "kind": MANIFEST}),
        json.dumps(IMAGE),
        "[" * 100_000,
    ],
    ids=lambda text: text[:40] or "nothing",
)
def test_a_damaged_manifest_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BadInput) as caught:
        read_saved(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/manifest.json is ")
    assert "\n" not in message


def test_a_saved_file_is_not_read_beyond_its_bound(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(saved, "LARGEST_MANIFEST", 1 << 20)
    (tmp_path / "manifest.json").write_bytes(b" " * (3 << 20) + b" ")
    with pytest.raises(BadInput, match=r"manifest\.json is larger than 3 MiB"):
        read_saved(tmp_path)
