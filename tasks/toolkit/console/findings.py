"""What checks found: an outcome, the evidence, and what to type next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from ..core.errors import BadInput, CheckFailed, RecipeError
from ..core.invocation import as_invoked, current_chart, for_chart, working_on_chart
from .output import print_json, print_line, print_table
from .waiting import run_parallel

T = TypeVar("T")
MOST_NAMED = 10  # checks in a message; the table has them all
SEE_BELOW = "the lines below the table say what to do next"
STALE = "stale"


@dataclass(frozen=True)
class Finding:
    """What a check found: its outcome, the evidence, and the next command to type, if any.

    `outcome` is passed, failed or unverified for a check; fired, clear or unknown for a trigger. It
    is STALE for texts that name something else than what works.
    `chart` is the one that it is about, where there are several.
    """

    name: str
    outcome: str
    evidence: str
    next: str = ""
    chart: str = field(default_factory=current_chart)

    @property
    def label(self) -> str:
        """Its name in a table, after that of its chart."""
        return f"{self.chart} {self.name}".lstrip()

    @property
    def advice(self) -> str:
        """What to type next: commands name the chart that they are for."""
        return for_chart(self.next, self.chart)

    def as_data(self) -> dict[str, str]:
        """Return it for JSON, with a chart where there are several."""
        data = {**asdict(self), "next": self.advice}
        if not self.chart:
            del data["chart"]
        return data


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
    """Run the checks of several charts, as `run_checks` does those of one."""
    calls = []
    for chart, its_checks in checks.items():
        for name, check in its_checks.items():
            run = partial(_run_check, name, check, unread, wrong)
            calls.append(partial(of_chart, chart, run))
    return run_parallel(calls)


def of_chart(chart: str, call: Callable[[], T]) -> T:
    """Return what a call returns that works on a chart."""
    with working_on_chart(chart):
        return call()


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
        listed = [finding.as_data() for finding in findings]
        print_json({**verdict, key: listed})
        return
    print_table(title, columns(key), rows(findings))
    print_next(findings)


def columns(key: str) -> list[str]:
    """Return the columns of a table of findings, by the key that they have in JSON."""
    return [key.removesuffix("s"), "outcome", "evidence"]


def rows(findings: list[Finding]) -> list[list[str]]:
    """Return the rows of a table of findings."""
    return [[finding.label, finding.outcome, finding.evidence] for finding in findings]


def print_next(findings: list[Finding]) -> None:
    """Print what to type next below the table: copied from it, it would have its borders."""
    advised = [finding for finding in findings if finding.next]
    width = max((len(finding.label) for finding in advised), default=0)
    for finding in advised:
        for line in finding.advice.split("\n"):
            print_line(f"{finding.label:<{width}} → {as_invoked(line)}")


def failing(findings: list[Finding], strict: bool) -> list[str]:
    """Return the labels of the checks that failed or, if `strict`, are unverified or stale."""
    bad_outcomes = {"failed"}
    if strict:
        bad_outcomes |= {"unverified", STALE}
    return [finding.label for finding in findings if finding.outcome in bad_outcomes]


def join_names(names: Sequence[str]) -> str:
    """Return names in words, no more than MOST_NAMED one by one."""
    named = list(names[:MOST_NAMED])
    left = len(names) - len(named)
    if left:
        named.append(f"{left} more")
    return " and ".join(named)


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
        raise CheckFailed(f"{join_names(names)} did not pass", SEE_BELOW)
