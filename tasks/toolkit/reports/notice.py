"""The notice to users: at the top of a release's notes, with the workarounds that were tested."""

from __future__ import annotations

from collections.abc import Sequence

from ..console.output import status
from ..core.errors import BadInput, Refused, ServiceError
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_write
from ..incident.project import Project, each_chart
from .issue import find_issue
from .workarounds import workaround_instructions

BEGIN = "<!-- rollback notice -->"
END = "<!-- end of the rollback notice -->"
END_INCIDENT = "support.notify --resolved support.lessons --close"
BLANK_LINES = ("\n\n", "\r\n\r\n")  # GitHub's editor ends lines with \r\n


def put_notice(
    project: Project,
    log: IncidentLog,
    tag: str = "",
    version: str = "",
) -> None:
    """Put a notice into a release's notes, or update it; without `tag` into the newest release.

    It offers the source of `version`, or of a release that can be installed.
    Raises BadInput, Refused, ServiceError.
    """
    all_notes = project.github.releases.notes()
    if not tag:
        tag = _newest_tag(project, all_notes)
    notes = notes_of(tag, all_notes, project.slug)
    above, below = split_notes(notes, tag)
    issue = find_issue(project, log.journal)
    notice = notice_text(
        workaround_instructions(project, log, version, tag),
        issue.url if issue else "",
        is_published=log.facts.published,
    )
    wanted = above + notice + below
    _replace_notes(project, log, tag, notes, wanted, resolved=False)


def _newest_tag(project: Project, all_notes: dict[str, str]) -> str:
    """Return the tag of the newest release; nothing if there is none.

    Raises Refused if GitHub has only the tag, as after a run that failed before its release.
    """
    newest = project.releases.newest()
    if not newest:
        return ""
    tag = newest[0].tag
    if all_notes and tag not in all_notes:
        what = f"GitHub has no release of the tag {tag}, so there are no notes for a notice"
        advice = "tell users by the incident's issue (`invoke support.incident`)"
        raise Refused(what, f"{advice}, and run this again once there is a release of {tag}")
    return tag


def has_notes(project: Project) -> bool:
    """Return whether GitHub has a release of the newest tag, whose notes can hold a notice."""
    all_notes = project.github.releases.notes()
    for chart in project.charts():
        for release in chart.releases.newest(1):
            if release.tag in all_notes:
                return True
    return False


def put_notices(
    project: Project,
    charts: Sequence[Project],
    log: IncidentLog,
    tag: str = "",
    version: str = "",
) -> None:
    """Put a notice as `put_notice` does, for each of the project's charts that are given.

    Raises BadInput if that is none, or if an option is of one chart.
    """
    if not charts or (len(charts) > 1 and (tag or version)):
        project.ensure_one_chart()
    for chart in each_chart(charts):
        put_notice(chart, log, tag, version)
    status(f"once users can install again: invoke {END_INCIDENT}", "next")


def remove_notices(project: Project, log: IncidentLog, tag: str = "") -> None:
    """Remove the notice from a release's notes; without `tag` from the notes of every release.

    Raises BadInput, Refused, ServiceError.
    """
    all_notes = project.github.releases.notes()
    tags = [tag]
    if not tag:
        tags = [one for one, notes in all_notes.items() if BEGIN in notes]
    if not tags:
        status("no release carries a notice", "done")
    for one in tags:
        notes = notes_of(one, all_notes, project.slug)
        above, below = split_notes(notes, one)
        _replace_notes(project, log, one, notes, above + below, resolved=True)


def _replace_notes(
    project: Project,
    log: IncidentLog,
    tag: str,
    notes: str,
    wanted: str,
    *,
    resolved: bool,
) -> None:
    """Replace the notes of a release, and read them again. Raises ServiceError."""
    releases = project.github.releases
    if wanted == notes:
        state = "carry no notice" if resolved else "already carry this notice"
        status(f"the notes of {tag} {state}", "done")
        log.record_skipped(tag=tag)
        return
    ensure_may_write(project)
    with log.recording_step(
        opens=not resolved,
        tag=tag,
        resolved=resolved,
    ):
        is_done = releases.edit_notes(tag, wanted)
        if is_done and releases.notes().get(tag) != wanted:
            raise ServiceError(
                f"the notes of {tag} are not what was written",
                "somebody else edits them: look at them, then run it again",
            )
    change = "removed from" if resolved else "put into"
    log.announce(f"notice {change} the notes of {tag}")


def notes_of(tag: str, all_notes: dict[str, str], slug: str) -> str:
    """Return the notes of a release of the repository `slug`. Raises BadInput if it has none."""
    if tag in all_notes:
        return all_notes[tag]
    newest = list(all_notes)[:5]
    raise BadInput(
        f"{slug} has no release {tag}".rstrip(),
        f"give --tag; the newest are {', '.join(newest) or 'none yet'}",
    )


def split_notes(notes: str, tag: str) -> tuple[str, str]:
    """Return a release's notes above and below the notice, without further copies of it.

    Raises Refused when the end of a notice is missing.
    """
    above, begin, rest = notes.partition(BEGIN)
    notice, end, below = rest.partition(END)
    if not begin:
        return "", notes
    if not end or BEGIN in notice:
        raise Refused(
            f"the notice in the notes of {tag} has lost its last line, {END}",
            "remove the notice from them by hand, on GitHub",
        )
    for blank_line in BLANK_LINES:
        if below.startswith(blank_line):
            below = below.removeprefix(blank_line)
            break
    further_above, further_below = split_notes(below, tag)
    return above, further_above + further_below


def notice_text(instructions: str, issue_url: str, *, is_published: bool) -> str:
    """Return the notice in Markdown, with a link to the issue if there is one.

    `is_published` says whether the incident has published a version that works.
    """
    fails = "failed" if is_published else "fails at present"
    link = f", see {issue_url}" if issue_url else ""
    text = f"[!WARNING]\nInstalling this release {fails}{link}.\n{instructions}"
    lines = [BEGIN]
    for line in text.rstrip("\n").split("\n"):
        quoted = f"> {line}"
        lines.append(quoted.rstrip())
    lines += [END, "", ""]
    return "\n".join(lines)
