"""The charts of a clone: which ones CHART_DIR lists, their folders and names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from ..clients.helm.chart import Chart
from ..core.errors import BadInput, SettingError
from ..core.tag_pattern import CHART_PLACEHOLDER
from ..core.yaml_file import read_yaml_text
from .workspace import Workspace

NAME = re.compile(r"^name:\s*[\"']?([a-z0-9][a-z0-9._-]*)", re.M)
SEVERAL = set(",*?[")  # in CHART_DIR: between folders, or in a pattern of folders


@dataclass(frozen=True)
class ListedChart:
    """One of several charts; its `label` is its name, or its folder where two have one name."""

    label: str
    name: str
    folder: str


class ChartList:
    """The charts that CHART_DIR lists, whose text is `setting`; without one, the only chart."""

    def __init__(self, workspace: Workspace, setting: str) -> None:
        self._workspace = workspace
        self._setting = setting

    @cached_property
    def tracked(self) -> list[str]:
        """The folders of all charts in the clone."""
        return self._workspace.git.chart_folders()

    @cached_property
    def names(self) -> dict[str, str]:
        """The names of all charts in the clone by their folders."""
        return {folder: self.name_of(folder) for folder in self.tracked}

    def name_of(self, folder: str) -> str:
        """Return the name of the chart in a folder."""
        return chart_name(self._workspace.root, folder)

    @cached_property
    def folders(self) -> list[str]:
        """The folders that are listed, or the only one. Raises BadInput."""
        root = self._workspace.root
        if not self._setting:
            return [only_folder(root, self.tracked)]
        if SEVERAL.isdisjoint(self._setting):
            return [folder_inside(root, self._setting)]
        return listed_folders(root, self._setting, self.tracked)

    @property
    def has_several(self) -> bool:
        """Whether several are listed. Raises BadInput."""
        return not SEVERAL.isdisjoint(self._setting) and len(self.folders) > 1

    @cached_property
    def listed(self) -> list[ListedChart]:
        """The charts that are listed, sorted by their labels. Raises BadInput."""
        return self._charts(self.folders)

    def find(self, given: str) -> ListedChart | None:
        """Return the chart that `--chart` names, or whose folder it is; None for the only one.

        Without CHART_DIR it may be any. Raises BadInput.
        """
        charts = self._charts(self.folders if self._setting else self.tracked)
        for chart in charts:
            if given in (chart.label, chart.folder):
                return chart if len(charts) > 1 else None
        what = f"--chart {given!r} is not one of the charts: {_labels(charts)}"
        raise BadInput(what, "give one of these, or list its folder in CHART_DIR")

    def only(self) -> str:
        """Return the folder of the only chart. Raises BadInput if several are listed."""
        if len(self.folders) == 1:
            return self.folders[0]
        what = f"CHART_DIR lists {len(self.folders)} charts: {_labels(self.listed)}"
        raise BadInput(what, f"add one of them, for example --chart {self.listed[0].label}")

    def _charts(self, folders: Sequence[str]) -> list[ListedChart]:
        names = {folder: self.names.get(folder) or self.name_of(folder) for folder in folders}
        counts = Counter(names.values())
        charts = []
        for folder, name in names.items():
            label = name if counts[name] == 1 else folder
            charts.append(ListedChart(label, name, folder))
        return sorted(charts, key=lambda chart: chart.label)


def _labels(charts: Iterable[ListedChart]) -> str:
    return ", ".join(chart.label for chart in charts) or "none"


def only_folder(root: Path, folders: Sequence[str]) -> str:
    """Return the only folder of a chart. Raises BadInput."""
    if len(folders) == 1:
        return folders[0]
    if not folders:
        what = f"there is no chart in {root}"
        raise BadInput(what, "set REPO_DIR to the clone that has it, or CHART_DIR to its folder")
    names = ", ".join(folders)
    what = f"there are {len(folders)} charts in {root}: {names}"
    raise BadInput(
        what,
        f"run `invoke init`, or set CHART_DIR to one of them, for example CHART_DIR={folders[0]}",
    )


def listed_folders(root: Path, text: str, tracked: Sequence[str]) -> list[str]:
    """Return the folders that CHART_DIR lists, with commas between them.

    A part with a `*` stands for those of the `tracked` folders that it matches. Raises BadInput.
    """
    folders: list[str] = []
    for part in filter(None, map(str.strip, text.split(","))):
        if SEVERAL.isdisjoint(part):
            folders.append(folder_inside(root, part))
            continue
        matching = []
        for folder in tracked:
            if _matches(folder, part):
                matching.append(folder)
        if not matching:
            what = f"CHART_DIR: no chart is in {part}"
            raise BadInput(what, f"the folders with charts are {', '.join(tracked) or 'none'}")
        folders += matching
    return list(dict.fromkeys(folders))


def _matches(folder: str, pattern: str) -> bool:
    """Return whether a folder matches a pattern, in which `*` stands for a part of a name."""
    path = PurePosixPath(folder)
    wanted = PurePosixPath(pattern)
    return len(path.parts) == len(wanted.parts) and path.match(str(wanted))


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
    """Return the name of the chart in a folder of a clone, even if its Chart.yaml is broken."""
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


def ensure_of_each_chart(text: str) -> None:
    """Refuse a CHART_REF that is the same for several charts. Raises SettingError."""
    if CHART_PLACEHOLDER not in text:
        advice = f"of several charts it must have {CHART_PLACEHOLDER} in it, or be empty"
        raise SettingError("CHART_REF", f"is {text!r}", advice)
