"""What is redrawn on a terminal, by rich: a status line, or a table that is watched."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text as RichText

from .styled import Text


class RedrawingConsole(Console):
    """A stream on which rich redraws lines; what is printed meanwhile goes above them."""

    def __init__(self, *, stderr: bool) -> None:
        super().__init__(highlight=False, soft_wrap=True, stderr=stderr)

    def on_broken_pipe(self) -> None:
        """Raise, where rich would exit with 1, which means that a check failed."""
        raise BrokenPipeError


def as_rich(text: Text) -> RichText:
    """Return text as rich takes it."""
    return RichText.assemble(*text.parts)
