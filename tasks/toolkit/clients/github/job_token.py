"""Whether the token is the GITHUB_TOKEN of a job of GitHub Actions, which may do less than others.

https://docs.github.com/actions/concepts/security/github_token
"""

from __future__ import annotations

import threading

from ...core.errors import RecipeError
from ...core.secret import Secret
from .gh import Gh

# Of the installations of GitHub Apps, Actions among them. What follows has no fixed length.
PREFIX = "ghs_"
BOT = "github-actions[bot]"
QUERY = "query Viewer { viewer { login } }"


class JobToken:
    """Tells whether `token` is a job's; GitHub is asked once, and only about one that may be."""

    def __init__(self, gh: Gh, token: Secret) -> None:
        self._gh = gh
        self._is_installation = token.reveal().startswith(PREFIX)
        self._lock = threading.Lock()
        self._viewer: str | None = None

    @property
    def is_used(self) -> bool:
        """Whether the token is certainly that of a job; that of another GitHub App is not."""
        if not self._is_installation:
            return False
        with self._lock:
            if self._viewer is None:
                self._viewer = self._ask()
            return self._viewer == BOT

    def learn(self, viewer: str) -> None:
        """Take what another query has answered as the login of the token."""
        with self._lock:
            self._viewer = viewer

    def _ask(self) -> str:
        """Return the login of the token; nothing if GitHub does not tell."""
        try:
            argv = ["api", "graphql", f"-fquery={QUERY}", "--jq=.data.viewer.login"]
            return self._gh.program.text(*argv)
        except RecipeError:  # the step itself explains why GitHub does not answer
            return ""
