"""How people read what checks found: the outcome, the evidence below it, and what to type next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..core.invocation import as_invoked
from ..core.printable import harmless, one_line
from .finding import FIRST_AID, STALE, Finding
from .layout import GAP, wrap
from .output import outcome_mark, outcome_style, print_text
from .output import print_next as print_command
from .status_lines import advice_on_screen
from .styled import Text
from .terminal import is_terminal, out, printable_mark, width_of

MOST_NAMED = 10  # checks in a message; what is shown has them all
MOST_ADVISED = 2  # checks of several charts that have one advice

_cards_follow: list[bool] = []


def rows(findings: Sequence[Finding]) -> list[list[str]]:
    """Return label, outcome and evidence; one row for what is the same of all charts."""
    charts = {finding.chart for finding in findings} - {""}
    counts = Counter(finding.shown for finding in findings if finding.chart)
    found: dict[tuple[str, ...], list[str]] = {}
    for finding in findings:
        is_shared = counts[finding.shown] == len(charts)
        label = finding.name if is_shared and len(charts) > 1 else finding.label
        found[label, *finding.shown] = [label, finding.outcome, finding.evidence]
    return list(found.values())


def findings_text(title: str, rows: Sequence[Sequence[str]]) -> Text:
    """Return what is shown of rows of findings: a line with the outcome, and the evidence below."""
    width = width_of(out) - len(GAP)
    text = Text.assemble((one_line(title), "bold"))
    for name, outcome, evidence in rows:
        style = outcome_style(outcome)
        mark = outcome_mark(outcome)
        text.append(f"\n{mark} ", style)
        text.append(f"{one_line(name)} ", "bold")
        text.append(outcome, style)
        shown = as_invoked(harmless(evidence))
        for line in wrap(shown, width):
            text.append(f"\n{GAP}{line}")
    return text


@contextmanager
def before_card() -> Iterator[None]:
    """Leave what is left to a card that follows the block; it does not say what is stale."""
    _cards_follow.append(True)
    try:
        yield
    finally:
        _cards_follow.pop()


def print_next(findings: Sequence[Finding]) -> None:
    """Print what to type next below the findings, each command once, alone on its line."""
    if _cards_follow:
        findings = [finding for finding in findings if finding.outcome == STALE]
    arrow = printable_mark("→", out)
    cures = _cures(findings)
    last = ("", "")
    for line, names in _advised(findings).items():
        kind = "the cure" if line in cures else "next"
        if (kind, names) != last:
            heading = Text.assemble(f"\n{arrow} {kind}, for ", (names, "bold"), ":")
            print_text(heading)
        last = (kind, names)
        print_command(line)
        if is_terminal(out):
            advice_on_screen.add(as_invoked(one_line(line)))


def _cures(findings: Sequence[Finding]) -> set[str]:
    """Return the lines that are advised beside first aid."""
    cures: set[str] = set()
    for finding in findings:
        lines = finding.advice.split("\n")
        rest = [line for line in lines if not line.startswith(FIRST_AID)]
        if len(rest) < len(lines):
            cures.update(rest)
    return cures


def _advised(findings: Sequence[Finding]) -> dict[str, str]:
    """Return which checks advise each line, in words."""
    advised: dict[str, dict[str, list[str]]] = {}  # labels, by line and name
    for finding in findings:
        for line in filter(None, finding.advice.split("\n")):
            by_name = advised.setdefault(line, {})
            by_name.setdefault(finding.name, []).append(finding.label)
    names = {}
    for line, by_name in advised.items():
        parts = []
        for labels in by_name.values():
            part = join_names(labels, MOST_ADVISED)
            parts.append(part)
        names[line] = one_line(join_names(parts))
    return names


def join_names(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Return names in words, no more than `most` one by one."""
    named = list(names[:most])
    left = len(names) - len(named)
    if left:
        named.append(f"{left} more")
    first = ", ".join(named[:-1])
    return " and ".join(filter(None, [first, *named[-1:]]))
