"""The lessons learned: written to a file, posted on the issue, and with them the incident ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..clients.dry_run import Executor
from ..clients.github.issues import Issue
from ..clients.local_files import write_text
from ..console.output import format_duration, status
from ..core.errors import BadInput
from ..core.files import read_text, write_error
from ..core.shell import quote
from ..incident.journal import Journal
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_write
from ..incident.project import Project
from .incident_record import read_record
from .incident_text import fit_to_limit
from .issue import find_issue
from .lessons_document import lessons_marker, lessons_text
from .timeline import find_journal


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
    issue = find_issue(project, journal)
    posts = _earlier_posts(project, issue, journal)
    target = Path(file) if file else log.state / journal.id / "lessons.md"
    title = lessons_marker(journal) if file else ""
    before = read_document(target, title)
    record = read_record(project, journal)
    record = replace(record, issue_url=issue.url if issue else "", is_closing=close)
    text = lessons_text(record, *posts.values(), before)
    document = project.runner.mask(text)
    if document == before:
        status(f"already written: {target}", "done")
    else:
        write_document(project.runner.executor, target, document, is_option=bool(file))
        log.announce(f"written: {target}")
    if issue:
        text = fit_to_limit(document, journal.id)
        _post(project, log, issue, text, posts)
    else:
        status("there is no incident issue to post it on: invoke support.incident", "next")
    if close:
        _close(project, log, issue)
    else:
        option = f"--file {quote(file)} " if file else ""
        command = f"invoke support.lessons {option}--close"
        status(f"fill in what people know in {target}, then: {command}", "next")


def _earlier_posts(project: Project, issue: Issue | None, journal: Journal) -> dict[int, str]:
    """Return our own comments that hold the lessons, by their ids, oldest first."""
    if not issue:
        return {}
    comments = project.github.issues.own_comments(issue.number)
    posts = {}
    for number, text in comments.items():
        if text.startswith(lessons_marker(journal)):
            posts[number] = text
    return posts


def read_document(file: Path, title: str) -> str:
    """Return the earlier document, or an empty text. Raises BadInput for one without `title`."""
    try:
        text = read_text(file)
    except (OSError, UnicodeError) as error:
        raise BadInput(
            f"{file} cannot be read ({error})",
            "fix that, or name another file with --file",
        ) from error
    if text.strip() and title not in text:
        raise BadInput(
            f"--file {file} is another document",
            f"name another file, or delete it; lessons begin with {title}",
        )
    return text


def write_document(
    executor: Executor,
    file: Path,
    document: str,
    *,
    is_option: bool,
) -> None:
    """Write the document. Raises BadInput if the file was given as an option, else ServiceError."""
    try:
        write_text(executor, file, document)
    except OSError as error:
        if not is_option:
            raise write_error(file, error) from error
        raise BadInput(
            f"--file {file} cannot be written ({error.strerror})",
            "name a file in an existing folder that you may write to",
        ) from error


def _post(
    project: Project,
    log: IncidentLog,
    issue: Issue,
    text: str,
    posts: dict[int, str],
) -> None:
    """Post the lessons on the issue: in place of the newest earlier post, if there is one."""
    issues = project.github.issues
    where = f"on #{issue.number} {issue.url}"
    newest = max(posts, default=0)
    if newest and is_same_text(posts[newest], text):
        status(f"already posted {where}", "done")
        return
    ensure_may_write(project)
    with log.recording_step(opens=False, issue=issue.number):
        if newest:
            issues.edit_comment(newest, text)
        else:
            issues.comment(issue.number, text)
    verb = "post updated" if newest else "posted"
    log.announce(f"{verb} {where}")


def is_same_text(post: str, text: str) -> bool:
    """Return whether a post holds a text; GitHub's editor ends lines with CR and LF."""
    return post.replace("\r", "").strip() == text.strip()


def _close(project: Project, log: IncidentLog, issue: Issue | None) -> None:
    if issue and issue.state == "OPEN":
        ensure_may_write(project)
        project.github.issues.close(issue.number)
    if not log.is_open:
        return
    journal = log.journal
    log.close()
    elapsed = format_duration(journal.elapsed())
    log.announce(f"incident {journal.id} is closed after {elapsed}")
