"""Expressions in workflow files.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from typing import Any

OPERATORS = {  # those that bind loosest come first
    "||": lambda left, right: left or right,
    "&&": lambda left, right: left and right,
    "==": operator.eq,
    "!=": operator.ne,
}


def evaluate(text: str, context: Mapping[str, Any]) -> Any:
    """Return the value of an expression. Raises ValueError for a function."""
    for sign, combine in OPERATORS.items():
        left, found, right = text.partition(sign)
        if found:
            left_value = evaluate(left, context)
            right_value = evaluate(right, context)
            return combine(left_value, right_value)
    return _operand(text.strip(), context)


def _operand(text: str, context: Any) -> Any:
    if text.startswith("'"):
        return text[1:-1]
    if "(" in text:
        raise ValueError(f"functions are not supported: {text}")
    for name in text.split("."):
        if not isinstance(context, Mapping):
            return ""
        context = context.get(name, "")
    return context


def interpolate(value: Any, context: Mapping[str, Any]) -> str:
    """Return a value as text, each `${{ }}` in it replaced; booleans are spelled as in YAML."""
    if isinstance(value, bool):
        return str(value).lower()

    def replace(match: re.Match[str]) -> str:
        result = evaluate(match[1], context)
        return interpolate(result, {})

    return re.sub(r"\$\{\{(.*?)\}\}", replace, str(value))
