"""YAML that people wrote."""

from __future__ import annotations

from typing import Any

import yaml

from .errors import BadInput


class _Loader(yaml.SafeLoader):
    """Load a date as text: `version: 2024-99-99` looks like a date and is none."""


_Loader.yaml_implicit_resolvers = {}
for _first, _resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items():
    _Loader.yaml_implicit_resolvers[_first] = [
        (tag, pattern) for tag, pattern in _resolvers if not tag.endswith(":timestamp")
    ]


def load_yaml(text: str | bytes) -> Any:
    """Return the value of a YAML text.

    Raises YAMLError, or for a text such as `!!int x` ValueError or RecursionError.
    """
    return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader


def parse_yaml(text: str, where: str, helper: str) -> Any:
    """Return the value of a YAML text.

    Raises BadInput that says `where` the text is, the line, and which command (`helper`) says more.
    """
    try:
        return load_yaml(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = f"{where} is not YAML"
        mark = getattr(error, "problem_mark", None)
        if mark:
            what += f", line {mark.line + 1}"
        raise BadInput(what, f"fix it; {helper} says more") from error
