"""The charts of a clone: their folders and names."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..clients.helm.chart import Chart
from ..core.errors import BadInput
from ..core.yaml_file import read_yaml_text


def chart_names(root: Path, folders: list[str]) -> dict[str, str]:
    """Return the name of the chart in each folder of a clone; that of the folder if it has none."""
    names = {}
    for folder in folders:
        file = root / folder / "Chart.yaml"
        names[folder] = file.parent.name
        with suppress(BadInput, OSError):
            names[folder] = Chart.parse(read_yaml_text(file), str(file)).name
    return names
