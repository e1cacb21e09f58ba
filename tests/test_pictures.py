"""The pictures of the documents show what the commands print now."""

from __future__ import annotations

import re
from collections import defaultdict
from difflib import SequenceMatcher
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tasks.sandbox.pictures import FOLDER, draw_all

from .conftest import FOLDERS

NAMES = ["drill", "refused-push", "timeline", "when-check"]
SVG = "{http://www.w3.org/2000/svg}"
MOST_OTHER_WORDS = 40  # of the drill's 700: what a slow machine waits for is said too
# What differs each time, and what stands for it here.
VARIABLE = {
    r'(?s)the failed step ended with ".*?not found"': "",  # where the log is not there yet
    r"sha256:[0-9a-f]{64}": "DIGEST",
    r"\d{4}-\d\d-\d\d[T ]?(\d\d:?\d\d(:?\d\d)?)?(\+00:00|Z)?": "TIME",
    r"\b\d\d:\d\d(:\d\d)?\b": "TIME",
    r"127\.0\.0\.1:\d+": "HOST",
    r"\b[0-9a-f]{7,40}\b": "HASH",
    r"[\d.:]+ (s|min)\b": "DURATION",
    r"(/[\w.-]+)*/sandbox-\w+": "FOLDER",
    r"[\u2500-\u259f]+": "",  # lines and bars
}


def text_of(svg: str) -> list[str]:
    """Return the words of a picture; their lines break elsewhere where a port is shorter."""
    lines = defaultdict(list)
    for node in ET.fromstring(svg).iter(f"{SVG}text"):  # noqa: S314 - ours
        lines[node.get("clip-path", "")].append(node.text or "")
    text = "\n".join("".join(parts) for parts in lines.values()).replace("\xa0", " ")
    for pattern, name in VARIABLE.items():
        text = re.sub(pattern, name, text)
    return text.split()


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_complete_and_fetches_nothing(name: str) -> None:
    svg = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert text_of(svg)[:2] == ["Helm", "rollback"]
    links = set(re.findall(r"https?://[\w.-]+", svg))
    assert links <= {"http://www.w3.org", "https://github.com"}
    assert "url(http" not in svg


@pytest.mark.thorough
def test_the_pictures_show_what_is_printed_now(tmp_path: Path) -> None:
    other_words = {}
    draw_all(print, list(FOLDERS), tmp_path)
    for name in NAMES:
        drawn = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
        kept = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
        other_words[name] = count_other_words(text_of(drawn), text_of(kept))
    advice = "run `./inv pictures`"
    assert other_words.pop("drill") <= MOST_OTHER_WORDS, advice
    assert set(other_words.values()) == {0}, f"{other_words}: {advice}"


def count_other_words(first: list[str], second: list[str]) -> int:
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return max(len(first), len(second)) - sum(block.size for block in blocks)
