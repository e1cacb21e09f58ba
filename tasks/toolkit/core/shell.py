"""Words as a POSIX shell reads them, in a form that can be pasted from the screen."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from .printable import is_steering

UNTYPABLE = re.compile(r"[^\n -~]")


def quote(word: str) -> str:
    """Return one word of a command; what would steer a terminal is written as its bytes."""

    def as_bytes(match: re.Match[str]) -> str:
        if match[0] != "\t" and not is_steering(match[0]):  # a shell would complete after a tab
            return match[0]
        octal = "".join(f"\\{byte:03o}" for byte in _encode(match[0]))
        return f"'\"$(printf '{octal}')\"'"  # leaves the single quotes around it, and returns

    return UNTYPABLE.sub(as_bytes, shlex.quote(word))


def _encode(character: str) -> bytes:
    """Return the bytes of a character; a lone surrogate may stand for a byte that is not UTF-8."""
    if "\udc80" <= character <= "\udcff":
        return character.encode("utf-8", "surrogateescape")
    return character.encode("utf-8", "surrogatepass")


def join(words: Iterable[str]) -> str:
    """Return a command of these words."""
    return " ".join(map(quote, words))
