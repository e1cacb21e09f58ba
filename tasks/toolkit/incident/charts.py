"""The charts of a clone: their folders and names."""

from __future__ import annotations

import re
from pathlib import Path

from ..clients.helm.chart import Chart
from ..core.errors import BadInput
from ..core.yaml_file import read_yaml_text

NAME = re.compile(r"^name:\s*[\"']?([a-z0-9][a-z0-9._-]*)", re.M)


def only_folder(root: Path, folders: list[str]) -> str:
    """Return the only folder of a chart. Raises BadInput."""
    if len(folders) == 1:
        return folders[0]
    what = f"there are {len(folders)} charts in {root}"
    names = ", ".join(folders)
    if names:
        what += f": {names}"
    raise BadInput(what, "set CHART_DIR to one of them, for example CHART_DIR=helm/threek8s")


def folder_inside(root: Path, folder: str) -> str:
    """Return a folder relative to the clone, so that it is found in the tree of any commit.

    Raises BadInput.
    """
    path = (root / folder).resolve()
    if not path.is_relative_to(root.resolve()):
        what = f"CHART_DIR {folder!r} leaves the repository"
        raise BadInput(what, "give a folder inside it, such as helm/threek8s")
    return str(path.relative_to(root.resolve()))


def chart_name(root: Path, folder: str) -> str:
    """Return the name of the chart in a folder of a clone, though its Chart.yaml may be broken."""
    file = root / folder / "Chart.yaml"
    try:
        text = read_yaml_text(file)
    except OSError:
        return file.parent.name
    try:
        return Chart.parse(text, str(file)).name
    except BadInput:
        match = NAME.search(text)
        return match[1] if match else file.parent.name
