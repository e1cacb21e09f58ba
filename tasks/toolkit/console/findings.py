"""Looking at the world without changing it: findings with an outcome, the evidence, and what to type next."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ..clients import process
from ..core.errors import BadInput, CheckFailed, RecipeError
from ..core.invocation import as_invoked
from . import output
from .progress import live_table
from .waiting import run_parallel


@dataclass(frozen=True)
class Finding:
    """What a check found: its outcome, the evidence, and the next command to type, if there is something to do.

    `outcome` is passed, failed or unverified of a check; fired, clear or unknown of a trigger.
    """

    name: str
    outcome: str
    evidence: str
    next: str = ""


def run_checks(
    checks: Mapping[str, Callable[[], Finding]], unread: str, wrong: str = ""
) -> list[Finding]:
    """Make the checks, by their names, at the same time.

    A world that could not be read gives one the outcome `unread`, and a setting that is wrong the outcome `wrong`; without that it ends
    everything: raises BadInput.
    """
    return run_parallel(
        [partial(_guarded, name, check, unread, wrong) for name, check in checks.items()]
    )


def _guarded(name: str, check: Callable[[], Finding], unread: str, wrong: str) -> Finding:
    try:
        return check()
    except RecipeError as error:
        if isinstance(error, BadInput) and not wrong:
            raise
        outcome = wrong if isinstance(error, BadInput) else unread
        return Finding(name, outcome, error.what, error.advice or "run the same command again")


def show_findings(
    title: str, found: list[Finding], json: bool, key: str = "checks", **verdict: Any
) -> None:
    """Print findings on stdout: as a table with what to do next below it, or, with the verdict, as JSON where `key` holds them."""
    if json:
        output.print_json({**verdict, key: [asdict(one) for one in found]})
        return
    output.print_table(title, *_rows(found, key))
    _advise(found)


def _rows(found: list[Finding], key: str) -> tuple[list[str], list[list[str]]]:
    return [key.removesuffix("s"), "outcome", "evidence"], [
        [one.name, one.outcome, one.evidence] for one in found
    ]


def _advise(found: list[Finding]) -> None:
    """Print what to do next, each on a line of its own: in a table's cell its borders would be copied along."""
    lines = [(one.name, line) for one in found for line in one.next.splitlines()]
    width = max((len(name) for name, _ in lines), default=0)
    for name, line in lines:
        output.print_line(f"{name:<{width}} → {as_invoked(line)}")


def watch_findings(
    title: str,
    found: list[Finding],
    ask: Callable[[], list[Finding]],
    interval: float,
    limit: float,
) -> list[Finding]:
    """Keep a table on the terminal up to date, asking every `interval` seconds for `limit` seconds, and return the last findings.

    When the world cannot be read for a while, they stay, and that is said among them. Elsewhere than on a terminal a table is printed
    whenever it changes. What to do next is printed once, at the end.
    """
    deadline, unread = time.monotonic() + limit, list[Finding]()
    try:
        with live_table() as draw:
            while True:
                left = deadline - time.monotonic()
                at = (
                    f"{datetime.now(UTC):%H:%M:%S} UTC, {output.format_duration(max(left, 0))} left"
                )
                draw(title, at, *_rows([*found, *unread], "releases"))
                if left <= 0 or process.shutting_down.wait(min(interval, left)):
                    return [*found, *unread]
                try:
                    found, unread = ask(), []
                except BadInput:
                    raise
                except RecipeError as error:  # it may be over at the next look
                    unread = [
                        Finding(
                            "the newest look",
                            "unverified",
                            f"{error.what}\nthe rest is as of the look before",
                        )
                    ]
    finally:  # Ctrl-C is how most will end it
        _advise(found)


def failing(found: list[Finding], strict: bool) -> list[str]:
    """Return the names of the checks that failed, or, if `strict`, could not be verified."""
    return [
        one.name
        for one in found
        if one.outcome == "failed" or (strict and one.outcome == "unverified")
    ]


def report(title: str, found: list[Finding], json: bool, strict: bool = False) -> None:
    """Show the findings of checks. Raises CheckFailed when some are bad."""
    wrong = failing(found, strict)
    show_findings(title, found, json, passed=not wrong)
    if wrong:
        raise CheckFailed(
            f"{' and '.join(wrong)} did not pass", "the lines below the table say what to do next"
        )
