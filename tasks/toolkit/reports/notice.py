"""The notice to users: at the top of a release's notes, with the workarounds that were tested."""

from __future__ import annotations

from ..console.output import status
from ..core.errors import BadInput, Refused, ServiceError
from ..incident.log import IncidentLog
from ..incident.project import Project
from .issue import find_issue
from .workarounds import workaround_instructions

BEGIN = "<!-- rollback notice -->"
END = "<!-- end of the rollback notice -->"
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
        newest = project.github.releases.newest()
        tag = newest[0].tag if newest else ""
    notes = _notes_of(project, all_notes, tag)
    above, below = split_notes(notes, tag)
    wanted = above + _notice(project, log, tag, version) + below
    _edit_notes(project, log, tag, notes, wanted, resolved=False)


def remove_notices(project: Project, log: IncidentLog, tag: str = "") -> None:
    """Remove the notice from a release's notes; without `tag` from the notes of every release.

    Raises BadInput, Refused, ServiceError.
    """
    all_notes = project.github.releases.notes()
    tags = [tag] if tag else [one for one, notes in all_notes.items() if BEGIN in notes]
    if not tags:
        status("no release carries a notice", "done")
    for one in tags:
        notes = _notes_of(project, all_notes, one)
        wanted = "".join(split_notes(notes, one))
        _edit_notes(project, log, one, notes, wanted, resolved=True)


def _notes_of(project: Project, all_notes: dict[str, str], tag: str) -> str:
    if tag in all_notes:
        return all_notes[tag]
    newest = ", ".join(list(all_notes)[:5]) or "none yet"
    what = f"{project.slug} has no release {tag}".rstrip()
    raise BadInput(what, f"give --tag; the newest are {newest}")


def _edit_notes(
    project: Project,
    log: IncidentLog,
    tag: str,
    notes: str,
    wanted: str,
    *,
    resolved: bool,
) -> None:
    releases = project.github.releases
    if wanted == notes:
        state = "carry no notice" if resolved else "already carry this notice"
        status(f"the notes of {tag} {state}", "done")
        log.record_skipped(tag=tag)
        return
    with log.recording_step(opens=not resolved, tag=tag, resolved=resolved):
        if releases.edit_notes(tag, wanted) and releases.notes().get(tag) != wanted:
            what = f"the notes of {tag} are not what was written"
            raise ServiceError(what, "somebody else edits them: look at them, then run it again")
    change = "removed from" if resolved else "put into"
    log.announce(f"notice {change} the notes of {tag}")


def split_notes(notes: str, tag: str) -> tuple[str, str]:
    """Return a release's notes above and below the notice, without further copies of it.

    Raises Refused when the end of a notice is missing.
    """
    above, begin, rest = notes.partition(BEGIN)
    notice, end, below = rest.partition(END)
    if not begin:
        return "", notes
    if not end or BEGIN in notice:
        what = f"the notice in the notes of {tag} has lost its last line, {END}"
        raise Refused(what, f"remove it by hand: gh release edit {tag}")
    blank_line = next((line for line in BLANK_LINES if below.startswith(line)), "")
    below = below.removeprefix(blank_line)
    return above, "".join(split_notes(below, tag))


def _notice(
    project: Project,
    log: IncidentLog,
    tag: str,
    version: str,
) -> str:
    issue = find_issue(project, log.journal)
    link = f", see {issue.url}" if issue else ""
    fails = "failed" if log.facts.published else "fails at present"
    text = f"[!WARNING]\nInstalling this release {fails}{link}.\n"
    text += workaround_instructions(project, log, version, tag)
    quoted = [f"> {line}".rstrip() for line in text.splitlines()]
    return "\n".join([BEGIN, *quoted, END, "", ""])
