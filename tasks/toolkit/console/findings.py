"""What checks found: an outcome, the evidence, and what to type next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from ..core.errors import BadInput, CheckFailed, RecipeError, ServiceError
from ..core.invocation import as_invoked, current_chart, working_on_chart
from .finding import STALE, Finding, shortened, stale_as_failed, unread_labels
from .output import print_line, print_table
from .result import add_findings, collected_result
from .waiting import MOST_PARALLEL, run_parallel

__all__ = [
    "SEE_BELOW",
    "STALE",
    "Checks",
    "Finding",
    "columns",
    "failing",
    "join_names",
    "of_chart",
    "print_next",
    "report",
    "rows",
    "run_checks",
    "run_checks_of_charts",
    "shortened",
    "show_findings",
    "stale_as_failed",
]

T = TypeVar("T")
MOST_NAMED = 10  # checks in a message; the table has them all
MOST_ADVISED = 2  # checks of several charts that have one advice
SEE_BELOW = "the lines below the table say what to do next"

Checks = Mapping[str, Mapping[str, Callable[[], Finding]]]  # by chart and name


def run_checks(
    checks: Mapping[str, Callable[[], Finding]], unread: str, wrong: str = ""
) -> list[Finding]:
    """Run the checks, by name, at the same time.

    A check that could not read the world gets the outcome `unread`, one that met a wrong
    setting the outcome `wrong`. Without `wrong`, a wrong setting raises BadInput.
    """
    return run_checks_of_charts({current_chart(): checks}, unread, wrong)


def run_checks_of_charts(checks: Checks, unread: str, wrong: str = "") -> list[Finding]:
    """Run the checks of several charts, as `run_checks` does those of one.

    Those of one chart share what they read. So of many charts each is checked by one thread, and no
    thread waits for what another one reads; but the first one, whose checks begin at once.
    """
    calls: list[Callable[[], list[Finding]]] = []
    for chart, its_checks in checks.items():
        runs = []
        for name, check in its_checks.items():
            runs.append(partial(_run_check, name, check, unread, wrong))
        parts = [[run] for run in runs]
        if calls and len(checks) >= MOST_PARALLEL:
            parts = [runs]
        for part in parts:
            calls.append(partial(of_chart, chart, partial(_run_all, part)))
    findings: list[Finding] = []
    for found in run_parallel(calls):
        findings += found
    return findings


def _run_all(checks: Sequence[Callable[[], Finding]]) -> list[Finding]:
    """Return what checks find; the first one is run last, since all charts wait for its answer."""
    findings = []
    for check in checks[1:]:
        findings.append(check())
    findings.insert(0, checks[0]())
    return findings


def of_chart(chart: str, call: Callable[[], T]) -> T:
    """Return what a call returns that works on a chart."""
    with working_on_chart(chart):
        return call()


def _run_check(name: str, check: Callable[[], Finding], unread: str, wrong: str) -> Finding:
    try:
        return check()
    except RecipeError as error:
        outcome = unread
        if isinstance(error, BadInput):
            if not wrong:
                raise
            outcome = wrong
        advice = error.advice or "run the same command again"
        is_unread = not isinstance(error, BadInput)
        return Finding(name, outcome, error.what, advice, unread=is_unread)


def show_findings(
    title: str,
    findings: list[Finding],
    key: str = "checks",
    most_lines: int = 0,
    **verdict: Any,
) -> None:
    """Print findings on stdout: a table with what to do next below it.

    With --json the result has the verdict, and the findings under `key`. Of the evidence of each
    the table has `most_lines`, if given.
    """
    add_findings(findings, key, **verdict)
    shown = findings
    if most_lines:
        shown = [shortened(finding, most_lines) for finding in findings]
    print_table(title, columns(key), rows(shown))
    print_next(shown)


def columns(key: str) -> list[str]:
    """Return the columns of a table of findings, by the key that they have in JSON."""
    return [key.removesuffix("s"), "outcome", "evidence"]


def rows(findings: list[Finding]) -> list[list[str]]:
    """Return the rows of a table of findings; one row for what is the same of all charts."""
    charts = {finding.chart for finding in findings} - {""}
    counts = Counter(finding.shown for finding in findings if finding.chart)
    found: dict[tuple[str, ...], list[str]] = {}
    for finding in findings:
        is_shared = counts[finding.shown] == len(charts)
        label = finding.name if is_shared and len(charts) > 1 else finding.label
        found[label, *finding.shown] = [label, finding.outcome, finding.evidence]
    return list(found.values())


def print_next(findings: list[Finding]) -> None:
    """Print what to type next below the table: copied from it, it would have its borders.

    With --json print nothing: the result has it.
    """
    if collected_result():
        return
    advised: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        if finding.next:
            advised.setdefault((finding.name, finding.advice), []).append(finding.label)
    names = []
    for labels in advised.values():
        names.append(join_names(labels, MOST_ADVISED))
    width = max(map(len, names), default=0)
    for name, (_, advice) in zip(names, advised, strict=True):
        for line in advice.split("\n"):
            print_line(f"{name:<{width}} → {as_invoked(line)}")


def failing(findings: list[Finding], strict: bool) -> list[str]:
    """Return the labels of the checks that failed or, if `strict`, are unverified or stale."""
    bad_outcomes = {"failed"}
    if strict:
        bad_outcomes |= {"unverified", STALE}
    return [finding.label for finding in findings if finding.outcome in bad_outcomes]


def join_names(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return names in words, no more than `most` one by one."""
    named = list(names[:most])
    left = len(names) - len(named)
    if left:
        named.append(f"{left} more")
    first = ", ".join(named[:-1])
    return " and ".join(filter(None, [first, *named[-1:]]))


def report(
    title: str,
    findings: list[Finding],
    strict: bool = False,
    most_lines: int = 0,
) -> None:
    """Show the findings of checks.

    Raises CheckFailed when some are failing, ServiceError when some could not look.
    """
    names = failing(findings, strict)
    unread = unread_labels(findings)
    is_passed = not names and not unread
    show_findings(title, findings, most_lines=most_lines, passed=is_passed)
    if names:
        raise CheckFailed(f"{join_names(names)} did not pass", SEE_BELOW)
    if unread:
        raise ServiceError(f"could not check {join_names(unread)}", SEE_BELOW)
