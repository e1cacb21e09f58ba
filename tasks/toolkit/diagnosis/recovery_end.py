"""The end of a recovery: its card, what still fires, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from invoke.exceptions import Exit

from ..console.findings import Finding
from ..console.output import format_duration, print_text, status
from ..console.result import note_table, noted_result
from ..console.shown_findings import before_card
from ..console.terminal import out, width_of
from ..core.errors import RecipeError
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..incident.recovery_outcome import verified_after
from ..reports.card import Card
from ..reports.notice import END_INCIDENT, has_notes
from ..workflows.touched import covered_charts
from .recovery_card import recovery_card
from .triggers import TRIGGERS
from .verdict import ensure_clear
from .verdict_of_charts import check_triggers_of_charts


@contextmanager
def reporting_card(project: Project, log: IncidentLog) -> Iterator[None]:
    """Print the card after a recovery whose checks have run, also if they did not pass.

    A plan has made no changes, so that it has no card.
    Raises CheckFailed if a trigger still fires.
    """
    before = verified_after(log.journal)
    try:
        with before_card():
            yield
    except Exit:
        if log.verified:
            _print_card(project, log, [])
        raise
    if not log.verified:
        return
    fired = _firing_triggers(project, log)
    card = _print_card(project, log, fired)
    seconds = verified_after(log.journal)
    if not card.is_recovered or seconds is None:
        seconds = log.journal.elapsed()
    elapsed = f"{format_duration(seconds)} after the incident was opened"
    ensure_clear(fired)
    if card.is_recovered and before is not None:
        log.announce(f"still recovered, first {elapsed}")
    elif card.is_recovered:
        log.announce(f"recovered, {elapsed}")
    else:
        status(f"{card.title.lower()}, {elapsed}", "warning")
    step = _next_step(project, log, card)
    if step:
        status(step, "next")


def _firing_triggers(project: Project, log: IncidentLog) -> list[Finding]:
    """Return the triggers that still fire for the charts that the recovery covers."""
    covered = [one.project for one in covered_charts(project, log.facts)]
    verdict = check_triggers_of_charts(covered, log, list(TRIGGERS))
    return [finding for finding in verdict.findings if finding.outcome == "fired"]


def _next_step(project: Project, log: IncidentLog, card: Card) -> str:
    """Return what to type next for the people: tell users first, then end the incident.

    A release without notes can hold no notice.
    """
    takes_notice = False
    with suppress(RecipeError):
        takes_notice = has_notes(project)
    if not log.facts.issue:
        tasks = "support.incident support.notify" if takes_notice else "support.incident"
        return f"to tell users: invoke {tasks}"
    if not card.is_recovered:
        return ""
    tasks = END_INCIDENT if takes_notice else "support.lessons --close"
    return f"to end the incident: invoke {tasks}"


def _print_card(project: Project, log: IncidentLog, fired: Sequence[Finding]) -> Card:
    """Print the card and return it."""
    card = recovery_card(project, log, fired)
    text = card.text(width_of(out))
    note_table("", (card.title, ""), list(card.rows()))
    result = noted_result()
    if result:
        for _, command in card.left:
            result.add_next(command)
        result.output.append(text.plain.strip())
    print_text(text)
    return card
