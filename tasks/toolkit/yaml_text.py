"""YAML that people wrote."""

from __future__ import annotations

from typing import Any

import yaml

from .errors import BadInput


def parsed(text: str, where: str, helper: str) -> Any:
    """Return what a YAML text says. Raises BadInput, naming `where` it stands, the line, and the `helper` that shows more."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise BadInput(f"{where} is not YAML{line}", f"mend it; {helper} shows more") from error
