"""Watch findings: check again until a limit, and show a table that is up to date."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from ..core.errors import BadInput, RecipeError
from .finding import Finding
from .output import format_duration
from .progress import live_text
from .result import add_findings
from .shown_findings import findings_text, print_next, rows
from .signals import shutting_down


def watch_findings(
    title: str,
    findings: list[Finding],
    check_again: Callable[[], list[Finding]],
    interval: float,
    limit: float,
) -> list[Finding]:
    """Keep a table up to date and return the last findings; `interval` and `limit` are seconds.

    While the world cannot be read, the findings stay, with a line that says so. What to type
    next is printed at the end.
    """
    deadline = time.monotonic() + limit
    unread: list[Finding] = []
    try:
        with live_text() as draw:
            while True:
                left = deadline - time.monotonic()
                time_left = format_duration(max(left, 0))
                now = f"{datetime.now(UTC):%H:%M:%S} UTC, {time_left} left"
                shown = rows([*findings, *unread])
                draw(findings_text(f"{title}, {now}", shown), shown)
                if left <= 0 or shutting_down.wait(min(interval, left)):
                    return [*findings, *unread]
                try:
                    findings = check_again()
                    unread = []
                except BadInput:
                    raise
                except RecipeError as error:  # the next check may succeed
                    evidence = f"{error.what}\nthe other lines are from the check before"
                    unread = [Finding("the last check", "unverified", evidence)]
    finally:  # Ctrl-C is the usual end
        print_next(findings)
        add_findings(findings, "releases")
