"""A change that may have caused the trouble of a release: when it landed, and what it touched."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from ..clients.git.landings import Landing
from .failure import Failure

Order = tuple[tuple[str, ...], ...]  # kinds of changed files by rank, the likeliest first
ONLY_VERSIONS: Order = (("versions",),)


class Position(IntEnum):
    """When a change landed; a release cannot have what landed after it."""

    WITHIN = 0  # since the last good release, and in the first bad one
    AFTER = 1  # in the release, but not in the first bad one
    LATER = 2  # after the release


@dataclass(frozen=True)
class Change:
    """What landed, when, and its files by kind: `workflow`, `versions`, `chart` and `log`.

    The files decide: those of the first kind in `order`, the likeliest. `is_named` tells whether
    the log of the failed steps, or helm's error, names one of its files.
    """

    landing: Landing
    position: Position
    files: Mapping[str, tuple[str, ...]]
    order: Order
    is_named: bool = False

    @cached_property
    def rank(self) -> int:
        """The place in `order` of the first kind that it changed."""
        for place, kinds in enumerate(self.order):
            if any(self.files.get(kind) for kind in kinds):
                return place
        return len(self.order)

    @property
    def decisive_files(self) -> list[str]:
        """The files of the likeliest kind."""
        files: list[str] = []
        for kinds in self.order[self.rank : self.rank + 1]:
            for kind in kinds:
                files += self.files.get(kind, ())
        return files

    @property
    def chart_files(self) -> list[str]:
        """The files of the chart that it changed."""
        return [*self.files.get("chart", ()), *self.files.get("versions", ())]


def likeliest(fired: Collection[str], failure: Failure | None) -> Order:
    """Return the kinds of changes that may have caused what fired, the likeliest first.

    Where a step failed that works on the chart, the chart is as likely as the workflow.
    """
    if "publish" in fired and failure and failure.is_about_chart:
        return ("workflow", "chart", "versions"), ("log",)
    if "publish" in fired:
        return ("workflow",), ("chart", "versions"), ("log",)
    if "versions" in fired:
        return ("workflow", "versions"), ("chart",)
    return ("chart", "versions"), ("workflow",)
