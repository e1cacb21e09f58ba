"""Where the login may go: to the registry, and to a token service of its own."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.registry.trust import Origin
from tasks.toolkit.core.errors import ServiceError


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        ("https://ghcr.io", "https://ghcr.io/token"),
        ("https://ghcr.io", "https://GHCR.io:443/token"),
        ("https://registry-1.docker.io", "https://auth.docker.io/token"),
        ("https://registry.gitlab.com", "https://gitlab.com/jwt/auth"),
        ("https://registry.example.co.uk", "https://auth.example.co.uk/"),
        ("https://registry.example.com:5000", "https://registry.example.com:5001/auth"),
        ("https://127.0.0.1:5000", "https://127.0.0.1:5001/auth"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000/token"),
        ("http://127.0.0.1:5000", "https://127.0.0.1:5443/token"),
        ("http://[::1]:5000", "http://[::1]:5000/token"),
        ("http://my_registry:5000", "http://my_registry:5000/token"),
    ],
)
def test_the_login_goes_to_the_registrys_own_token_service(registry: str, realm: str) -> None:
    Origin.of(registry).ensure_token_service(realm)


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        ("https://ghcr.io", "http://ghcr.io/token"),
        ("https://ghcr.io", "https://evilghcr.io/token"),
        ("https://ghcr.io", "https://ghcr.io.evil.example/token"),
        ("https://ghcr.io", "https://ghcr.io@evil.example/token"),
        ("https://ghcr.io", "https://evil.example/ghcr.io/token"),
        ("https://ghcr.io", r"https://evil.example\.ghcr.io/token"),
        ("https://ghcr.io", "https://evil.example#.ghcr.io/token"),
        ("https://ghcr.io", "https://evil.example\t.ghcr.io/token"),
        ("https://ghcr.io", "https://ghcr.\u0131o/token"),
        ("https://ghcr.io", "https://user:word@ghcr.io/token"),
        ("https://ghcr.io", "https://io/token"),
        ("https://ghcr.io", "file:///etc/passwd"),
        ("https://ghcr.io", "http+unix://%2Fvar%2Frun%2Fdocker.sock/token"),
        ("https://ghcr.io", "/token"),
        ("https://ghcr.io", ""),
        ("https://us.gcr.io", "https://eu.gcr.io/token"),
        ("https://a.azurecr.io", "https://b.azurecr.io/token"),
        ("https://registry.example.co.uk", "https://evil.co.uk/token"),
        ("https://10.1.2.3", "https://10.9.2.3/token"),
        ("http://registry.example.com", "http://auth.example.com/token"),
        ("http://127.0.0.1:5000", "http://127.0.0.2:5000/token"),
    ],
)
def test_the_login_goes_nowhere_else_and_the_refusal_says_where(registry: str, realm: str) -> None:
    with pytest.raises(ServiceError) as caught:
        Origin.of(registry).ensure_token_service(realm)
    assert ascii(realm) in caught.value.what
    assert caught.value.what.isprintable()


def test_an_address_is_followed_to_another_host_but_not_from_https_to_http() -> None:
    registry = Origin.of("https://ghcr.io")
    registry.ensure_no_downgrade("https://pkg-containers.githubusercontent.com/blob?sig=a%2Fb")
    with pytest.raises(ServiceError, match=r"leads to 'http://ghcr\.io/v2/', without TLS: refused"):
        registry.ensure_no_downgrade("http://ghcr.io/v2/")
    Origin.of("http://127.0.0.1:5000").ensure_no_downgrade("http://127.0.0.1:5001/v2/")
