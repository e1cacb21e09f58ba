"""Who may do what in the registry: tokens, given out the way GHCR does.

https://distribution.github.io/distribution/spec/auth/token/.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping

from .server import Reply, Request


class Refused(Exception):
    """An error of the specification, raised to become the answer."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        self.reply = Reply(status, {"errors": [{"code": code, "message": message}]}, headers or {})


class Gate:
    """The token service: `users` are the passwords by name; with None, everybody may do everything.

    `private` repositories are read with a login alone; `readonly` passwords cannot push.
    """

    def __init__(self, host: str, users: Mapping[str, str] | None) -> None:
        self.host, self.users = host, users
        self.private, self.readonly = set[str](), set[str]()
        self._tokens = dict[str, tuple[str, dict[str, set[str]]]]()  # by header: whose password or "", and what it allows where

    def greet(self, request: Request) -> Reply:
        """Answer /v2/, where clients ask how to log in. Raises Refused."""
        if self.users is not None and not self._password(request) and request.headers.get("authorization") not in self._tokens:
            raise self._challenge("user/image:pull")  # GHCR asks for this name here
        return Reply(200, {})

    def issue(self, request: Request) -> Reply:
        """Answer /token: a token for the scopes asked for that this login may have. Raises Refused."""
        if request.method != "GET":  # GHCR knows no OAuth: clients that try its POST fall back on GET
            raise Refused(405, "UNSUPPORTED", "the operation is unsupported")
        password, allowed = self._password(request), dict[str, set[str]]()
        for name, actions in re.findall(r"repository:(\S+):(\S+)", request.query.get("scope", "")):
            if name in self.private and not password:
                raise Refused(401, "UNAUTHORIZED", "authentication required")
            allowed[name] = set(actions.split(",")) & ({"pull", "push"} if password else {"pull"})
        token = secrets.token_urlsafe()
        self._tokens[f"Bearer {token}"] = password, allowed
        return Reply(200, {"token": token})

    def admit(self, request: Request, name: str, action: str) -> None:
        """Let a request pass that may `action` ("pull" or "push") in the repository. Raises Refused."""
        password, allowed = self._rights(request, name)
        if action not in allowed:
            raise self._challenge(f"{name}:{'pull' if action == 'pull' else 'pull,push'}")
        if action == "push" and password in self.readonly:
            raise Refused(403, "DENIED", "permission_denied: write_package")

    def may_pull(self, request: Request, name: str) -> bool:
        """Tell whether the request's token covers reading the repository, as a mount from it needs."""
        return "pull" in self._rights(request, name)[1]

    def _password(self, request: Request) -> str:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or self.users is None:
            return ""
        password = base64.b64decode(value + "==").decode(errors="replace").partition(":")[2]
        if password not in self.users.values():
            raise Refused(403, "DENIED", "denied")
        return password

    def _challenge(self, scope: str) -> Refused:
        realm = f'Bearer realm="http://{self.host}/token",service="{self.host}",scope="repository:{scope}"'
        return Refused(401, "UNAUTHORIZED", "authentication required", {"WWW-Authenticate": realm})

    def _rights(self, request: Request, name: str) -> tuple[str, set[str]]:
        """Return the password behind the request's token, and what the token allows in the repository."""
        if self.users is None:
            return "", {"pull", "push"}
        password, allowed = self._tokens.get(request.headers.get("authorization", ""), ("", {}))
        return password, allowed.get(name, set()) if password or name not in self.private else set()
