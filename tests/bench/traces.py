"""Read a trace that `--trace` has drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Bar:
    """A bar of a trace: its kind, such as `gh` or `journal`, its name, its times in seconds."""

    kind: str
    name: str
    start: float
    end: float


def read_bars(file: Path) -> Iterator[Bar]:
    """Yield the bars of a trace from the top to the bottom; a task has the kind `task`."""
    root = ET.fromstring(file.read_text(encoding="utf-8"))  # noqa: S314 - ours
    for group in root.iter(f"{SVG}g"):
        title = group.findtext(f"{SVG}title", "")
        name, _, _ = title.rpartition(": ")
        start = float(group.attrib["data-start"])
        yield Bar(group.attrib["class"], name, start, float(group.attrib["data-end"]))
