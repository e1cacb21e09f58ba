"""What is typed in a drill: what the recipes advise a maintainer, or what a reviewer looks at."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from .errors import Failed
from .place import COMMAND, folder_of_recipes
from .world import World

FIRST = "when.check"
FIRST_AID = "first aid"
WHY = "the cure is typed: with first aid alone, the next release would fail in the same way"


class Typed(NamedTuple):
    """A command, its expected exit code, and why it is typed if more than one is advised."""

    line: str
    exit_code: int
    why: str = ""


Advice = Callable[[str], list[str]]  # what a check tells to type next
Commands = Callable[[Advice], Iterator[Typed]]


def maintainer_commands(advice: Advice) -> Iterator[Typed]:
    """Yield the commands of a recovery; `advice` returns what a check tells to type next.

    Each is yielded when the one before has ended. Raises Failed if the advice lacks one.
    """
    yield Typed(f"{COMMAND} {FIRST}", 1)
    advised = advice(FIRST)
    has_aid = any(line.startswith(FIRST_AID) for line in advised)
    yield Typed(_choose("recover", FIRST, advised), 0, WHY if has_aid else "")
    yield Typed(f"{COMMAND} support.incident support.notify", 0)
    yield Typed(_choose("workflow run", "verify.all", advice("verify.all")), 0)
    yield Typed(f"{COMMAND} verify.all --strict", 0)
    yield Typed(f"{COMMAND} support.notify --resolved support.lessons --close", 0)


def reviewer_commands(_: Advice) -> Iterator[Typed]:
    """Yield the commands that show what a merge of PR #42 would do; no advice is needed."""
    yield Typed(f"{COMMAND} prevention.rehearse --pr 42", 1)
    yield Typed(f"{COMMAND} prevention.rehearse --ref main", 0)


def _choose(words: str, check: str, advised: Sequence[str]) -> str:
    """Return the first command with these words that a check advised."""
    for line in advised:
        if f" {words} " in line:
            return line
    found = "; ".join(advised) or "nothing"
    raise Failed(f"the drill went wrong: {check} advised no `{words}`, but {found}")


def read_advice(
    world: World,
    check: str,
) -> list[str]:
    """Return the commands that a check tells to type next, as its JSON has them."""
    ended = subprocess.run(
        [COMMAND, check, "--json"],
        cwd=folder_of_recipes(world.clone),
        env=world.env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    try:
        return list(_commands_in(json.loads(ended.stdout)))
    except ValueError as error:
        raise Failed(f"the drill went wrong: {check} --json printed no JSON") from error


def _commands_in(document: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of each `next` in a document: of its own, then those of its findings."""
    findings = [*document.get("triggers", []), *document.get("checks", [])]
    for part in [document, *findings]:
        advised = part.get("next") or []
        if isinstance(advised, str):
            advised = advised.split("\n")
        yield from advised


def program_and_words(line: str) -> list[str]:
    """Return a command as a program gets it; variables before it are set by `env`."""
    words = shlex.split(line)
    if "=" in words[0]:
        return ["env", *words]
    return words
