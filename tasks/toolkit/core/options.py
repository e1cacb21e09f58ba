"""Options of a task that exclude each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .errors import BadInput


def ensure_compatible(excluding: Sequence[tuple[str, str]], options: Mapping[str, object]) -> None:
    """Raise BadInput if two options are given that exclude each other."""
    for first, second in excluding:
        if options.get(first) and options.get(second):
            names = f"--{first} and --{second}".replace("_", "-")
            raise BadInput(f"{names} exclude each other", "leave one out")
