"""What ends a drill, the tests or the linters early."""

from __future__ import annotations


class UnknownScenario(Exception):
    """There is no scenario of that name; the message lists the scenarios."""


class Failed(Exception):
    """A program ended with another exit code than expected, or a step is refused here."""
