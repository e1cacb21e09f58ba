"""Access to the registry by tokens, as GHCR grants it.

https://distribution.github.io/distribution/spec/auth/token/
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

from ..server import Reply, Request
from .replies import RegistryError

SCOPE = re.compile(r"repository:(\S+):(\S+)")


@dataclass(frozen=True)
class Token:
    """The permitted actions by repository; `password` is empty without a login."""

    password: str
    actions: Mapping[str, Set[str]]


class AccessControl:
    """Issue tokens and check them. Without `passwords`, everybody may do everything.

    `private` repositories need a login to be read; `readonly` passwords cannot push. With
    `hides_absent`, who has no login is denied a repository without `tags`.
    """

    def __init__(
        self,
        host: str,
        passwords: Set[str] | None,
        tags: Callable[[str], object],
    ) -> None:
        self.host = host
        self.passwords = passwords
        self.hides_absent = False
        self._tags = tags
        self.private = set[str]()
        self.readonly = set[str]()
        self._tokens = dict[str, Token]()

    def act_as_ghcr(self) -> None:
        """Have the name of GHCR, and deny who has no login what does not exist."""
        self.host = "ghcr.io"
        self.hides_absent = True

    @property
    def is_open(self) -> bool:
        """Whether everybody may do everything."""
        return self.passwords is None

    def check_login(self, request: Request) -> Reply:
        """Answer /v2/, where clients ask how to log in. Raises RegistryError."""
        is_permitted = self.is_open or self._token(request) or self._password(request)
        if is_permitted:
            return Reply(200, {})
        raise self._challenge(request, "user/image:pull")  # the name that GHCR uses here

    def issue_token(self, request: Request) -> Reply:
        """Answer /token with a token for the permitted part of the scopes. Raises RegistryError."""
        if request.method != "GET":  # as in GHCR: clients that try OAuth's POST then use GET
            raise RegistryError("UNSUPPORTED")
        password = self._password(request)
        permitted = {"pull", "push"} if password else {"pull"}
        actions = {}
        scopes = request.query.get("scope", "")
        for name, wanted in SCOPE.findall(scopes):
            if name in self.private and not password:
                raise RegistryError("UNAUTHORIZED")
            if self.hides_absent and not password and not self._tags(name):
                raise RegistryError("DENIED", "requested access to the resource is denied")
            asked = wanted.split(",")
            actions[name] = permitted.intersection(asked)
        value = secrets.token_urlsafe()
        token = Token(password, actions)
        self._tokens[f"Bearer {value}"] = token
        return Reply(200, {"token": value})

    def expire_tokens(self) -> None:
        """Let every token expire that was issued so far."""
        self._tokens.clear()

    def require(
        self,
        request: Request,
        name: str,
        action: str,
    ) -> None:
        """Check that a request may "pull" from or "push" to a repository. Raises RegistryError."""
        if not self.permits(request, name, action):
            scope = "pull" if action == "pull" else "pull,push"
            raise self._challenge(request, f"{name}:{scope}")
        token = self._token(request)
        is_readonly = token is not None and token.password in self.readonly
        if action == "push" and is_readonly:
            raise RegistryError("DENIED", "permission_denied: write_package")

    def permits(
        self,
        request: Request,
        name: str,
        action: str,
    ) -> bool:
        """Tell whether the request's token permits an action in a repository."""
        if self.is_open:
            return True
        token = self._token(request)
        if not token:
            return False
        if name in self.private and not token.password:
            return False
        return action in token.actions.get(name, ())

    def _token(self, request: Request) -> Token | None:
        authorization = request.headers.get("authorization", "")
        return self._tokens.get(authorization)

    def _password(self, request: Request) -> str:
        authorization = request.headers.get("authorization", "")
        scheme, _, value = authorization.partition(" ")
        if self.passwords is None or scheme != "Basic":
            return ""
        decoded = base64.b64decode(value + "==")
        login = decoded.decode(errors="replace")
        _, _, password = login.partition(":")
        if password not in self.passwords:
            raise RegistryError("DENIED")
        return password

    def _challenge(self, request: Request, scope: str) -> RegistryError:
        scheme = request.headers.get("x-forwarded-proto", "http")
        parameters = (
            f'realm="{scheme}://{self.host}/token"',
            f'service="{self.host}"',
            f'scope="repository:{scope}"',
        )
        headers = {"WWW-Authenticate": f"Bearer {','.join(parameters)}"}
        return RegistryError("UNAUTHORIZED", headers=headers)
