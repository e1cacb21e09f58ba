"""The lessons learned: written from the journal, continued by hand, posted on the issue."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ..clients.github.issues import Issue
from ..clients.local_files import write_text
from ..console.output import format_duration, status
from ..core.errors import BadInput
from ..core.files import read_text, write_error
from ..incident.journal import Journal
from ..incident.log import IncidentLog
from ..incident.project import Project
from ..incident.stages import Stage, gantt_chart, recovery_stages, timed_events
from .issue import TITLE, find_issue, fired_triggers, fit_to_limit, marker, step_lines
from .timeline import find_journal

HANDWRITTEN = ("Impact", "What went well", "What went badly", "Follow-ups")  # headings
GENERATED = ("", "Timeline", "Recovery times")  # headings; above the first one it is ""
TABLE_HEAD = "| stage | what | budget | done after | |\n| --- | --- | --- | --- | --- |"
FOLLOW_UPS = """\
- [ ] complete fix and re-deployment
- [ ] what would have found it sooner: `invoke when.check` in cron?"""


def write_lessons(
    project: Project,
    log: IncidentLog,
    file: str = "",
    close: bool = False,
) -> None:
    """Write the lessons to `file`, or beside the journal, post them, and `close` the incident.

    What people wrote into the file or the post stays. Raises BadInput, ServiceError.
    """
    journal = find_journal(log)
    target = Path(file) if file else log.state / journal.id / "lessons.md"
    issue = find_issue(project, journal)
    title = marker(journal, "lessons")
    comments = project.github.issues.comments(issue.number) if issue else {}
    posts = {number: text for number, text in comments.items() if text.startswith(title)}
    before = _read(target, title if file else "")
    url = issue.url if issue else ""
    document = lessons_text(journal, url, *posts.values(), before, closing=close)
    if document == before:
        status(f"already written: {target}", "done")
    else:
        _write(project, target, document, is_option=bool(file))
        log.announce(f"written: {target}")
    if issue:
        _post(project, log, issue, fit_to_limit(document, journal.id), posts)
    else:
        status("there is no incident issue to post it on: invoke support.incident", "next")
    if close:
        _close(project, log, issue)


def _read(target: Path, title: str) -> str:
    """Return the earlier document, or an empty text. Raises BadInput for one without `title`."""
    try:
        text = read_text(target)
    except (OSError, UnicodeError) as error:
        what = f"{target} cannot be read ({error})"
        raise BadInput(what, "fix that, or name another file with --file") from error
    if text.strip() and title not in text:
        advice = f"name another file, or delete it; lessons begin with {title}"
        raise BadInput(f"--file {target} is another document", advice)
    return text


def _write(
    project: Project,
    target: Path,
    document: str,
    *,
    is_option: bool,
) -> None:
    """Write the document. Raises BadInput if the file was given as an option, else ServiceError."""
    try:
        write_text(project.runner.executor, target, document)
    except OSError as error:
        if not is_option:
            raise write_error(target, error) from error
        what = f"--file {target} cannot be written ({error.strerror})"
        raise BadInput(what, "name a file in an existing folder that you may write to") from error


def _post(
    project: Project,
    log: IncidentLog,
    issue: Issue,
    text: str,
    posts: dict[int, str],
) -> None:
    """Post the lessons on the issue: in place of the newest earlier post, if there is one."""
    where = f"on #{issue.number} {issue.url}"
    newest = max(posts, default=0)
    if newest and posts[newest].replace("\r", "").strip() == text.strip():
        status(f"already posted {where}", "done")
        return
    with log.recording_step(opens=False, issue=issue.number):
        if newest:
            project.github.issues.edit_comment(newest, text)
        else:
            project.github.issues.comment(issue.number, text)
    verb = "post updated" if newest else "posted"
    log.announce(f"{verb} {where}")


def _close(project: Project, log: IncidentLog, issue: Issue | None) -> None:
    if issue and issue.state == "OPEN":
        project.github.issues.close(issue.number)
    if log.is_open:
        journal = log.journal
        log.close()
        log.announce(f"incident {journal.id} is closed after {format_duration(journal.elapsed())}")


def lessons_text(
    journal: Journal,
    url: str,
    *earlier: str,
    closing: bool = False,
) -> str:
    """Return the lessons; what people wrote into `earlier` ones stays, the last one wins.

    Theirs is the text below the headings HANDWRITTEN, and below headings that they added.
    """
    generated = _generated_sections(journal, url, closing)
    sections = dict(generated)
    for text in earlier:
        for heading, body in _parse_sections(text).items():
            if heading not in GENERATED and body.strip() != generated.get(heading):
                sections[heading] = body
    above = sections.pop("")
    below = [f"## {heading}\n\n{body}".strip() for heading, body in sections.items()]
    return "\n\n".join([above, *below]) + "\n"


def _generated_sections(journal: Journal, url: str, closing: bool) -> dict[str, str]:
    """Return the sections by heading, as far as the journal tells them."""
    title = [marker(journal, "lessons"), f"# Incident {journal.id}", ""]
    above = [*title, _summary(journal, url), "", *fired_triggers(journal)]
    steps = "\n".join(step_lines(journal))
    stages = [_stage_row(stage, closing) for stage in recovery_stages(journal)]
    return {
        "": "\n".join(above).strip(),
        "Impact": "Who could not do what, and for how long: to be filled in.",
        "Timeline": f"```mermaid\n{gantt_chart(journal)}\n```\n\n{steps}",
        "Recovery times": "\n".join([TABLE_HEAD, *stages]),
        "What went well": "- to be filled in",
        "What went badly": "- to be filled in",
        "Follow-ups": FOLLOW_UPS,
    }


def _summary(journal: Journal, url: str) -> str:
    opened = journal.opened
    reason = opened.data.get("reason") or TITLE
    recovery = [at for event, at in timed_events(journal) if not event.step.startswith("support.")]
    end = opened.at + timedelta(seconds=max(recovery, default=0.0))
    link = f", see {url}" if url else ""
    return f"{reason}. From {opened.at:%Y-%m-%d %H:%M} to {end:%H:%M} UTC{link}."


def _stage_row(stage: Stage, closing: bool) -> str:
    end = "" if stage.end is None else format_duration(stage.end)
    state = stage.state
    if closing and state in ("to do", "late"):
        state = "not done"
    return f"| {stage.name} | {stage.work} | {format_duration(stage.budget)} | {end} | {state} |"


def _parse_sections(text: str) -> dict[str, str]:
    """Return the sections by heading; an unknown heading within a handwritten one belongs to it."""
    heading = ""
    sections = {heading: ""}
    for line in text.replace("\r\n", "\n").split("\n"):
        found = line.removeprefix("## ").strip() if line.startswith("## ") else ""
        is_known = found in (*HANDWRITTEN, *GENERATED)
        if found and (is_known or heading in GENERATED):  # else it may be a line of code
            heading = found
            sections.setdefault(heading, "")
        else:
            sections[heading] += f"{line}\n"
    return {heading: body.strip("\n") for heading, body in sections.items()}
