"""Requests to one registry, with the tokens that it asks for.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md and, for the tokens,
https://distribution.github.io/distribution/spec/auth/token/.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from ...core.errors import AccessDenied, ServiceError
from ...core.secret import Secret
from .connections import Connections, RegistryResponse

__all__ = ["RegistryResponse", "RegistrySession", "Unsupported"]
TRY_AGAIN = "run the same command again in a minute"
LOGIN_ADVICE = (
    "it is invalid or lacks write:packages; in Actions, grant this repository access under"
    " Package settings, Manage Actions access"
)
CHALLENGE = "www-authenticate"
SCOPES = {"GET": "pull", "HEAD": "pull", "DELETE": "pull,push,delete"}  # else "pull,push"


class Unsupported(ServiceError):
    """The registry does not support the operation."""


class RegistrySession:
    """A session with the registry at `host`, for any thread: tokens and connections are used again.

    `login` is (user, token), or None for anonymous access. `limit`, in seconds, bounds each answer.
    """

    def __init__(
        self,
        host: str,
        plain_http: bool,
        login: tuple[str, Secret] | None,
        limit: float,
    ) -> None:
        self.host = host
        self.user = login[0] if login else ""
        scheme = "http" if plain_http else "https"
        self._base = f"{scheme}://{host}"
        self._basic = _basic_authorization(*login) if login else ""
        self._tokens: dict[str, str] = {}  # Authorization headers by scopes
        self._connections = Connections(host, limit)

    def send(
        self,
        method: str,
        repository: str,
        path: str,
        expected: Collection[int],
        *,
        what: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        source: str = "",
    ) -> RegistryResponse:
        """Send a request about `what`, with a token if the registry asks for one.

        `path` is below the repository, or a Location that the registry gave. `source` is another
        repository that is read. Raises AccessDenied, Unsupported, or ServiceError if the status is
        not one of `expected`.
        """
        what = what or f"{self.host}/{repository}"
        url = self.url(repository, path)
        scopes = encode_scopes(method, repository, source)
        is_ours = _host_of(url) == self.host  # no other host gets the token
        token = self._tokens.get(scopes, "") if is_ours else ""
        response = self._request(method, url, headers, body, token)
        if response.status == 401 and is_ours:
            token = self._authorize(response.headers.get(CHALLENGE, ""), scopes, what)
            self._tokens[scopes] = token
            response = self._request(method, url, headers, body, token)
        if response.status not in expected:
            raise self._error(response, what)
        return response

    def url(self, repository: str, path: str) -> str:
        """Return the URL of a path below the repository, or of a Location."""
        if "://" in path:
            return path
        if path.startswith("/"):
            return f"{self._base}{path}"
        return f"{self._base}/v2/{repository}/{path}"

    def challenge(self, repository: str) -> str:
        """Return how the registry asks for a login, or "" if it does not. Raises ServiceError."""
        response = self._request("GET", self.url(repository, "tags/list"))
        return response.headers.get(CHALLENGE, "")

    def _request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        authorization: str = "",
    ) -> RegistryResponse:
        sent = {**(headers or {})}
        if authorization:
            sent["Authorization"] = authorization
        return self._connections.request(method, url, sent, body)

    def _authorize(
        self,
        challenge: str,
        scopes: str,
        what: str,
    ) -> str:
        """Return the Authorization header that answers a challenge. Raises ServiceError."""
        if not challenge.lower().startswith("bearer"):
            if not self._basic:
                raise self._error(RegistryResponse(401, {}, b""), what)
            return self._basic
        url = token_url(challenge, scopes)
        response = self._request("GET", url, authorization=self._basic)
        if response.status != 200:
            raise self._error(response, what)
        answer = parse_json(response, what)
        return f"Bearer {answer.get('token') or answer.get('access_token')}"

    def _error(self, response: RegistryResponse, what: str) -> ServiceError:
        answer = f"{response.status}{_reason(response.body)}"
        if response.status in (401, 403) and self._basic:
            return AccessDenied(f"{what}: the registry refused the token: {answer}", LOGIN_ADVICE)
        message = f"{what}: the registry answered {answer}"
        if response.status in (401, 403):
            return AccessDenied(message, "it needs a login: make the package public")
        if response.status == 405:
            return Unsupported(message, "this registry does not support that")
        return ServiceError(message, TRY_AGAIN)


def parse_json(response: RegistryResponse, what: str) -> dict[str, Any]:
    """Return the JSON object of an answer about `what`. Raises ServiceError."""
    try:
        answer = json.loads(response.body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ServiceError(f"{what}: the registry's answer is not a JSON object", TRY_AGAIN)
    return answer


def _basic_authorization(user: str, token: Secret) -> str:
    login = f"{user}:{token.reveal()}".encode()
    return f"Basic {base64.b64encode(login).decode()}"


def _host_of(url: str) -> str:
    match = re.match(r"\w+://([^/?#]*)", url)
    return match[1] if match else ""


def _reason(body: bytes) -> str:
    """Return the messages of an error's body in parentheses, or "" if it has none."""
    try:
        errors = json.loads(body)["errors"]
        messages = [error.get("message") or error.get("code", "") for error in errors]
        reason = " ".join(", ".join(messages).split())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return f" ({reason})" if reason else ""


def encode_scopes(method: str, repository: str, source: str = "") -> str:
    """Return, as a query, the scopes of a request; `source` is another repository that is read."""
    actions = SCOPES.get(method, "pull,push")
    scopes = [("scope", f"repository:{repository}:{actions}")]
    if source:
        scopes.append(("scope", f"repository:{source}:pull"))
    return urlencode(scopes)


def token_url(challenge: str, scopes: str) -> str:
    """Return the URL at which a Bearer challenge says that a token is issued."""
    parameters = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    service = urlencode({"service": parameters.get("service", "")})
    return f"{parameters.get('realm', '')}?{service}&{scopes}"
