"""Access to the registry by tokens, as GHCR grants it.

https://distribution.github.io/distribution/spec/auth/token/
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping, Set
from dataclasses import dataclass

from ..server import Reply, Request


class RegistryError(Exception):
    """An error of the OCI distribution specification, with the reply that reports it."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.reply = Reply(status, {"errors": [{"code": code, "message": message}]}, headers or {})


@dataclass(frozen=True)
class Token:
    """The permitted actions by repository; `password` is empty without a login."""

    password: str
    actions: Mapping[str, Set[str]]


class AccessControl:
    """Issue tokens and check them. Without `passwords`, everybody may do everything.

    `private` repositories need a login to be read; `readonly` passwords cannot push.
    """

    def __init__(self, host: str, passwords: Set[str] | None) -> None:
        self.host = host
        self.passwords = passwords
        self.private = set[str]()
        self.readonly = set[str]()
        self._tokens = dict[str, Token]()

    def check_login(self, request: Request) -> Reply:
        """Answer /v2/, where clients ask how to log in. Raises RegistryError."""
        if self.passwords is None or self._token(request) or self._password(request):
            return Reply(200, {})
        raise self._challenge("user/image:pull")  # the name that GHCR uses here

    def issue_token(self, request: Request) -> Reply:
        """Answer /token with a token for the permitted part of the scopes. Raises RegistryError."""
        if request.method != "GET":  # as in GHCR: clients that try OAuth's POST then use GET
            raise RegistryError(405, "UNSUPPORTED", "the operation is unsupported")
        password = self._password(request)
        permitted = {"pull", "push"} if password else {"pull"}
        actions = dict[str, set[str]]()
        scopes = re.findall(r"repository:(\S+):(\S+)", request.query.get("scope", ""))
        for name, wanted in scopes:
            if name in self.private and not password:
                raise RegistryError(401, "UNAUTHORIZED", "authentication required")
            actions[name] = permitted.intersection(wanted.split(","))
        value = secrets.token_urlsafe()
        self._tokens[f"Bearer {value}"] = Token(password, actions)
        return Reply(200, {"token": value})

    def require(
        self,
        request: Request,
        name: str,
        action: str,
    ) -> None:
        """Check that a request may "pull" from or "push" to a repository. Raises RegistryError."""
        if not self.permits(request, name, action):
            scope = "pull" if action == "pull" else "pull,push"
            raise self._challenge(f"{name}:{scope}")
        token = self._token(request)
        if action == "push" and token and token.password in self.readonly:
            raise RegistryError(403, "DENIED", "permission_denied: write_package")

    def permits(
        self,
        request: Request,
        name: str,
        action: str,
    ) -> bool:
        """Tell whether the request's token permits an action in a repository."""
        if self.passwords is None:
            return True
        token = self._token(request)
        if not token or (name in self.private and not token.password):
            return False
        return action in token.actions.get(name, set())

    def _token(self, request: Request) -> Token | None:
        return self._tokens.get(request.headers.get("authorization", ""))

    def _password(self, request: Request) -> str:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or self.passwords is None:
            return ""
        login = base64.b64decode(value + "==").decode(errors="replace")
        password = login.partition(":")[2]
        if password not in self.passwords:
            raise RegistryError(403, "DENIED", "denied")
        return password

    def _challenge(self, scope: str) -> RegistryError:
        service = f'realm="http://{self.host}/token",service="{self.host}"'
        headers = {"WWW-Authenticate": f'Bearer {service},scope="repository:{scope}"'}
        return RegistryError(401, "UNAUTHORIZED", "authentication required", headers)
