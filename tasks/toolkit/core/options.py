"""What holds for a task: whether it acts, on which charts, which of its options exclude others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .errors import BadInput

Pairs = Sequence[tuple[str, str]]


class Rules(NamedTuple):
    """What holds for a task; options are named as its parameters are.

    One that `acts` runs alone on this machine. One that makes the file of settings does not need
    the one that ENV_FILE names.
    """

    acts: bool = False
    takes: str = ""
    excluding: Pairs = ()
    needs_env_file: bool = True

    def ensure_compatible(self, options: Mapping[str, object]) -> None:
        """Raise BadInput if two options are given that exclude each other."""
        for first, second in self.excluding:
            if options.get(first) and options.get(second):
                names = f"--{first} and --{second}".replace("_", "-")
                raise BadInput(f"{names} exclude each other", "leave one out")


def rules_of(task: object) -> Rules:
    """Return the rules of a task; one that is not a recipe has none."""
    rules = getattr(task, "rules", None)
    return rules if isinstance(rules, Rules) else Rules()
