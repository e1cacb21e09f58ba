"""Requests to a registry: it gets the login that it asks for, and nobody else does."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from tasks.sandbox.registry import Registry
from tasks.sandbox.server import Reply, Request
from tasks.toolkit.clients.registry.connections import RegistryResponse
from tasks.toolkit.clients.registry.curl import curl_command
from tasks.toolkit.clients.registry.session import RegistrySession, encode_scopes
from tasks.toolkit.core.errors import AccessDenied, ServiceError
from tasks.toolkit.core.secret import Secret

from ....docker_registry import SecureDockerRegistry
from .conftest import TOKEN, Answer, Service
from .relay import Relay


def get(session: RegistrySession, path: str = "tags/list") -> RegistryResponse:
    return session.send("GET", "a/b", path, (200, 404))


def count_tokens(registry: Registry) -> int:
    """Return how many tokens a registry was asked for."""
    tokens = 0
    for _, path in registry.requests:
        if path.startswith("/token"):
            tokens += 1
    return tokens


def test_a_token_is_used_again_until_the_registry_refuses_it(service: Service) -> None:
    service.publish("a/b:1.0.0")
    service.make_private("a/b")
    service.sandbox.requests.clear()
    session = service.session()
    for _ in range(3):
        get(session)
    assert count_tokens(service.sandbox) == 1
    service.sandbox.access.expire_tokens()
    response = get(session)
    assert response.status == 200
    assert count_tokens(service.sandbox) == 2


def test_once_a_registry_asked_for_a_token_another_repository_gets_one_at_once(
    service: Service,
) -> None:
    for repository in ("a/b", "c/d"):
        service.publish(f"{repository}:1.0.0")
        service.make_private(repository)
    session = service.session()
    get(session)
    service.sandbox.requests.clear()
    assert session.send("GET", "c/d", "tags/list", (200,)).status == 200
    assert count_tokens(service.sandbox) == 1
    assert len(service.sandbox.requests) == 2  # for the token, and for the tags


def test_each_request_asks_for_the_scopes_that_it_needs() -> None:
    pull = encode_scopes("GET", "a/b")
    assert parse_qs(pull) == {"scope": ["repository:a/b:pull"]}
    mount = encode_scopes("POST", "a/b", source="c/d")
    assert parse_qs(mount) == {"scope": ["repository:a/b:pull,push", "repository:c/d:pull"]}
    delete = encode_scopes("DELETE", "a/b")
    assert parse_qs(delete) == {"scope": ["repository:a/b:pull,push,delete"]}


def test_a_challenge_says_where_a_token_is_issued() -> None:
    challenge = 'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:x:pull"'
    session = RegistrySession("ghcr.io", plain_http=False, login=None, limit=5)
    url = session.token_url(challenge, encode_scopes("GET", "a/b"))
    assert url == "https://ghcr.io/token?service=ghcr.io&scope=repository%3Aa%2Fb%3Apull"


def test_a_registry_may_ask_for_the_password_itself(
    secure: SecureDockerRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", secure.authority)
    login = ("stianfro", Secret(secure.password))
    session = RegistrySession(
        secure.host,
        plain_http=False,
        login=login,
        limit=5,
    )
    assert get(session).status == 404
    anonymous = RegistrySession(
        secure.host,
        plain_http=False,
        login=None,
        limit=5,
    )
    with pytest.raises(AccessDenied, match="make the package public"):
        get(anonymous)


def test_a_redirect_to_storage_is_followed_without_the_login(
    service: Service,
    open_registry: Registry,
) -> None:
    digest = service.publish("a/b:1.0.0").chart_layer
    service.make_private("a/b")
    stored = open_registry.repositories["a/b"].blobs
    stored[digest] = b"the stored chart"
    with Relay(open_registry.host) as storage:

        def redirect(answer: Answer, request: Request) -> Reply:
            reply = answer(request)
            if reply.status != 200 or "/blobs/" not in request.path:
                return reply
            location = f"http://{storage.host}{request.path}?signature=a%2Fb"
            return Reply(307, headers={"Location": location})

        service.disturb(redirect)
        response = get(service.session(), f"blobs/{digest}")
    assert response.body == b"the stored chart"
    assert open_registry.requests == [("GET", f"/v2/a/b/blobs/{digest}?signature=a/b")]
    assert b"authorization" not in storage.sent.lower()


def test_a_location_at_another_host_gets_no_token(service: Service) -> None:
    session = service.session()
    with Registry({TOKEN}) as other, Relay(other.host) as elsewhere:
        location = f"http://{elsewhere.host}/v2/a/b/blobs/uploads/1"
        with pytest.raises(AccessDenied):
            session.send("PUT", "a/b", location, (201,), body=b"x")
    assert len(other.requests) == 1
    assert b"authorization" not in elsewhere.sent.lower()


@pytest.mark.parametrize(
    "challenge",
    ["Bearer", 'Bearer realm="nowhere"', 'Bearer realm="http://["'],
)
def test_a_challenge_that_leads_nowhere_is_an_error(
    service: Service,
    challenge: str,
) -> None:
    def mislead(answer: Answer, request: Request) -> Reply:
        return replace(answer(request), headers={"WWW-Authenticate": challenge})

    service.disturb(mislead)
    with pytest.raises(ServiceError) as caught:
        get(service.session())
    message = str(caught.value)
    assert message.startswith("the registry leads to ")
    assert "\n" not in message


def test_a_token_service_at_another_host_is_asked_for_nothing(service: Service) -> None:
    with Relay(service.sandbox.host) as elsewhere:
        port = elsewhere.host.partition(":")[2]

        def mislead(answer: Answer, request: Request) -> Reply:
            realm = f'Bearer realm="http://localhost:{port}/token"'
            return replace(answer(request), headers={"WWW-Authenticate": realm})

        service.disturb(mislead)
        session = service.session()
        with pytest.raises(ServiceError, match=f"login to be sent to 'http://localhost:{port}"):
            get(session)
        with pytest.raises(ServiceError, match=f"login to be sent to 'http://localhost:{port}"):
            curl_command(session, "GET", "a/b", "tags/list")
    assert elsewhere.connections == 0


@pytest.mark.parametrize("token", [None, 5, "", "a\r\nX: y", "\u00e9", ["x"]])
def test_a_token_that_is_none_is_an_error(service: Service, token: object) -> None:
    def issue(answer: Answer, request: Request) -> Reply:
        if request.path == "/token":
            return Reply(200, {"token": token})
        return answer(request)

    service.disturb(issue)
    with pytest.raises(ServiceError, match="the registry's token service gave no token"):
        get(service.session())


def test_the_token_is_shown_nowhere(service: Service) -> None:
    session = service.session()
    service.sandbox.stop()
    with pytest.raises(ServiceError) as caught:
        get(session)
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(session)


FAULTS: list[Reply | None] = [
    Reply(503),
    Reply(429, headers={"Retry-After": "0"}),
    None,
]


def with_faults(service: Service, *faults: Reply | None) -> None:
    """Let the next requests run into faults; None breaks the connection."""
    left = list(faults)

    def disturbed(answer: Answer, request: Request) -> Reply:
        if not left:
            return answer(request)
        fault = left.pop(0)
        if fault is None:
            raise ConnectionResetError
        return fault

    service.disturb(disturbed)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_read_is_sent_again_after_a_fault_that_passes(
    service: Service,
    fault: Reply | None,
) -> None:
    service.publish("a/b:1.0.0")
    with_faults(service, fault, fault)
    assert get(service.session()).status == 200


def test_a_read_that_keeps_failing_says_what_the_registry_answered(service: Service) -> None:
    with_faults(service, *[Reply(503)] * 9)
    with pytest.raises(ServiceError, match="the registry answered 503"):
        get(service.session())


def test_a_write_is_never_sent_again(service: Service) -> None:
    with_faults(service, Reply(503))
    with pytest.raises(ServiceError, match="the registry answered 503"):
        service.session().send("POST", "a/b", "blobs/uploads/", (202,))


def test_a_read_that_is_denied_is_sent_once(service: Service) -> None:
    requests = []

    def deny(_answer: Answer, request: Request) -> Reply:
        requests.append(request.path)
        return Reply(403)

    service.disturb(deny)
    with pytest.raises(AccessDenied):
        get(service.session())
    assert len(requests) == 1
