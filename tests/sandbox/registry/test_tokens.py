"""The sandbox's registry grants access like GHCR: by tokens, for what they were asked for only."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from tasks.sandbox.registry import Registry

from .client import MANIFEST, NAME, Answer, Client, manifest_of

CONTENT = manifest_of(b"{}")
PULL = f"{NAME}:pull"
PUSH = f"{NAME}:pull,push"


def request_token(
    registry: Registry,
    scope: str,
    password: str = "",
) -> Answer:
    client = Client(registry)
    if password:
        login = base64.b64encode(f"anybody:{password}".encode())
        client.authorization = f"Basic {login.decode()}"
    return client.get(f"/token?service={registry.host}&scope=repository:{scope}")


def client_with_token(
    registry: Registry,
    scope: str,
    password: str = "",
) -> Client:
    answer = request_token(registry, scope, password)
    content = json.loads(answer.body)
    return Client(registry, f"Bearer {content['token']}")


@pytest.fixture
def registry() -> Iterator[Registry]:
    """Give a registry that accepts one password."""
    with Registry({"right"}) as served:
        yield served


def test_a_challenge_says_which_token_is_needed(registry: Registry) -> None:
    refused = Client(registry).begin_upload()
    assert refused.status == 401
    challenge = refused.headers["WWW-Authenticate"]
    assert f'scope="repository:{PUSH}"' in challenge
    wrong = request_token(registry, PUSH, "wrong")
    assert wrong.status == 403


def test_a_token_is_for_one_repository_only(registry: Registry) -> None:
    client = client_with_token(registry, PUSH, "right")
    assert client.begin_upload().status == 202
    elsewhere = client.begin_upload("/v2/other/chart/blobs/uploads/")
    assert elsewhere.status == 401


def test_a_token_that_has_expired_is_refused(registry: Registry) -> None:
    client = client_with_token(registry, PUSH, "right")
    registry.access.expire_tokens()
    assert client.begin_upload().status == 401


def test_a_readonly_password_cannot_push(registry: Registry) -> None:
    client = client_with_token(registry, PUSH, "right")
    registry.access.readonly.add("right")
    denied = client.begin_upload()
    assert denied.status == 403
    assert b"permission_denied: write_package" in denied.body


@pytest.fixture
def private(registry: Registry) -> Registry:
    """Give a registry with a manifest in a private repository."""
    registry.private_by_default = True
    client = client_with_token(registry, PUSH, "right")
    client.upload(b"{}")
    pushed = client.put_manifest(MANIFEST, CONTENT)
    assert pushed.status == 201
    return registry


def test_a_private_repository_is_read_with_a_login_only(private: Registry) -> None:
    refused = request_token(private, PULL)
    assert refused.status == 401
    client = client_with_token(private, PULL, "right")
    assert client.get(MANIFEST).body == CONTENT


def test_what_does_not_exist_is_denied_to_who_may_not_know_as_on_ghcr(
    registry: Registry,
) -> None:
    assert request_token(registry, PULL).status == 200
    registry.access.act_as_ghcr()
    denied = request_token(registry, PULL)
    assert denied.status == 403
    assert denied.error_codes() == ["DENIED"]
    absent = client_with_token(registry, PULL, "right").get(MANIFEST)
    assert absent.status == 404
    assert absent.error_codes() == ["NAME_UNKNOWN"]
    assert absent.header("X-GitHub-Request-Id")


def test_a_public_repository_is_read_without_a_login_but_not_changed(private: Registry) -> None:
    private.access.private.clear()
    client = client_with_token(private, PUSH)
    assert client.get(MANIFEST).body == CONTENT
    deleted = client.ask("DELETE", MANIFEST)
    assert deleted.status == 401
