"""The scopes of a token, which GitHub names for classic tokens and for the login of gh.

https://docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
"""

from __future__ import annotations

import re
import threading

from ...core.errors import ProgramMissing, RecipeError
from .gh import Gh

IMPLYING = {  # scopes that include another; `public_repo` is enough for a public repository
    "repo": {"repo", "public_repo"},
}


class TokenScopes:
    """The scopes of the token of `gh`; GitHub is asked once, when they are first needed."""

    def __init__(self, gh: Gh) -> None:
        self._gh = gh
        self._lock = threading.Lock()
        self._is_asked = False
        self._granted: frozenset[str] | None = None

    def granted(self) -> frozenset[str] | None:
        """Return the scopes, or None if they are unknown: no answer, or a fine-grained token."""
        with self._lock:
            if not self._is_asked:
                self._granted = self._ask()
                self._is_asked = True
            return self._granted

    def learn(self, granted: frozenset[str] | None) -> None:
        """Take what another request has answered as the scopes."""
        with self._lock:
            self._granted = granted
            self._is_asked = True

    def lacks(self, scope: str) -> bool:
        """Return whether the token certainly lacks a scope."""
        granted = self.granted()
        if granted is None:
            return False
        sufficient = IMPLYING.get(scope, {scope})
        return granted.isdisjoint(sufficient)

    def _ask(self) -> frozenset[str] | None:
        argv = ["api", "--include", "--silent", "/"]
        try:
            printed = self._gh.program.read(*argv).stdout
        except ProgramMissing:
            raise
        except RecipeError:  # the step itself explains why GitHub does not answer
            return None
        return parse_scopes(printed)


def parse_scopes(headers: str) -> frozenset[str] | None:
    """Return the scopes in the headers of an answer, or None without any.

    gh too takes an empty list for a token that has no scopes but permissions.
    """
    listed = re.search(r"^X-OAuth-Scopes:(.*)$", headers, re.IGNORECASE | re.MULTILINE)
    if not listed:
        return None
    names = listed[1].split(",")
    scopes = {name.strip() for name in names}
    scopes.discard("")
    return frozenset(scopes) or None
