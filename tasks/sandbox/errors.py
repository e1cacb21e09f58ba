"""What ends a drill, the tests or the linters early."""

from __future__ import annotations


class BadOption(Exception):
    """An option was refused; the message, or the program that refused it, says why."""


class Failed(Exception):
    """A program ended with another exit code than expected, or a step is refused here."""
