"""The incident's issue on GitHub: one an incident, written from the journal, kept up to date."""

from __future__ import annotations

from ..clients.github.issues import INCIDENT_LABEL, Issue
from ..console.output import status
from ..incident.event import Event
from ..incident.facts import Facts
from ..incident.journal import Journal
from ..incident.log import IncidentLog
from ..incident.project import Project

TITLE = "Chart release rolled back"
LABELS = {"priority: high": "b60205", INCIDENT_LABEL: "d93f0b"}  # with their colours
SIZE_LIMIT = 65_536  # characters that GitHub accepts in an issue or a comment
SHOWN_FACTS = ("revert_url", "good_commit", "reference", "alias", "digest", "replaced")
SHOWN_RESULTS = ("checks", "triggers", "error")


def update_issue(project: Project, log: IncidentLog, title: str = "") -> None:
    """Open the incident's issue with its labels, or update its text, and its title if given."""
    journal = log.begin(title)
    issue = find_issue(project, journal)
    text = fit_to_limit(issue_text(journal), journal.id)
    if issue and not title and issue.body.strip() == text.strip():
        status(f"#{issue.number} is up to date {issue.url}", "done")
        log.record_skipped(Facts(issue=issue.number))
    else:
        _write_issue(project, log, issue, title, text)
    if issue and issue.state == "CLOSED":
        reopen = f"gh issue reopen {issue.number} --repo {project.slug}"
        status(f"#{issue.number} was closed in the meantime: {reopen}", "next")


def _write_issue(
    project: Project,
    log: IncidentLog,
    issue: Issue | None,
    title: str,
    text: str,
) -> None:
    issues = project.github.issues
    with log.recording_step(title=title) as outcome:
        if issue:
            number: int | None = issue.number
            issues.edit(issue.number, title or issue.title, text)
        else:
            issues.create_labels(LABELS)
            number = issues.create(title or TITLE, text, list(LABELS))
        outcome.learn(Facts(issue=number or 0))
    verb = "updated" if issue else "opened"
    written = issue or find_issue(project, log.journal)
    url = written.url if written else ""
    log.announce(f"#{number} {verb} {url}")


def find_issue(project: Project, journal: Journal) -> Issue | None:
    """Return the incident's issue, open or closed, whoever opened it."""
    number = journal.facts.issue
    issue = project.github.issues.get(number) if number else None
    if issue or not journal.id:  # an issue with a known number may have lost its label or text
        return issue
    incidents = project.github.issues.with_labels(INCIDENT_LABEL, state="all")
    return next((issue for issue in incidents if marker(journal) in issue.body), None)


def marker(journal: Journal, what: str = "incident") -> str:
    """Return the comment by which a text of the incident is found again."""
    return f"<!-- rollback {what} {journal.id} -->"


def issue_text(journal: Journal) -> str:
    """Return the text of the incident's issue, in Markdown."""
    reason = journal.opened.data.get("reason") or "A chart release is being rolled back."
    heading = "What was done, and by which command:"
    lines = [marker(journal), reason, "", *fired_triggers(journal), heading, ""]
    return "\n".join([*lines, *step_lines(journal), ""])


def fired_triggers(journal: Journal) -> list[str]:
    """Return the line that names the triggers that fired, and a blank one; none if none fired."""
    results = [event.data["triggers"] for event in journal.events if "triggers" in event.data]
    fired: dict[str, None] = {}
    for triggers in results:
        fired |= {name: None for name, outcome in triggers.items() if outcome == "fired"}
    if not fired:
        return []
    return [f"What fired: {', '.join(fired)}.", ""]


def step_lines(journal: Journal) -> list[str]:
    """Return a Markdown list of what was done, in UTC, under the commands that were typed."""
    commands = {
        event.run: event.data["command"] for event in journal.events if "command" in event.data
    }
    # Trigger results from before the incident come first.
    events = sorted(journal.events, key=lambda event: "seen" not in event.data)
    lines: list[str] = []
    run = ""
    for event in events:
        if event.kind == "started" or event.step.startswith("support."):
            continue
        if event.run != run and event.run in commands:
            lines.append(f"- `{commands[event.run]}`")
        run = event.run
        indent = "  " if run in commands else ""
        lines.append(f"{indent}- {_step_line(event)}")
    return lines


def _step_line(event: Event) -> str:
    time = event.data.get("seen") or f"{event.at:%Y-%m-%d %H:%M:%S}"
    parts = [f"{time} UTC, {event.step}: {event.kind}"]
    for key in (*SHOWN_FACTS, *SHOWN_RESULTS):
        value = event.data.get(key)
        if isinstance(value, dict):
            value = ", ".join(f"{name} {outcome}" for name, outcome in value.items())
        if value:
            parts.append(f"{key} {value}")
    return ", ".join(parts)


def fit_to_limit(text: str, incident_id: str) -> str:
    """Return a text that GitHub accepts: cut in the middle, between lines and outside of code."""
    if len(text) <= SIZE_LIMIT:
        return text
    where = f"the journal of incident {incident_id} holds all of it"
    note = f"*[...] cut here, since GitHub accepts {SIZE_LIMIT:,} characters: {where}*"
    half = (SIZE_LIMIT - len(note) - 10) // 2
    above = text[:half].rpartition("\n")[0]
    below = text[-half:].partition("\n")[2]
    if above.count("```") % 2:
        above += "\n```"
    if below.count("```") % 2:
        below = below.partition("```\n")[2]
    return f"{above}\n\n{note}\n\n{below}"
