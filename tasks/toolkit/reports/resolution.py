"""How an incident was resolved: the revert, what was published, and what was verified last."""

from __future__ import annotations

from ..core.markdown import link_to, plain
from ..incident.event import Event
from ..incident.journal import Journal
from ..incident.stages import stage_of
from .incident_record import IncidentRecord
from .incident_text import MOMENT, PULL_URL, outcomes_in_words


def resolution_lines(record: IncidentRecord) -> list[str]:
    """Return a list of what resolved the incident, or a line that says nothing is recorded."""
    journal = record.journal
    lines = [*_revert(journal), *_published(journal), *_verified(journal)]
    return lines or ["Nothing is recorded yet."]


def _revert(journal: Journal) -> list[str]:
    facts = journal.facts
    lines = []
    if facts.revert:
        name = f"#{facts.revert}"
        revert = link_to(name, facts.revert_url, PULL_URL)
        lines.append(f"- Revert: {revert}")
    if facts.good_commit:
        commit = plain(facts.good_commit)
        merged = f"- Merged as: {commit}"
        if facts.merged_at:
            merged += f" at {facts.merged_at:{MOMENT}}"
        lines.append(merged)
    return lines


def _published(journal: Journal) -> list[str]:
    """Return a line for each chart that was published, and for its alias, each once."""
    lines: list[str] = []
    for event in journal.events:
        if stage_of(event) != "Quick" or event.kind not in ("done", "skipped"):
            continue
        line = _publication(event)
        if line and line not in lines:
            lines.append(line)
    return lines


def _publication(event: Event) -> str:
    data = event.data
    alias = data.get("alias")
    if alias:
        shown = plain(str(alias))
        return f"- Published too: {shown}"
    digest = data.get("digest")
    reference = data.get("reference")
    if not digest or not reference:
        return ""
    version = data.get("version", "")
    published = plain(f"{reference}:{version}")
    shown = plain(str(digest))
    return f"- Published: {published}, digest {shown}"


def _verified(journal: Journal) -> list[str]:
    """Return the outcome of the last verification, if there is one."""
    for event in reversed(journal.events):
        checks = event.data.get("checks")
        if event.step == "verify.all" and checks:
            outcomes = outcomes_in_words(checks)
            return [f"- Verified at {event.at:{MOMENT}}: {outcomes}"]
    return []
