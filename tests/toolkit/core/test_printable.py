"""Text from others is shown, and steers no terminal."""

from __future__ import annotations

import json

import pytest

from tasks.toolkit.core.printable import harmless, is_steering, json_text, one_line

ESCAPES = [
    ("\x1b[31m", r"\x1b[31m"),
    ("a\rb", r"a\rb"),
    ("\x00\x01\x07\x08\x0b\x0c\x7f", r"\x00\x01\x07\x08\x0b\x0c\x7f"),
    ("\x85\x9b", r"\x85\x9b"),
    ("\u202egpj\u2069\u200f\u061c", r"\u202egpj\u2069\u200f\u061c"),
    ("a\u2028b\u2029", r"a\u2028b\u2029"),
    ("\u200b\ufeff\u2060", r"\u200b\ufeff\u2060"),
    ("\U000e0041", r"\U000e0041"),
    ("\udc80\ue000", r"\udc80\ue000"),
]


@pytest.mark.parametrize(("text", "shown"), ESCAPES)
def test_what_steers_a_terminal_is_shown(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_other_text_stays_as_it_is() -> None:
    text = "one\n\ttwo é 日本 ✓ \u00a0|[bold]"
    assert harmless(text) == text
    assert one_line("one\r\ntwo\nthree") == "one two three"


def test_json_steers_nothing_and_is_read_as_the_same_value() -> None:
    value = {"title": "".join(text for text, _ in ESCAPES) + " é"}
    text = json_text(value)
    assert json.loads(text) == value
    assert [char for char in text if is_steering(char)] == ["\n", "\n"]
    assert "é" in text
