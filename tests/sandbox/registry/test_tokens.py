"""The sandbox's registry grants access like GHCR: by tokens, for what they were asked for only."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from tasks.sandbox.registry import Registry
from tasks.sandbox.registry.store import digest_of

from ...docker_registry import OCI_MANIFEST
from .client import MANIFEST, NAME, UPLOADS, Answer, ask, manifest_of


def request_token(registry: Registry, scope: str, password: str = "") -> Answer:
    path = f"/token?service={registry.host}&scope=repository:{scope}"
    if not password:
        return ask(registry, "GET", path)
    login = base64.b64encode(f"anybody:{password}".encode()).decode()
    return ask(registry, "GET", path, Authorization=f"Basic {login}")


def bearer(registry: Registry, scope: str, password: str = "") -> str:
    answer = request_token(registry, scope, password)
    return f"Bearer {json.loads(answer.body)['token']}"


def test_a_challenge_leads_to_a_token_for_one_repository_only() -> None:
    scope = f"{NAME}:pull,push"
    with Registry({"right"}) as registry:
        refused = ask(registry, "POST", UPLOADS, b"")
        assert refused.status == 401
        assert f'scope="repository:{scope}"' in refused.headers["WWW-Authenticate"]
        assert request_token(registry, scope, "wrong").status == 403
        token = bearer(registry, scope, "right")
        elsewhere = "/v2/other/chart/blobs/uploads/"
        assert ask(registry, "POST", UPLOADS, b"", Authorization=token).status == 202
        assert ask(registry, "POST", elsewhere, b"", Authorization=token).status == 401


def test_a_readonly_password_cannot_push() -> None:
    with Registry({"right"}) as registry:
        token = bearer(registry, f"{NAME}:pull,push", "right")
        registry.access.readonly.add("right")
        denied = ask(registry, "POST", UPLOADS, b"", Authorization=token)
        assert denied.status == 403
        assert b"permission_denied: write_package" in denied.body


@pytest.fixture
def private() -> Iterator[Registry]:
    """Give a registry with a manifest in a private repository."""
    with Registry({"right"}) as registry:
        registry.private_by_default = True
        token = bearer(registry, f"{NAME}:pull,push", "right")
        begun = ask(registry, "POST", UPLOADS, b"", Authorization=token)
        url = f"{begun.headers['Location']}?digest={digest_of(b'{}')}"
        ask(registry, "PUT", url, b"{}", Authorization=token)
        headers = {"Content_Type": OCI_MANIFEST, "Authorization": token}
        assert ask(registry, "PUT", MANIFEST, manifest_of(b"{}"), **headers).status == 201
        yield registry


def test_a_private_repository_is_read_with_a_login_only(private: Registry) -> None:
    assert request_token(private, f"{NAME}:pull").status == 401
    token = bearer(private, f"{NAME}:pull,push", "right")
    assert ask(private, "GET", MANIFEST, Authorization=token).body == manifest_of(b"{}")


def test_a_public_repository_is_read_without_a_login_but_not_changed(private: Registry) -> None:
    private.access.private.clear()
    token = bearer(private, f"{NAME}:pull,push")
    assert ask(private, "GET", MANIFEST, Authorization=token).body == manifest_of(b"{}")
    assert ask(private, "DELETE", MANIFEST, Authorization=token).status == 401
