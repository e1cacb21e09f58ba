"""Requests to a registry: one at a time, within a limit, with the token that the registry asks for.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md and, for the tokens,
https://distribution.github.io/distribution/spec/auth/token/.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ...console.waiting import in_background
from ...core.errors import AccessDenied, ServiceError
from ...core.secret import Secret

MEBIBYTE = 1 << 20
LARGEST = 256 * MEBIBYTE


@dataclass(frozen=True)
class RegistryResponse:
    """What the registry answered, whatever the status."""

    status: int
    headers: Message
    body: bytes


class Unsupported(ServiceError):
    """The registry does not do that at all."""


class _Redirects(HTTPRedirectHandler):
    """Follow a blob's redirect to its storage without taking the credentials there."""

    def redirect_request(self, *args: Any) -> Request | None:
        request = super().redirect_request(*args)
        if request:
            request.remove_header("Authorization")
        return request


class RegistrySession:
    """Speaks to the registry at `host`; `login` is (user, token), or None to ask as anybody. `limit` is in seconds."""

    def __init__(
        self, host: str, *, plain_http: bool, login: tuple[str, Secret] | None, limit: float
    ) -> None:
        self.host, self._limit = host, limit
        self._user = login[0] if login else ""
        self._base = f"{'http' if plain_http else 'https'}://{host}"
        self._basic = (
            f"Basic {base64.b64encode(f'{login[0]}:{login[1].reveal()}'.encode()).decode()}"
            if login
            else ""
        )
        self._tokens: dict[tuple[str, ...], str] = {}
        self._opener = build_opener(_Redirects)

    def send(
        self,
        method: str,
        repository: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        source: str = "",
    ) -> RegistryResponse:
        """Ask, with a token for what the method needs if one is asked for, and for reading the repository `source` if there is one.

        `path` is below the repository, or a Location that the registry gave. Raises ServiceError when there is no answer.
        """
        scopes = _scopes(repository, _actions(method), source)
        url = (
            path
            if "://" in path
            else f"{self._base}{path}"
            if path.startswith("/")
            else f"{self._base}/v2/{repository}/{path}"
        )
        ours = urlsplit(url).netloc == self.host  # nobody else gets the token
        answer = self._ask(
            method, url, headers or {}, body, self._tokens.get(scopes, "") if ours else ""
        )
        if answer.status == 401 and ours:
            challenge = answer.headers.get("WWW-Authenticate", "")
            token = self._tokens[scopes] = self._authorization(
                challenge, f"{self.host}/{repository}", scopes
            )
            answer = self._ask(method, url, headers or {}, body, token)
        return answer

    def curl(self, method: str, repository: str, path: str, *more: str, source: str = "") -> str:
        """Return the shell command that asks the same; in it the shell's own printf gives curl the token, which is in no argument."""
        login = f'printf "user = %s:%s" {shlex.quote(self._user)} "$(gh auth token)"'
        challenge = self._ask(
            "GET", f"{self._base}/v2/{repository}/tags/list", {}, None, ""
        ).headers.get("WWW-Authenticate", "")
        if challenge.lower().startswith("bearer"):
            url = shlex.quote(_token_url(challenge, _scopes(repository, _actions(method), source)))
            token = f"""{login} | curl --config - --fail --silent {url} | sed -E 's/.*"token": *"([^"]*)".*/\\1/'"""
            login = f"""printf 'header = "Authorization: Bearer %s"' "$({token})\""""
        words = [f"--request {method}", *more, f'"{self._base}/v2/{repository}/{path}"']
        return f"{login} | curl --config - --fail --silent --show-error {' '.join(words)}"

    def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        authorization: str,
    ) -> RegistryResponse:
        """Ask once. The limit is that of the whole answer: a socket's own counts anew with every byte that drips in."""
        given = {**headers, **({"Authorization": authorization} if authorization else {})}

        def asked() -> RegistryResponse:
            request = Request(url, data=body, headers=given, method=method)  # noqa: S310 - http or https, as the settings say
            try:
                with self._opener.open(request, timeout=self._limit) as answer:
                    return RegistryResponse(answer.status, answer.headers, answer.read(LARGEST))
            except HTTPError as error:
                return RegistryResponse(error.code, error.headers, error.read(MEBIBYTE))

        try:
            return in_background(asked).result(self._limit)
        except (URLError, HTTPException, OSError, ValueError) as error:
            reason = (
                getattr(error, "reason", error)
                if str(error)
                else f"no whole answer within {self._limit:g} s"
            )
            raise ServiceError(
                f"{self.host} could not be asked ({reason})",
                "check the network, REGISTRY and PLAIN_HTTP, then run it again",
            ) from error

    def _authorization(self, challenge: str, what: str, scopes: tuple[str, ...]) -> str:
        """Answer a 401's challenge: with Basic, or with a token from the realm that it names."""
        if not challenge.lower().startswith("bearer"):
            if not self._basic:
                raise self.error(RegistryResponse(401, Message(), b""), what)
            return self._basic
        answer = self._ask("GET", _token_url(challenge, scopes), {}, None, self._basic)
        if answer.status != 200:
            raise self.error(answer, what)
        token = self.parsed(answer, what)
        return f"Bearer {token.get('token') or token.get('access_token')}"

    def parsed(self, answer: RegistryResponse, what: str) -> dict[str, Any]:
        """Return the JSON of an answer about `what`. Raises ServiceError when it is none."""
        try:
            said = json.loads(answer.body)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise ServiceError(
                f"{what}: the registry answered what cannot be understood",
                "run the same command again in a minute",
            )
        return said

    def error(self, answer: RegistryResponse, what: str) -> ServiceError:
        """Return the error that an answer about `what` means."""
        try:
            reason = ", ".join(
                error.get("message") or error.get("code", "")
                for error in json.loads(answer.body)["errors"]
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            reason = ""
        told = f"{what}: the registry answered {answer.status}{f' ({reason})' if reason else ''}"
        if answer.status in (401, 403):
            advice = (
                "the token was refused"
                if self._basic
                else "it may not be read without a login: make the package public"
            )
            return AccessDenied(told, advice)
        if answer.status == 405:
            return Unsupported(told, "this registry does not do that")
        return ServiceError(told, "run the same command again in a minute")


def _actions(method: str) -> str:
    return (
        "pull"
        if method in ("GET", "HEAD")
        else "pull,push,delete"
        if method == "DELETE"
        else "pull,push"
    )


def _scopes(repository: str, actions: str, source: str) -> tuple[str, ...]:
    return (f"repository:{repository}:{actions}", *[f"repository:{source}:pull"] * bool(source))


def _token_url(challenge: str, scopes: tuple[str, ...]) -> str:
    said = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    return f"{said.get('realm', '')}?{urlencode([('service', said.get('service', '')), *(('scope', scope) for scope in scopes)])}"
