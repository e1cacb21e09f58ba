"""The incident's issue on GitHub: one an incident, written from the journal, kept up to date."""

from __future__ import annotations

from ..clients.github.issues import INCIDENT_LABEL, Issue
from ..console.output import status
from ..incident.facts import Facts
from ..incident.journal import Journal
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_write
from ..incident.project import Project
from .incident_text import TITLE, fit_to_limit, issue_text, marker

LABELS = {  # with their colours
    "priority: high": "b60205",
    INCIDENT_LABEL: "d93f0b",
}


def update_issue(project: Project, log: IncidentLog, title: str = "") -> None:
    """Open the incident's issue with its labels, or update its text, and its title if given."""
    ensure_may_write(project)
    journal = log.begin(title)
    issue = find_issue(project, journal)
    text = fit_to_limit(project.runner.mask(issue_text(journal)), journal.id)
    if not issue:
        _open_issue(project, log, title, text)
        return
    if title or issue.body.strip() != text.strip():
        _edit_issue(project, log, issue, title, text)
    else:
        status(f"#{issue.number} is up to date {issue.url}", "done")
        log.record_skipped(Facts(issue=issue.number))
    if issue.state == "CLOSED":
        what = f"#{issue.number} was closed in the meantime"
        advice = project.github.typed.advice(what, "issue", "reopen", str(issue.number))
        status(advice, "next")


def _open_issue(
    project: Project,
    log: IncidentLog,
    title: str,
    text: str,
) -> None:
    issues = project.github.issues
    with log.recording_step(title=title) as outcome:
        issues.create_labels(LABELS)
        number = issues.create(
            title or TITLE,
            text,
            list(LABELS),
        )
        outcome.learn(Facts(issue=number or 0))
    issue = find_issue(project, log.journal)
    url = issue.url if issue else ""
    log.announce(f"#{number} opened {url}")


def _edit_issue(
    project: Project,
    log: IncidentLog,
    issue: Issue,
    title: str,
    text: str,
) -> None:
    with log.recording_step(title=title) as outcome:
        project.github.issues.edit(
            issue.number,
            title or issue.title,
            text,
        )
        outcome.learn(Facts(issue=issue.number))
    log.announce(f"#{issue.number} updated {issue.url}")


def find_issue(project: Project, journal: Journal) -> Issue | None:
    """Return the incident's issue, open or closed: the recorded one, or ours with its marker."""
    issues = project.github.issues
    number = journal.facts.issue
    issue = issues.get(number) if number else None
    if issue or not journal.id:  # an issue with a known number may have lost its label or text
        return issue
    for incident in issues.with_labels(INCIDENT_LABEL, state="all"):
        # The marker can be copied: a stranger's issue is a stranger's text.
        if marker(journal) in incident.body and issues.is_own(incident.number):
            return incident
    return None
