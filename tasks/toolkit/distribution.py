"""Requests to a registry: one at a time, within a limit, with the token that the registry asks for.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md and, for the tokens,
https://distribution.github.io/distribution/spec/auth/token/.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from .errors import AccessDenied, ServiceError
from .secret import Secret

MEBIBYTE = 1 << 20
LARGEST = 256 * MEBIBYTE


@dataclass(frozen=True)
class Answer:
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


class Connection:
    """Speaks to the registry at `host`; `login` is (user, token), or None to ask as anybody. `limit` is in seconds.

    In a dry run, what changes something is handed to `plan` as a shell command instead.
    """

    def __init__(
        self, host: str, *, plain_http: bool, login: tuple[str, Secret] | None, limit: float, plan: Callable[[str], None] | None = None
    ) -> None:
        self.host, self._limit, self._plan = host, limit, plan
        self._user = login[0] if login else ""
        self._base = f"{'http' if plain_http else 'https'}://{host}"
        self._basic = f"Basic {base64.b64encode(f'{login[0]}:{login[1].reveal()}'.encode()).decode()}" if login else ""
        self._tokens: dict[tuple[str, str], str] = {}
        self._opener = build_opener(_Redirects)

    def send(
        self, method: str, repository: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Ask, with a token for reading or for writing if one is asked for. Raises ServiceError when there is no answer."""
        actions = "pull" if method in ("GET", "HEAD") else "pull,push,delete" if method == "DELETE" else "pull,push"
        url = path if "://" in path else f"{self._base}{path}" if path.startswith("/") else f"{self._base}/v2/{repository}/{path}"
        answer = self._ask(method, url, headers or {}, body, self._tokens.get((repository, actions), ""))
        if answer.status == 401:
            token = self._tokens[repository, actions] = self._authorization(answer.headers.get("WWW-Authenticate", ""), repository, actions)
            answer = self._ask(method, url, headers or {}, body, token)
        return answer

    def change(
        self, method: str, repository: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer | None:
        """Ask for a change; a dry run plans the curl command that does so, and answers None. Raises ServiceError."""
        if not self._plan:
            return self.send(method, repository, path, headers=headers, body=body)
        url, data = shlex.quote(f"{self._base}/v2/{repository}/{path}"), [] if body is None else ["--data-binary", "@-"]
        given = [f"--header={name}: {value}" for name, value in (headers or {}).items()]
        line = f"curl --fail --silent --show-error --request {method} {shlex.join([*given, *data])} {self._credentials(repository)} {url}"
        self._plan(line if body is None else f"printf %s {shlex.quote(body.decode())} | {line}")
        return None

    def _credentials(self, repository: str) -> str:
        """Return curl's option for the login, in a form in which the shell fills in the token."""
        basic = f'--user {shlex.quote(self._user)}:"${{GITHUB_TOKEN:-$(gh auth token)}}"'
        challenge = self._ask("GET", f"{self._base}/v2/{repository}/tags/list", {}, None, "").headers.get("WWW-Authenticate", "")
        if not challenge.lower().startswith("bearer"):
            return basic
        asked = f"curl --fail --silent {basic} {shlex.quote(self._token_url(challenge, repository, 'pull,push,delete'))}"
        return f'--header "Authorization: Bearer $({asked} | sed -E \'s/.*"token": *"([^"]*)".*/\\1/\')"'

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, authorization: str) -> Answer:
        given = {**headers, **({"Authorization": authorization} if authorization else {})}
        request = Request(url, data=body, headers=given, method=method)  # noqa: S310 - http or https, as the settings say
        try:
            with self._opener.open(request, timeout=self._limit) as answer:
                return Answer(answer.status, answer.headers, answer.read(LARGEST))
        except HTTPError as error:
            return Answer(error.code, error.headers, error.read(MEBIBYTE))
        except (URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise ServiceError(
                f"{self.host} could not be asked ({reason})", "check the network, REGISTRY and PLAIN_HTTP, then run it again"
            ) from error

    def _authorization(self, challenge: str, repository: str, actions: str) -> str:
        """Answer a 401's challenge: with Basic, or with a token from the realm that it names."""
        what = f"{self.host}/{repository}"
        if not challenge.lower().startswith("bearer"):
            if not self._basic:
                raise self.error(Answer(401, Message(), b""), what)
            return self._basic
        answer = self._ask("GET", self._token_url(challenge, repository, actions), {}, None, self._basic)
        if answer.status != 200:
            raise self.error(answer, what)
        token = json.loads(answer.body)
        return f"Bearer {token.get('token') or token.get('access_token')}"

    def _token_url(self, challenge: str, repository: str, actions: str) -> str:
        said = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        return f"{said.get('realm', '')}?{urlencode({'service': said.get('service', ''), 'scope': f'repository:{repository}:{actions}'})}"

    def error(self, answer: Answer, what: str) -> ServiceError:
        """Return the error that an answer about `what` means."""
        try:
            reason = ", ".join(error.get("message") or error.get("code", "") for error in json.loads(answer.body)["errors"])
        except (ValueError, KeyError, TypeError, AttributeError):
            reason = ""
        told = f"{what}: the registry answered {answer.status}{f' ({reason})' if reason else ''}"
        if answer.status in (401, 403):
            advice = "the token was refused" if self._basic else "it may not be read without a login: make the package public"
            return AccessDenied(told, advice)
        if answer.status == 405:
            return Unsupported(told, "this registry does not do that")
        return ServiceError(told, "run the same command again in a minute")
