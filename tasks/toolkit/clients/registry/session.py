"""Requests to one registry, with the tokens that it asks for.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md and, for the tokens,
https://distribution.github.io/distribution/spec/auth/token/.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from urllib.parse import urlencode

from ...core.errors import ServiceError
from ...core.secret import Secret
from ..retry import Retries
from .answers import TRY_AGAIN, Unsupported, explain, parse_json
from .connections import LARGEST_ANSWER, Connections, RegistryResponse
from .reading import METHODS as READS
from .reading import read_again
from .trust import Origin

__all__ = ["RegistryResponse", "RegistrySession", "Unsupported"]
CHALLENGE = "www-authenticate"
TOKEN = re.compile(r"[!-~]+")
SCOPES = {"GET": "pull", "HEAD": "pull", "DELETE": "pull,push,delete"}  # else "pull,push"


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
        retries: Retries | None = None,
    ) -> None:
        self.host = host
        self.user = login[0] if login else ""
        scheme = "http" if plain_http else "https"
        self._base = f"{scheme}://{host}"
        self._origin = Origin.of(self._base)
        self._basic = _basic_authorization(*login) if login else ""
        self._token = _name_token(login)
        self._tokens: dict[str, str] = {}  # Authorization headers by scopes
        self._challenge = ""  # the last one: other scopes need a token too
        self._connections = Connections(host, limit)
        self._retries = retries or Retries()

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
        most_bytes: int = LARGEST_ANSWER,
    ) -> RegistryResponse:
        """Send a request about `what`, with a token if the registry asks for one.

        `path` is below the repository, or a Location that the registry gave. `source` is another
        repository that is read. Raises AccessDenied, Unsupported, or ServiceError if the status is
        not one of `expected`.
        """
        what = what or f"{self.host}/{repository}"
        url = self.url(repository, path)
        request = partial(self._request, method, url, headers, body, most_bytes)
        self._origin.ensure_no_downgrade(url)
        if Origin.of(url) == self._origin:
            scopes = encode_scopes(method, repository, source)
            response = self._send_with_token(request, scopes, what)
        else:  # no other host gets the token
            response = request("")
        if response.status not in expected:
            raise self._error(response, what)
        return response

    def _send_with_token(
        self,
        request: Callable[[str], RegistryResponse],
        scopes: str,
        what: str,
    ) -> RegistryResponse:
        if scopes not in self._tokens and self._challenge:
            self._tokens[scopes] = self._authorize(self._challenge, scopes, what)
        token = self._tokens.get(scopes, "")
        response = request(token)
        if response.status != 401:
            return response
        self._challenge = response.headers.get(CHALLENGE, "")
        token = self._authorize(self._challenge, scopes, what)
        self._tokens[scopes] = token
        return request(token)

    def url(self, repository: str, path: str) -> str:
        """Return the URL of a path below the repository, or of a Location."""
        if "://" in path:
            return path
        if path.startswith("/"):
            return f"{self._base}{path}"
        return f"{self._base}/v2/{repository}/{path}"

    def token_url(self, challenge: str, scopes: str) -> str:
        """Return the URL at which a Bearer challenge says that a token is issued.

        Raises ServiceError if the login must not go there.
        """
        parameters = dict(re.findall(r'\b(\w+)="([^"]*)"', challenge))
        realm = parameters.get("realm", "")
        self._origin.ensure_token_service(realm)
        query = urlencode({"service": parameters.get("service", "")})
        separator = "&" if "?" in realm else "?"
        return f"{realm}{separator}{query}&{scopes}"

    def challenge(self, repository: str) -> str:
        """Return how the registry asks for a login, or "" if it does not. Raises ServiceError."""
        url = self.url(repository, "tags/list")
        response = self._request("GET", url)
        return response.headers.get(CHALLENGE, "")

    def prepare(self, repository: str) -> None:
        """Get the token for the requests that read a repository. Raises ServiceError."""
        scopes = encode_scopes("GET", repository)
        self._challenge = self._challenge or self.challenge(repository)
        if self._challenge and scopes not in self._tokens:
            token = self._authorize(self._challenge, scopes, f"{self.host}/{repository}")
            self._tokens[scopes] = token

    def _request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        most_bytes: int = LARGEST_ANSWER,
        authorization: str = "",
    ) -> RegistryResponse:
        sent = dict(headers or {})
        if authorization:
            sent["Authorization"] = authorization
        send = partial(self._connections.request, method, url, sent, body, most_bytes)
        if method in READS:
            return read_again(self._retries, self.host, send)
        return send()

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
        url = self.token_url(challenge, scopes)
        response = self._request("GET", url, authorization=self._basic)
        if response.status != 200:
            raise self._error(response, what)
        answer = parse_json(response, what)
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            raise ServiceError(f"{what}: the registry's token service gave no token", TRY_AGAIN)
        return f"Bearer {token}"

    def _error(self, response: RegistryResponse, what: str) -> ServiceError:
        return explain(response, what, self._token)


def _name_token(login: tuple[str, Secret] | None) -> str:
    if not login:
        return ""
    _, token = login
    return token.origin or "the token"


def _basic_authorization(user: str, token: Secret) -> str:
    login = f"{user}:{token.reveal()}"
    encoded = base64.b64encode(login.encode())
    return f"Basic {encoded.decode()}"


def encode_scopes(method: str, repository: str, source: str = "") -> str:
    """Return, as a query, the scopes of a request; `source` is another repository that is read."""
    actions = SCOPES.get(method, "pull,push")
    scopes = [("scope", f"repository:{repository}:{actions}")]
    if source:
        scopes.append(("scope", f"repository:{source}:pull"))
    return urlencode(scopes)
