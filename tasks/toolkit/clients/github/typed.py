"""Commands of gh that an advice offers to type."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.shell import join

LOGIN_FIRST = "after `gh auth login`"


@dataclass(frozen=True)
class TypedGh:
    """gh for the repository `slug`, as a person types it.

    It does not read .env: with a token that is only there, it has no login of its own.
    """

    slug: str
    has_login: bool = True

    def advice(self, purpose: str, *words: str) -> str:
        """Return the advice to type a command of gh for a purpose, and to log in if needed."""
        if not self.has_login:
            purpose = f"{purpose}, {LOGIN_FIRST}" if purpose else LOGIN_FIRST
        command = join(["gh", *words, "--repo", self.slug])
        return f"{purpose}: {command}" if purpose else command
