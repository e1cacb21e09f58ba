"""What checks found: an outcome, the evidence, and what to type next."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ..core.errors import BadInput, CheckFailed, RecipeError
from ..core.invocation import as_invoked
from .output import format_duration, print_json, print_line, print_table
from .progress import live_table
from .signals import shutting_down
from .waiting import run_parallel

SEE_BELOW = "the lines below the table say what to do next"
STALE = "stale"


@dataclass(frozen=True)
class Finding:
    """What a check found: its outcome, the evidence, and the next command to type, if any.

    `outcome` is passed, failed or unverified for a check; fired, clear or unknown for a trigger. It
    is STALE for texts that name something else than what works.
    """

    name: str
    outcome: str
    evidence: str
    next: str = ""


def run_checks(
    checks: Mapping[str, Callable[[], Finding]], unread: str, wrong: str = ""
) -> list[Finding]:
    """Run the checks, by name, at the same time.

    A check that could not read the world gets the outcome `unread`, one that met a wrong
    setting the outcome `wrong`. Without `wrong`, a wrong setting raises BadInput.
    """
    calls = [partial(_run_check, name, check, unread, wrong) for name, check in checks.items()]
    return run_parallel(calls)


def _run_check(
    name: str,
    check: Callable[[], Finding],
    unread: str,
    wrong: str,
) -> Finding:
    try:
        return check()
    except BadInput as error:
        if not wrong:
            raise
        return _unchecked(name, wrong, error)
    except RecipeError as error:
        return _unchecked(name, unread, error)


def _unchecked(name: str, outcome: str, error: RecipeError) -> Finding:
    advice = error.advice or "run the same command again"
    return Finding(name, outcome, error.what, advice)


def stale_as_failed(finding: Finding) -> Finding:
    """Return the finding; on its own, what is stale is a failure."""
    return replace(finding, outcome="failed") if finding.outcome == STALE else finding


def shortened(finding: Finding, most: int) -> Finding:
    """Return the finding with at most so many lines of evidence, and how many more there are."""
    lines = finding.evidence.split("\n")
    if len(lines) <= most:
        return finding
    more = f"and {len(lines) - most + 1} more: invoke verify.{finding.name}"
    return replace(finding, evidence="\n".join([*lines[: most - 1], as_invoked(more)]))


def show_findings(
    title: str,
    findings: list[Finding],
    json: bool,
    key: str = "checks",
    **verdict: Any,
) -> None:
    """Print findings on stdout: a table with what to do next below it, or JSON.

    The JSON has the verdict, and the findings under `key`.
    """
    if json:
        listed = [asdict(finding) for finding in findings]
        print_json({**verdict, key: listed})
        return
    print_table(title, _columns(key), _rows(findings))
    _print_next(findings)


def _columns(key: str) -> list[str]:
    return [key.removesuffix("s"), "outcome", "evidence"]


def _rows(findings: list[Finding]) -> list[list[str]]:
    rows = []
    for finding in findings:
        rows.append([finding.name, finding.outcome, finding.evidence])
    return rows


def _print_next(findings: list[Finding]) -> None:
    """Print what to type next below the table: copied from it, it would have its borders."""
    advised = [finding for finding in findings if finding.next]
    width = max((len(finding.name) for finding in advised), default=0)
    for finding in advised:
        for line in finding.next.split("\n"):
            print_line(f"{finding.name:<{width}} → {as_invoked(line)}")


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
        with live_table() as draw:
            while True:
                left = deadline - time.monotonic()
                time_left = format_duration(max(left, 0))
                now = f"{datetime.now(UTC):%H:%M:%S} UTC, {time_left} left"
                rows = _rows([*findings, *unread])
                draw(f"{title}, {now}", _columns("releases"), rows)
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
        _print_next(findings)


def failing(findings: list[Finding], strict: bool) -> list[str]:
    """Return the names of the checks that failed or, if `strict`, are unverified or stale."""
    bad_outcomes = {"failed"}
    if strict:
        bad_outcomes |= {"unverified", STALE}
    return [finding.name for finding in findings if finding.outcome in bad_outcomes]


def report(
    title: str,
    findings: list[Finding],
    json: bool,
    strict: bool = False,
) -> None:
    """Show the findings of checks. Raises CheckFailed when some are failing."""
    names = failing(findings, strict)
    show_findings(title, findings, json, passed=not names)
    if names:
        raise CheckFailed(f"{' and '.join(names)} did not pass", SEE_BELOW)
