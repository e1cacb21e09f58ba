"""Find when an incident's recovery began, and when users had a good chart again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from .event import Event
from .facts import aware_time
from .journal import Journal
from .stages import recovers, recovery_stages, stage_of, timed_events

RECOVERED = "recovered"
STOPPED = "stopped"
OPEN = "open"


def incident_state(journal: Journal) -> str:
    """Return `recovered`, or else `stopped` or `open`."""
    if recovery_time(journal) is not None:
        return RECOVERED
    return STOPPED if journal.is_closed else OPEN


def recovery_time(journal: Journal) -> float | None:
    """Return the seconds until a verification passed after a change; None without a recovery.

    A check that failed later withdraws it.
    """
    recovered = None
    has_changed = False
    for event, at in timed_events(journal):
        if _is_recovery_step(journal, event):
            has_changed = True
        if event.step != "verify.all" or not has_changed:
            continue
        if not _has_good_chart(event):
            recovered = None
        elif recovered is None:
            recovered = at
    return recovered


def verified_after(journal: Journal) -> float | None:
    """Return the seconds until every check had passed after a change; None if they never did."""
    for stage in recovery_stages(journal):
        if stage.name == "Full":
            return stage.end
    return None


def installable_at(journal: Journal) -> datetime | None:
    """Return when users could install a good chart again, as a later verification found.

    That is when the last chart before it was published, else when the verification ran.
    """
    recovered = recovery_time(journal)
    if recovered is None:
        return None
    seconds = recovered
    for event, at in timed_events(journal):
        is_new = event.kind == "done" and recovers(event)
        if is_new and stage_of(event) == "Quick" and at <= recovered:
            seconds = at
    return journal.opened.at + timedelta(seconds=seconds)


def _is_recovery_step(
    journal: Journal,
    event: Event,
) -> bool:
    """Return whether a step merged a revert or published a chart, or found that already done."""
    if event.kind == "skipped":
        merged_at = _merged_at(event)
        return merged_at is not None and merged_at >= journal.opened.at
    return recovers(event)


def _has_good_chart(event: Event) -> bool:
    """Return whether a verification found the chart, and nothing that failed."""
    outcomes = event.data.get("checks") or {}
    charts = []
    for name, outcome in outcomes.items():
        if name.partition(" ")[0] == "chart":
            charts.append(outcome)
    return "passed" in charts and "failed" not in outcomes.values()


def first_change(journal: Journal) -> Event | None:
    """Return the event that began the recovery; None before it has begun."""
    for event in in_order(journal):
        if stage_of(event) in ("Immediate", "Quick"):
            return event
    return None


def events_before_recovery(journal: Journal) -> Iterator[Event]:
    """Yield the events before the first change; that may have been made by hand."""
    begun_at = _earliest_merge(journal)
    begun = first_change(journal)
    for event in in_order(journal):
        if event is begun:
            return
        if begun_at is None or time_of(event) <= begun_at:
            yield event


def _earliest_merge(journal: Journal) -> datetime | None:
    times = []
    for event in journal.events:
        merged_at = _merged_at(event)
        if merged_at:
            times.append(merged_at)
    return min(times, default=None)


def _merged_at(event: Event) -> datetime | None:
    text = event.data.get("merged_at")
    return aware_time(text) if text else None


def in_order(journal: Journal) -> list[Event]:
    """Return the events; the trigger results from before the incident come first."""
    earlier = []
    own = []
    for event in journal.events:
        if "seen" in event.data:
            earlier.append(event)
        else:
            own.append(event)
    return earlier + own


def time_of(event: Event) -> datetime:
    """Return when an event happened; a trigger result from before the incident says so itself."""
    seen = event.data.get("seen")
    if not seen:
        return event.at
    try:
        return aware_time(f"{seen}+00:00")
    except ValueError:  # not written by us
        return event.at
