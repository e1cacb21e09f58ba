"""What a chart depends on, as its Chart.yaml and Chart.lock declare it.

https://helm.sh/docs/topics/charts/#the-dependencies-field
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.yaml_file import parse_yaml, read_yaml_text
from .chart import values_of

LOCK = "Chart.lock"
FILES = ("Chart.yaml", LOCK)
NAMED = re.compile(r"(?:@|alias:)(.*)", re.DOTALL)
INDEXED = re.compile(r"(?!file:|oci:)[a-z0-9+.-]+://")


@dataclass(frozen=True)
class Dependency:
    """A chart that another one depends on; `repository` is empty for one in its folder charts/."""

    name: str
    version: str
    repository: str

    @property
    def alias(self) -> str:
        """The name of a repository whose URL only a helm configuration has, or ""."""
        match = NAMED.fullmatch(self.repository)
        return match[1] if match else ""

    @property
    def has_index(self) -> bool:
        """Whether it is in a repository with an index, which helm builds of a lock must know."""
        return bool(INDEXED.match(self.repository))


def read_dependencies(chart: Path, file: str) -> list[Dependency]:
    """Return what Chart.yaml or Chart.lock in a chart's folder declares. Raises BadInput."""
    dependencies = []
    for entry in _entries(chart, file):
        values = []
        for key in ("name", "version", "repository"):
            values.append(_last(entry, key))
        dependencies.append(Dependency(*values))
    return dependencies


def local_dependencies(chart: Path) -> list[str]:
    """Return the folders that the chart depends on; helm may take them from either file."""
    paths: list[str] = []
    for file in FILES:
        paths += _local_paths(_entries(chart, file))
    paths = list(dict.fromkeys(paths))
    return [path for path in paths if (chart / path).is_dir()]  # helm reports a missing one


def local_dependencies_in(text: str, name: str) -> list[str]:
    """Return the folders, relative to the chart's, that the text of a file depends on.

    Raises BadInput.
    """
    return _local_paths(_entries_in(text, name))


def _local_paths(entries: Iterable[Mapping[Any, Any]]) -> list[str]:
    paths = []
    for entry in entries:
        for repository in map(str, values_of(entry, "repository")):
            path = repository.removeprefix("file://")
            if path != repository:
                paths.append(path)
    return paths


def _entries(chart: Path, name: str) -> Iterator[Mapping[Any, Any]]:
    """Yield the dependencies in a file of a chart, without malformed ones."""
    file = chart / name
    if file.is_file():
        yield from _entries_in(read_yaml_text(file), name)


def _entries_in(text: str, name: str) -> Iterator[Mapping[Any, Any]]:
    document = parse_yaml(text, name, "`helm lint`")
    if not isinstance(document, dict):
        return
    for dependencies in values_of(document, "dependencies"):
        if isinstance(dependencies, list):
            yield from (entry for entry in dependencies if isinstance(entry, dict))


def _last(entry: Mapping[Any, Any], key: str) -> str:
    values = values_of(entry, key)
    return str(values[-1] or "") if values else ""
