"""Which charts of a repository are published: not its examples, fixtures and library charts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from ..core.env_entry import Entry
from ..core.yaml_file import read_yaml_text

FOR_TESTS = re.compile(r"(^|/)(tests?|testdata|fixtures?|examples?|samples?|demos?|e2e|ci)(/|$)")
LIBRARY = re.compile(r"^type:\s*[\"']?library\b", re.M)  # helm installs none


def published_charts(root: Path, folders: Sequence[str]) -> list[str]:
    """Return those of the folders of charts that are neither for tests nor library charts.

    Where no other is left, return all.
    """
    published = []
    for folder in folders:
        if FOR_TESTS.search(folder):
            continue
        if _is_library(root / folder):
            continue
        published.append(folder)
    return published or list(folders)


def _is_library(folder: Path) -> bool:
    file = folder / "Chart.yaml"
    try:
        text = read_yaml_text(file)
    except OSError:
        return False
    return LIBRARY.search(text) is not None


def named_in(folders: Sequence[str], text: str) -> list[str]:
    """Return those of the folders that a text names; all, if it names none.

    A dot is no name: it stands for many folders.
    """
    named = []
    for folder in folders:
        if folder == ".":
            continue
        name = re.escape(folder)
        if re.search(rf"(?<![\w/.-])(\./)?{name}(?![\w.-])", text):
            named.append(folder)
    return named or list(folders)


def chart_dir_entry(every: Sequence[str], chosen: Sequence[str], names: Mapping[str, str]) -> Entry:
    """Return CHART_DIR: the charts `chosen` out of `every` one; names are given by folder."""
    if len(every) == 1:
        (only,) = every
        source = f"the only chart, named {names[only]}"
        return Entry("CHART_DIR", only, source, derived=True)
    shown = ", ".join(map(names.__getitem__, chosen))
    source = f"the chart {shown}" if len(chosen) == 1 else f"the charts {shown}"
    left = [folder for folder in every if folder not in chosen]
    if left:
        others = ", ".join(left)
        source += f"; not {others}"
    elif len(chosen) > 1:
        source += "; remove what you do not publish"
    value = _shortened(every, chosen)
    return Entry("CHART_DIR", value, source)


def _shortened(every: Sequence[str], chosen: Sequence[str]) -> str:
    """Return folders with commas between them, or a pattern that fits no other folder."""
    listed = ",".join(chosen)
    parents = {_parent(folder) for folder in chosen}
    if len(chosen) == 1 or len(parents) > 1:
        return listed
    parent = parents.pop()
    beside = [folder for folder in every if _parent(folder) == parent]
    if parent == "." or len(beside) > len(chosen):
        return listed
    return f"{parent}/*"


def _parent(folder: str) -> str:
    path = PurePosixPath(folder)
    return str(path.parent)
