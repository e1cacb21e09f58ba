"""The wording of a revert: its title, the text of its pull request, its commit message."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.conventional import are_conventional, is_conventional
from ..core.revert_claims import REVERTS, REVERTS_PART
from ..core.titles import LONGEST_TITLE, fit_title
from ..incident.project import Project
from .automation import FILES, RELEASE_PLEASE
from .bad_change import BadChange

NEWEST = 50  # how many commits tell whether a branch has conventional ones
BY_GITHUB = 'Revert "'  # how GitHub and git begin the title of a revert


@dataclass(frozen=True)
class Wording:
    """The title and text of a revert, and the message of its commit."""

    title: str
    body: str
    message: str


def has_conventional_commits(project: Project, tip: str) -> bool:
    """Return whether commits on the branch of `tip` are to be conventional."""
    # release-please works with conventional commits only.
    if project.git.files.of_paths(tip, FILES[RELEASE_PLEASE]):
        return True
    return are_conventional(project.git.history.subjects(tip, NEWEST))


def word_revert(project: Project, bad: BadChange, tip: str, title: str, body: str) -> Wording:
    """Return the wording of the revert of `bad`; a title and a text of the user go before ours.

    Where commits are conventional, it is a `fix:`: automation makes no release of `Revert "..."`
    (https://github.com/googleapis/release-please/issues/296).
    """
    title = title or _title(bad, _subject(project, bad), has_conventional_commits(project, tip))
    claim = REVERTS.format(bad.commit)
    text = claim
    if bad.only_workflow:
        what = f"#{bad.number}" if bad.pull else bad.whole_name
        text = claim = REVERTS_PART.format(what, bad.commit)
    elif bad.pull:
        text = f"Reverts {project.slug}#{bad.number}"
    return Wording(title, body or text, f"{title}\n\n{claim}")


def merge_subject(title: str, number: int) -> str:
    """Return the subject of the conventional commit that merges a revert.

    https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository:
    GitHub would take that of the only commit, which is its own `Revert "..."`.
    """
    if title.startswith(BY_GITHUB) and not is_conventional(title):
        title = f"fix: r{title[1:]}"
    return f"{title} (#{number})"


def _subject(project: Project, bad: BadChange) -> str:
    if bad.pull:
        return bad.pull.title
    _, _, subject = project.git.history.summary(bad.commit).partition(" ")
    return subject


def _title(bad: BadChange, subject: str, conventional: bool) -> str:
    """Return a title that names the reverted one, which is shortened if need be."""
    start, reference = "Revert", ""
    if conventional:
        start = "fix: revert"
    if bad.only_workflow:
        start += " the workflow part of"
    if bad.pull and start != "Revert":
        reference = f" (#{bad.number})"
    room = LONGEST_TITLE - len(f'{start} ""{reference}')
    return f'{start} "{fit_title(subject, room)}"{reference}'
