"""What checks found: an outcome, the evidence, and what to type next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from ..core.actions import runs_under_actions
from ..core.errors import BadInput, CheckFailed, ProgramMissing, RecipeError, ServiceError
from ..core.invocation import current_chart, working_on_chart
from .finding import STALE, Finding, shortened, stale_as_failed, unread_labels
from .output import print_text
from .result import add_findings
from .shown_findings import findings_text, join_names, print_next, rows
from .waiting import MOST_PARALLEL, run_parallel

__all__ = [
    "SEE_BELOW",
    "STALE",
    "Checks",
    "Finding",
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
SEE_BELOW = "the lines below the checks say what to do next"

NOT_LOOKED_AT = "not looked at: "  # since a program is missing

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
        evidence = error.what
        if isinstance(error, ProgramMissing):
            evidence = f"{NOT_LOOKED_AT}{error.what}"
        if isinstance(error, BadInput):
            if not wrong:
                raise
            outcome = wrong
        advice = error.advice or "run the same command again"
        is_unread = not isinstance(error, BadInput)
        return Finding(name, outcome, evidence, advice, unread=is_unread)


def show_findings(
    title: str,
    findings: list[Finding],
    key: str = "checks",
    most_lines: int = 0,
    **verdict: Any,
) -> None:
    """Print findings on stdout, with what to do next below them.

    With --json the result has the verdict, and the findings under `key`. Of the evidence of each
    people see `most_lines`, if given.
    """
    add_findings(findings, key, **verdict)
    shown = findings
    if most_lines:
        shown = [shortened(finding, most_lines) for finding in findings]
    print_text(findings_text(title, rows(shown)))
    print_next(shown)
    if runs_under_actions():
        from .runner_log import annotate_findings  # noqa: PLC0415 - only there

        annotate_findings(findings)


def failing(findings: list[Finding], strict: bool) -> list[str]:
    """Return the labels of the checks that failed or, if `strict`, are unverified or stale."""
    bad_outcomes = {"failed"}
    if strict:
        bad_outcomes |= {"unverified", STALE}
    return [finding.label for finding in findings if finding.outcome in bad_outcomes]


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
