"""The action items of a postmortem, as far as the record can suggest them."""

from __future__ import annotations

from collections.abc import Iterator

from ..console.findings import STALE
from ..console.output import MINUTE
from ..core.markdown import link_to
from ..incident.recovery_outcome import time_of
from ..incident.stages import recovery_stages
from .incident_record import IncidentRecord
from .incident_text import fired_in

QUICK_DETECTION = 5 * MINUTE  # seconds from the release


def action_table(record: IncidentRecord) -> list[str]:
    """Return a table of actions; their owners and dates are left to people."""
    lines = ["| action | owner | due date |", "| --- | --- | --- |"]
    for action in _suggestions(record):
        lines.append(f"| {action} | to be filled in | to be filled in |")
    return lines


def _suggestions(record: IncidentRecord) -> Iterator[str]:
    stages = {stage.name: stage for stage in recovery_stages(record.journal)}
    if stages["Full"].end is None:
        yield "Complete the fix and the re-deployment, until `invoke verify.all --strict` passes"
    if record.reverted:
        yield f"Land {link_to(record.reverted.name)} again, with a fix"
    event = record.detected_by
    if event and "publish" in fired_in(event):
        yield "Rehearse changes of the workflow before they land: `invoke prevention.branch`"
    if not _was_detected_quickly(record):
        yield "Find it sooner: run `invoke when.check` from cron"
    if _has_stale_reference(record):
        yield "Correct the references that are stale: `invoke verify.references`"
    if record.reports:
        numbers = ", ".join(f"#{number}" for number in record.reports)
        yield f"Answer the users who reported it: {numbers}"


def _was_detected_quickly(record: IncidentRecord) -> bool:
    event = record.detected_by
    if event is None or record.released_at is None:
        return False
    passed = time_of(event) - record.released_at
    return passed.total_seconds() <= QUICK_DETECTION


def _has_stale_reference(record: IncidentRecord) -> bool:
    """Return whether the last verification found one."""
    for event in reversed(record.journal.events):
        checks = event.data.get("checks")
        if event.step == "verify.all" and checks:
            return STALE in checks.values()
    return False
