"""Support."""

from __future__ import annotations

from pathlib import Path

from .toolkit.clients.github.issues import INCIDENT_LABEL, Issue
from .toolkit.console.output import format_duration, status
from .toolkit.core.errors import BadInput, Refused, ServiceError
from .toolkit.core.files import read_text, replace_text
from .toolkit.incident.context import Incident
from .toolkit.incident.journal import Journal, journal_files, write_error
from .toolkit.incident.recipe import recipe
from .toolkit.reports import lessons as account
from .toolkit.reports.lessons import TITLE, fit_to_limit, marker
from .toolkit.reports.workarounds import workaround_instructions

LABELS = {"priority: high": "b60205", INCIDENT_LABEL: "d93f0b"}
BEGIN, END = (
    "<!-- rollback notice -->",
    "<!-- end of the rollback notice -->",
)  # the rest of the notes is not ours


@recipe(name="incident", acts=True, help={"title": "title of the issue"})
def incident_issue(incident: Incident, title: str = "") -> None:
    """1. Create an incident issue in GitHub; 2. tag it as `priority: high` and `type: incident`: one an incident, kept up to date."""
    step, journal = "support.incident", incident.begin(title)
    found = _issue(incident, journal)
    body = fit_to_limit(account.body(journal), journal.id)
    if found and found.body.strip() == body.strip() and not title:
        status(step, f"#{found.number} is up to date {found.url}", "done")
        incident.found_done(step, issue=found.number)
    else:
        _write(incident, found, title, body)
    if found and found.state == "CLOSED":
        status(
            step,
            f"#{found.number} was closed meanwhile: gh issue reopen {found.number} --repo {incident.slug}",
            "next",
        )


def _write(incident: Incident, found: Issue | None, title: str, body: str) -> None:
    """Give the issue that was found its title and text, or open one with them."""
    step, github = "support.incident", incident.github
    with incident.acting(step, title=title) as learned:
        if found:
            github.edit_issue(found.number, title or found.title, body)
            learned["issue"] = found.number
        else:
            github.make_labels(LABELS)
            learned["issue"] = github.open_issue(title or TITLE, body, list(LABELS))
    if not incident.dry:
        now = _issue(incident, incident.journal) or found
        status(
            step,
            f"#{learned['issue']} {'updated' if found else 'opened'} {now.url if now else ''}",
            "done",
        )


@recipe(
    acts=True,
    help={
        "tag": "the release; without it the newest that is no pre-release, or, with --resolved, every one that carries a notice",
        "version": "the version whose source the notice offers; without it the release's own, or the newest, that can be installed",
        "resolved": "take the notice away",
    },
)
def notify(incident: Incident, tag: str = "", version: str = "", resolved: bool = False) -> None:
    """3. Notify users via release notes or status page: a notice with the workarounds at the top of a release's notes, put once."""
    step, found = "support.notify", incident.github.notes()
    newest = [] if tag or resolved else [release.tag for release in incident.github.releases()[:1]]
    tags = (
        [tag]
        if tag
        else [one for one, notes in found.items() if BEGIN in notes]
        if resolved
        else newest
    )
    if not set(tags) <= set(found) or not (tags or resolved):
        listed = ", ".join(list(found)[:5]) or "none yet"
        raise BadInput(
            f"{incident.slug} has no release {tag}".rstrip(), f"give --tag; the newest are {listed}"
        )
    for one in tags:
        above, below = _around(found[one], one)
        wanted = above + ("" if resolved else _notice(incident, one, version)) + below
        if wanted == found[one]:
            status(
                step,
                f"the notes of {one} {'carry no notice' if resolved else 'carry this notice already'}",
                "done",
            )
            incident.found_done(step, tag=one)
            continue
        with incident.acting(step, opens=not resolved, tag=one, resolved=resolved):
            incident.github.edit_notes(one, wanted)
            if not incident.dry and incident.github.notes().get(one) != wanted:
                raise ServiceError(
                    f"the notes of {one} are not as they were written",
                    "somebody else edits them: look, then run it again",
                )
        status(
            step,
            f"notice {'taken from' if resolved else 'put into'} the notes of {one}",
            "note" if incident.dry else "done",
        )
    if not tags:
        status(step, "no release carries a notice", "done")


