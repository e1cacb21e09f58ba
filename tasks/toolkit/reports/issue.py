"""The incident's issue on GitHub: one an incident, written from the journal, kept up to date."""

from __future__ import annotations

from ..clients.github.issues import INCIDENT_LABEL, Issue
from ..console.output import status
from ..incident.facts import Facts
from ..incident.journal import Journal
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_write
from ..incident.project import Project
from ..incident.recovery_outcome import first_change
from .incident_cause import cause_in, cause_lines, is_about_same
from .incident_text import fit_to_limit, has_marker, issue_text, issue_title, marker

LABELS = {  # with their colours
    "priority: high": "b60205",
    INCIDENT_LABEL: "d93f0b",
}


def update_issue(
    project: Project,
    log: IncidentLog,
    title: str = "",
    rollback_url: str = "",
) -> None:
    """Open the incident's issue with its labels, or update its text, and its title if given.

    `rollback_url` is the page from which a recovery is started, if there is one. If an issue about
    the same cause is open, which another machine has opened, that is taken.
    """
    ensure_may_write(project)
    journal = log.begin(title)
    issue = find_issue(project, journal)
    if not issue:
        issue = _find_same_cause(project, journal)
        if issue and not title and first_change(journal) is None:
            status(f"#{issue.number} is about it already, {issue.url}", "done")
            log.record_skipped(Facts(issue=issue.number))
            return
    cause = cause_lines(journal, project.slug, rollback_url)
    if issue and not cause:
        cause = cause_in(issue.body)
    text = issue_text(journal, cause)
    text = fit_to_limit(project.runner.mask(text), journal.id)
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


def _find_same_cause(project: Project, journal: Journal) -> Issue | None:
    """Return the open issue, of an incident on another machine, that is about the same cause."""
    issues = project.github.issues
    for issue in issues.with_labels(INCIDENT_LABEL):
        if is_about_same(journal, issue.body) and issues.is_own(issue.number):
            return issue
    return None


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
            title or issue_title(log.journal),
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
        is_marked = has_marker(incident.body, marker(journal))
        if is_marked and issues.is_own(incident.number):
            return incident
    return None
