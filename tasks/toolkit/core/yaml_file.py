"""YAML that people wrote."""

from __future__ import annotations

from typing import Any

import yaml

from .errors import BadInput


class _Loader(yaml.SafeLoader):
    """Reads a date as the text that it is: `version: 2024-99-99` looks like one, and is none."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text: str | bytes) -> Any:
    """Return what a YAML text says. Raises YAMLError; ValueError and RecursionError too, for such as `!!int x`."""
    return yaml.load(text, _Loader)  # noqa: S506 - a safe one


def parsed(text: str, where: str, helper: str) -> Any:
    """Return what a YAML text says. Raises BadInput, naming `where` it stands, the line, and the `helper` that shows more."""
    try:
        return load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise BadInput(f"{where} is not YAML{line}", f"mend it; {helper} shows more") from error
