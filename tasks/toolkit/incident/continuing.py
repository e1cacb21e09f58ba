"""Whether the incident that is open continues, before a task acts."""

from __future__ import annotations

from ..console.output import DAY, format_duration, status
from ..core.errors import RecipeError
from .log import IncidentLog
from .project import Project


def close_if_resolved(project: Project, log: IncidentLog) -> None:
    """Close the incident if its issue is closed; without an answer it stays open."""
    issue = log.facts.issue
    if not issue or not log.is_open:
        return
    try:
        if not project.github.issues.is_closed(issue):
            return
    except RecipeError:
        return
    over = f"{log.journal.id} is closed, since its issue #{issue} is closed"
    status(f"{over}; the next change opens another incident", "warning", step="incident")
    log.close()


def report_open_incident(log: IncidentLog) -> None:
    """Say which incident continues, if one is open."""
    if not log.is_open:
        return
    age = log.journal.elapsed()
    line = f"{log.journal.id}, opened {format_duration(age)} ago, continues"
    if age < DAY:
        status(line, step="incident")
        return
    status(line, "warning", step="incident")  # its facts may belong to another emergency
    status("if it is over: invoke timeline.stop", "next", step="incident")