@recipe(
    acts=True,
    help={
        "file": "where to write it, instead of beside the incident's record",
        "close": "close the issue, and the incident",
    },
)
def lessons(incident: Incident, file: str = "", close: bool = False) -> None:
    """4. Document lessons learned after resolution: from the record, written to a file, and posted on the incident issue."""
    step, github, journal = "support.lessons", incident.github, _newest(incident)
    if not journal.file:
        raise BadInput(
            f"there is no incident in {incident.state}",
            "the first recipe that changes something begins one, or timeline.start",
        )
    target, found = (
        Path(file) if file else journal.file.parent / "lessons.md",
        _issue(incident, journal),
    )
    mine = marker(journal, "lessons")
    comments = github.comments(found.number) if found else {}
    posted = {number: text for number, text in comments.items() if text.startswith(mine)}
    before = _before(target, mine if file else "")
    generated = account.lessons(journal, found.url if found else "", close)
    document = account.merge_handwritten(generated, *posted.values(), before)
    _keep(incident, target, before, document, bool(file))
    if found:
        _post(incident, found, fit_to_limit(document, journal.id), posted)
    else:
        status(step, "there is no incident issue to post it on: invoke support.incident", "next")
    if close and found and found.state == "OPEN":
        github.close_issue(found.number)
    if close and not journal.closed and not incident.dry:
        journal.write(step, "closed", {})
        status(
            step,
            f"incident {journal.id} is closed after {format_duration(journal.elapsed())}",
            "done",
        )


def _before(target: Path, demanded: str) -> str:
    """Return the document that is there. Raises BadInput when it cannot be read, or has not the line by which it is ours."""
    try:
        text = read_text(target)
    except (OSError, UnicodeError) as error:
        raise BadInput(
            f"{target} cannot be read ({error})", "see to that, or name another with --file"
        ) from error
    if text.strip() and demanded not in text:
        raise BadInput(
            f"--file {target} is another document",
            f"name another file, or delete it; lessons begin with {demanded}",
        )
    return text


def _keep(incident: Incident, target: Path, before: str, document: str, named: bool) -> None:
    """Write the document where it is not written yet; what people added is in it."""
    if before == document:
        status("support.lessons", f"written already: {target}", "done")
    elif incident.dry:
        incident.commands.plan.add(f"# {target} is written")
    else:
        try:
            replace_text(target, document)
        except OSError as error:
            wrong = BadInput(
                f"--file {target} cannot be written ({error.strerror})",
                "name a file in a folder that is there, and yours",
            )
            raise (wrong if named else write_error(target, error)) from error
        status("support.lessons", f"written: {target}", "done")


def _post(incident: Incident, issue: Issue, text: str, posted: dict[int, str]) -> None:
    """Put the document on the issue: in the place of the newest that was posted there, if one was."""
    step, number = "support.lessons", max(posted, default=0)
    if number and posted[number].replace("\r", "").strip() == text.strip():
        status(step, f"posted already on #{issue.number} {issue.url}", "done")
        return
    with incident.acting(step, opens=False, issue=issue.number):
        if number:
            incident.github.edit_comment(number, text)
        else:
            incident.github.comment(issue.number, text)
    status(
        step,
        f"posted {'anew ' * bool(number)}on #{issue.number} {issue.url}",
        "note" if incident.dry else "done",
    )


def _around(notes: str, tag: str) -> tuple[str, str]:
    """Return a release's notes above and below the notice, and no other that was pasted. Raises Refused when an end cannot be told."""
    above, begin, rest = notes.partition(BEGIN)
    notice, end, below = rest.partition(END)
    if not begin:
        return "", notes
    if not end or BEGIN in notice:
        raise Refused(
            f"the notice in the notes of {tag} has lost its last line, {END}",
            f"take it away by hand: gh release edit {tag}",
        )
    blank = next((blank for blank in ("\n\n", "\r\n\r\n") if below.startswith(blank)), "")
    return above, "".join(_around(below.removeprefix(blank), tag))


def _notice(incident: Incident, tag: str, version: str) -> str:
    issue = _issue(incident, incident.journal)
    fails = "failed" if "digest" in incident.known else "fails at present"
    text = f"[!WARNING]\nInstalling this release {fails}{f', see {issue.url}' if issue else ''}.\n"
    lines = [
        f"> {line}".rstrip()
        for line in (text + workaround_instructions(incident, version, tag)).splitlines()
    ]
    return "\n".join([BEGIN, *lines, END, "", ""])


def _newest(incident: Incident) -> Journal:
    """Return the open incident's record, or else the newest."""
    newest = next(iter(journal_files(incident.state)), None)
    return incident.journal if incident.journal.file or not newest else Journal(newest)


def _issue(incident: Incident, journal: Journal) -> Issue | None:
    """Return the incident's issue, open or closed, whoever made it."""
    known = journal.known().get("issue", 0)
    if known and (there := incident.github.issue(known)):  # it may have lost its label, or its text
        return there
    found = incident.github.issues(INCIDENT_LABEL, state="all") if journal.id else []
    return next((issue for issue in found if marker(journal) in issue.body), None)
