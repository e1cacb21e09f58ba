"""The pictures of the documents show what the commands print now."""

from __future__ import annotations

import re
from collections import defaultdict
from difflib import SequenceMatcher, unified_diff
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tasks.sandbox.pictures import FOLDER, TRACE, draw_all

from .bench.traces import read_bars
from .conftest import FOLDERS

SVG = "{http://www.w3.org/2000/svg}"
# Words that may differ: on a slow machine, what is waited for is printed too.
MOST_OTHER_WORDS = {"drill": 40, "refused-push": 8, "timeline": 8, "when-check": 8}
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


@pytest.mark.parametrize("name", MOST_OTHER_WORDS)
def test_a_picture_is_complete_and_fetches_nothing(name: str) -> None:
    svg = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert text_of(svg)[:2] == ["Helm", "rollback"]
    links = set(re.findall(r"https?://[\w.-]+", svg))
    assert links <= {"http://www.w3.org", "https://github.com"}
    assert "url(http" not in svg


def test_the_trace_shows_each_task_of_the_chain() -> None:
    bars = list(read_bars(FOLDER / TRACE))
    steps = {bar.name.partition(".")[0] for bar in bars if bar.kind == "task"}
    assert {"rollback", "publish", "verify"} <= steps
    assert {"git", "gh", "helm", "registry", "journal"} <= {bar.kind for bar in bars}


@pytest.mark.thorough
def test_the_pictures_show_what_is_printed_now(tmp_path: Path) -> None:
    draw_all(print, list(FOLDERS), tmp_path)
    assert list(read_bars(tmp_path / TRACE))
    for name, most in MOST_OTHER_WORDS.items():
        drawn = text_of((tmp_path / f"{name}.svg").read_text(encoding="utf-8"))
        kept = text_of((FOLDER / f"{name}.svg").read_text(encoding="utf-8"))
        changes = "\n".join(unified_diff(kept, drawn, lineterm="", n=2))
        assert count_other_words(drawn, kept) <= most, f"run `./inv pictures`:\n{changes}"


def count_other_words(first: list[str], second: list[str]) -> int:
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return max(len(first), len(second)) - sum(block.size for block in blocks)
