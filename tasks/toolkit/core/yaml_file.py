"""YAML that people wrote: read within limits, since it may be anybody's."""

from __future__ import annotations

import threading
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from .errors import BadInput

MOST_TEXT = 1 << 20  # characters
MOST_CONTENT = 2 * MOST_TEXT  # characters, what its aliases repeat included
PER_VALUE = 40  # added to the characters of each value: many short ones are large too
LONGEST_KEPT = 1 << 16  # characters of a text whose value is kept
MOST_KEPT = 32  # such texts
LONGEST_NUMBER = 100  # digits
NUMBERS = (":int", ":float")


class TooLarge(yaml.YAMLError):
    """A text beyond the limits; the message says which."""


class _Loader(yaml.SafeLoader):
    """Load a date as text: `version: 2024-99-99` looks like a date and is none.

    An alias counts as what it repeats: https://en.wikipedia.org/wiki/Billion_laughs_attack
    """

    def __init__(self, text: str | bytes) -> None:
        super().__init__(text)
        self._content = 0
        self._content_of: dict[yaml.Node, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        before = self._content
        is_alias = self.check_event(yaml.AliasEvent)
        node = super().compose_node(parent, index)
        if node is None:
            return None
        if is_alias:
            # What is not complete yet contains itself.
            self._content += self._content_of.get(node, MOST_CONTENT)
        else:
            self._content += PER_VALUE + _length(node)
            self._content_of[node] = self._content - before
        if self._content > MOST_CONTENT:
            raise TooLarge(f"has more than {MOST_CONTENT >> 20} MiB of values, aliases included")
        return node


def _length(node: yaml.Node) -> int:
    """Return the characters of a scalar, 0 for others. Raises TooLarge for a long number."""
    if not isinstance(node, yaml.ScalarNode):
        return 0
    length = len(node.value)
    if length > LONGEST_NUMBER and node.tag.endswith(NUMBERS):
        raise TooLarge(f"has a number of more than {LONGEST_NUMBER} digits")
    return length


_Loader.yaml_implicit_resolvers = {}
for _first, _resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items():
    _Loader.yaml_implicit_resolvers[_first] = [
        (tag, pattern) for tag, pattern in _resolvers if not tag.endswith(":timestamp")
    ]


def read_yaml_text(file: Path) -> str:
    """Return the text of a file, no more of it than shows that it is too large. Raises OSError."""
    with file.open(encoding="utf-8", errors="replace") as stream:
        return stream.read(MOST_TEXT + 1)


def load_yaml(text: str | bytes) -> Any:
    """Return the value of a YAML text. Raises YAMLError, TooLarge for one beyond the limits.

    Parsing takes several milliseconds, and a command reads its few files again and again.
    """
    if len(text) > MOST_TEXT:
        raise TooLarge(f"has more than {MOST_TEXT >> 20} MiB")
    try:
        if len(text) > LONGEST_KEPT:
            return _parse(text)
        with _parsing:
            value = _kept(text)
        return deepcopy(value)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise yaml.YAMLError(f"a value is not of its type ({error})") from error  # `!!int x`
    except RecursionError as error:
        raise TooLarge("is nested too deeply") from error


def _parse(text: str | bytes) -> Any:
    return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader


_kept = lru_cache(MOST_KEPT)(_parse)
_parsing = threading.Lock()  # who wants the same text waits for the one who parses it


def parse_yaml(text: str, where: str, helper: str) -> Any:
    """Return the value of a YAML text.

    Raises BadInput that says `where` the text is, the line, and which command (`helper`) says more.
    """
    try:
        return load_yaml(text)
    except TooLarge as error:
        raise BadInput(f"{where} {error}", f"make it smaller; {helper} says more") from error
    except yaml.YAMLError as error:
        what = f"{where} is not YAML"
        mark = getattr(error, "problem_mark", None)
        if mark:
            what += f", line {mark.line + 1}"
        raise BadInput(what, f"fix it; {helper} says more") from error
