"""What a registry's answers mean: an unclear one is an error, never an absence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tasks.toolkit.clients.registry.answers import (
    Unsupported,
    explain,
    parse_json,
    parse_manifest,
    parse_tags,
)
from tasks.toolkit.clients.registry.connections import RegistryResponse
from tasks.toolkit.clients.registry.manifest import MANIFEST, Manifest
from tasks.toolkit.core.errors import AccessDenied, ServiceError

INDEX = "application/vnd.oci.image.index.v1+json"
ODD_MANIFESTS: list[Any] = [
    {"layers": ["x"]},
    {"layers": [{}]},
    {"layers": [{"digest": 1}]},
    {"layers": [{"digest": "../x"}]},
    {"layers": [], "config": "x"},
    {"layers": {}},
    {},
]
DENIED = {
    "errors": [
        {"code": "DENIED", "message": "no\n\u202e\ud800\x1bwrite_package"},
        {"code": "X"},
    ]
}


def response_of(content: Any, status: int = 200) -> RegistryResponse:
    body = json.dumps(content)
    return RegistryResponse(status, {}, body.encode())


@pytest.mark.parametrize("content", ODD_MANIFESTS, ids=json.dumps)
def test_a_manifest_of_another_shape_is_not_a_chart(content: Any) -> None:
    response = response_of(content)
    with pytest.raises(ServiceError, match="a/b:1 is not a chart"):
        parse_manifest(response, "a/b:1")


def test_a_manifest_keeps_its_bytes_and_its_media_type() -> None:
    body = b'{ "layers": [] }'
    typed = RegistryResponse(200, {"content-type": f"{INDEX}; charset=utf-8"}, body)
    assert parse_manifest(typed, "a/b:1") == Manifest(body, INDEX)
    untyped = RegistryResponse(200, {}, body)
    assert parse_manifest(untyped, "a/b:1") == Manifest(body, MANIFEST)


@pytest.mark.parametrize("media_type", ["text/html", "x'; id; '", "\x1b[2J", ""])
def test_an_unknown_media_type_is_refused_and_shown_harmless(media_type: str) -> None:
    response = RegistryResponse(200, {"content-type": media_type}, b'{"layers": []}')
    with pytest.raises(ServiceError, match="is no manifest's") as caught:
        parse_manifest(response, "a/b:1")
    assert caught.value.what.isprintable()


def test_a_manifest_with_another_digest_than_announced_arrived_damaged() -> None:
    headers = {"docker-content-digest": "sha256:0"}
    response = RegistryResponse(200, headers, b'{"layers": []}')
    with pytest.raises(ServiceError, match="a/b:1 arrived damaged: announced as 'sha256:0'"):
        parse_manifest(response, "a/b:1")


@pytest.mark.parametrize(
    "tags",
    [
        "abc",
        [1, 2],
        {},
        5,
        [["1.0.0"]],
        ["1.0.0\ud800"],
        ["$(id)"],
    ],
    ids=json.dumps,
)
def test_tags_of_another_shape_are_an_error(tags: Any) -> None:
    response = response_of({"tags": tags})
    with pytest.raises(ServiceError, match="a/b: the registry's answer is not a list of tags"):
        parse_tags(response, "a/b")


def test_missing_tags_are_an_error_but_null_are_none() -> None:
    missing = response_of({})
    with pytest.raises(ServiceError, match="is not a list of tags"):
        parse_tags(missing, "a/b")
    null = response_of({"tags": None})
    assert parse_tags(null, "a/b") == []


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"<html>", b"[]", b'"x"', b""],
    ids=["without end", "HTML", "a list", "text", "nothing"],
)
def test_an_answer_that_is_no_object_is_an_error(body: bytes) -> None:
    response = RegistryResponse(200, {}, body)
    with pytest.raises(ServiceError, match="is not a JSON object") as caught:
        parse_json(response, "a/b")
    assert "\n" not in str(caught.value)


def test_a_refused_token_is_named_with_the_registrys_reasons() -> None:
    for status in (401, 403):
        response = response_of(DENIED, status)
        error = explain(response, "a/b", "GITHUB_TOKEN in .env")
        assert isinstance(error, AccessDenied)
        reasons = f"a/b: the registry refused GITHUB_TOKEN in .env: {status} (no write_package, X)"
        assert error.what == reasons


def test_without_a_login_a_refused_package_is_to_be_made_public() -> None:
    response = response_of(DENIED, 403)
    error = explain(response, "a/b", "")
    assert isinstance(error, AccessDenied)
    assert str(error).endswith("it needs a login: make the package public")


def test_an_unsupported_method_is_told_from_other_errors() -> None:
    response = response_of({}, 405)
    unsupported = explain(response, "a/b", "GITHUB_TOKEN in .env")
    assert isinstance(unsupported, Unsupported)
    response = response_of({}, 500)
    failure = explain(response, "a/b", "GITHUB_TOKEN in .env")
    assert type(failure) is ServiceError
    assert failure.what == "a/b: the registry answered 500"


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[]", b'{"errors": 1}', b'{"errors": ["x"]}', b'{"errors": [{"code": 1}]}'],
)
def test_an_error_without_a_reason_is_told_by_its_status(body: bytes) -> None:
    response = RegistryResponse(502, {}, body)
    error = explain(response, "a/b", "")
    assert error.what == "a/b: the registry answered 502"
