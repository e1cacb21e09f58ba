"""The runbook as Invoke tasks: each module is a section of it, each task a line of that section."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .collection import ns as ns


def __getattr__(name: str) -> object:
    """Import the tasks when `ns` is asked for: the command line is ready for Ctrl-C before."""
    if name != "ns":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import collection  # noqa: PLC0415

    return collection.ns
