"""Options that take one of a few values."""

from __future__ import annotations

from .nearest import did_you_mean, nearest

SHELLS = ("bash", "zsh", "fish")
SCENARIOS = ("publish", "versions", "install", "gate", "list")
CHOICES = {"--scenario": SCENARIOS, "--completion": SHELLS}


def ensure_choice(option: str, value: str) -> None:
    """Raise BadInput if the option takes other values than this one."""
    choices = CHOICES.get(option)
    if choices is None or value in choices:
        return
    names = nearest(value, choices) or choices
    raise did_you_mean(f"{option} {value!r} is not known", names)
