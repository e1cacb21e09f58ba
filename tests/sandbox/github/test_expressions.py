"""Expressions have the values that GitHub Actions gives them."""

from __future__ import annotations

import pytest

from tasks.sandbox.github.expressions import evaluate, interpolate

CONTEXT = {
    "inputs": {"version": "1.7.0", "empty": ""},
    "github": {"ref_name": "main"},
}
each_expression = pytest.mark.parametrize(
    ("text", "value"),
    [
        ("inputs.version", "1.7.0"),
        ("inputs.empty || github.ref_name", "main"),
        ("inputs.nothing || 'none'", "none"),
        ("github.ref_name == 'main'", True),
        ("github.ref_name != 'main' || inputs.version", "1.7.0"),
        ("inputs.empty && 'x' || 'y'", "y"),
    ],
)
each_text = pytest.mark.parametrize(
    ("value", "text"),
    [
        ("v${{ inputs.version }} on ${{ github.ref_name }}", "v1.7.0 on main"),
        ("<${{ github.ref_name == 'main' }}>", "<true>"),
        (False, "false"),
        (7, "7"),
    ],
)


@each_expression
def test_an_expression_has_its_value(text: str, value: object) -> None:
    result = evaluate(text, CONTEXT)
    assert result == value


@each_text
def test_a_value_becomes_text(value: object, text: str) -> None:
    result = interpolate(value, CONTEXT)
    assert result == text


def test_an_unknown_function_is_an_error_and_not_an_empty_value() -> None:
    with pytest.raises(ValueError, match="hashFiles"):
        evaluate("hashFiles('x')", CONTEXT)
