"""Text from others in Markdown: a code span that nothing inside can end."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.markdown import code, code_block, plain

SPANS = [
    ("text", "`text`"),
    ("a`b", "``a`b``"),
    ("```x", "```` ```x ````"),
    ("one\r\ntwo\rthree", r"`one two\rthree`"),
    ("", "` `"),
    ("\x1b[2J\u202e", r"`\x1b[2J\u202e`"),
]


@pytest.mark.parametrize(("text", "span"), SPANS)
def test_a_code_span_holds_any_text(text: str, span: str) -> None:
    assert code(text) == span


@pytest.mark.parametrize("text", ["v1.7.0", "oci://ghcr.io/o/r", "sha256:0f", "chart passed, x_y"])
def test_text_in_which_markdown_means_nothing_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


MEANING = [
    "@everyone",
    "#12",
    "o/r#1",
    "GH-1",
    "<img>",
    "[x](y)",
    "a|b",
    "*a*",
    "https://x.y",
    "é\n",
]


@pytest.mark.parametrize("text", MEANING)
def test_other_text_is_a_code_span(text: str) -> None:
    assert plain(text) == code(text)


def test_a_code_block_is_not_ended_by_its_lines() -> None:
    assert code_block(["a", "'\n```\n@x'"], "bash") == ["````bash", "a", "'\n```\n@x'", "````"]
