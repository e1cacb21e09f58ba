"""The title of a run, from the `run-name` of its workflow and the inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
# An input, or text with it in place of {0} unless it is empty. Others are left out.
INPUT = re.compile(r"inputs\.(\w+)")
FORMATTED = re.compile(r"inputs\.(\w+) && format\('([^']*)', inputs\.\1\)")


def title_of(spec: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    """Return the title of a run; nothing if its workflow does not say one."""

    def evaluate(found: re.Match[str]) -> str:
        expression = found[1]
        plain = INPUT.fullmatch(expression)
        if plain:
            return str(inputs.get(plain[1], ""))
        formatted = FORMATTED.fullmatch(expression)
        value = str(inputs.get(formatted[1], "")) if formatted else ""
        return formatted[2].replace("{0}", value) if formatted and value else ""

    return EXPRESSION.sub(evaluate, str(spec.get("run-name", "")))
