"""Text from others, made harmless: a character that steers a terminal is shown, not sent to it."""

from __future__ import annotations

import json
import re
import unicodedata

from .actions import runs_under_actions

# Control, format (bidi, zero width, tags), surrogate, private, unassigned; line and paragraph ends.
STEERING = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
SUSPECT = re.compile(r"[^\t\n -~]")


def is_steering(character: str) -> bool:
    """Return whether a character changes how others are shown, or is not shown itself."""
    return unicodedata.category(character) in STEERING


def harmless(text: str) -> str:
    r"""Return `text`, its lines and tabs kept, with escapes such as `\x1b` for what steers."""

    def escape(match: re.Match[str]) -> str:
        if is_steering(match[0]):
            return match[0].encode("unicode_escape").decode("ascii")
        return match[0]

    return SUSPECT.sub(escape, text)


def one_line(text: str) -> str:
    """Return `text` made harmless, in one line."""
    return harmless(text.replace("\r\n", " ").replace("\n", " "))


def json_text(value: object) -> str:
    """Return `value` as JSON, in which nothing steers a terminal."""

    def escape(match: re.Match[str]) -> str:
        if not is_steering(match[0]):
            return match[0]
        units = match[0].encode("utf-16-be", "surrogatepass").hex()
        return re.sub("....", r"\\u\g<0>", units)

    text = json.dumps(value, indent=2, default=str, ensure_ascii=False)
    if runs_under_actions():
        text = text.replace("##[", r"#\u0023[")  # to the runner it would be a command
    return SUSPECT.sub(escape, text)
