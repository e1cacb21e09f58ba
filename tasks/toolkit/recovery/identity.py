"""Which pull request is the revert: one of people who may write, that does what git would do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..clients.github.pulls import PullRequest
from ..console.output import status
from ..core.errors import BadInput, Refused
from ..incident.facts import Facts
from ..incident.project import Project
from .comparison import BadChange, Comparison, compare_pull, fetch, fetch_new
from .safeguards import first_names


@dataclass(frozen=True)
class CheckedRevert:
    """A pull request that was compared; `is_accepted` if the user named it in spite of that."""

    pull: PullRequest
    comparison: Comparison
    is_accepted: bool = False

    @property
    def compared(self) -> str:
        """Return how it was compared, for the facts; nothing if it may not be used."""
        if not self.comparison.problem:
            return "exact"
        return "accepted" if self.is_accepted else ""

    @property
    def refusal(self) -> Refused:
        """Return why it may not be used."""
        number = self.pull.number
        name = f"#{number} is {self.pull.state.lower()}, but"
        what = f"{name} not exactly the revert: it {self.comparison.problem}"
        advice = f"add --accept {number} to use it as it is"
        if self.comparison.command:
            advice = f"`{self.comparison.command}` shows it; {advice}"
        if self.pull.state == "OPEN":
            advice += f", or `gh pr close {number}` to get another"
        return Refused(what, advice)


def parse_accept(project: Project, text: str) -> str:
    """Return what --accept names: a pull request's number, or the hash of a commit.

    Raises BadInput.
    """
    if not text or re.fullmatch("[0-9a-f]{7,40}", text):
        return text
    return str(project.github.pulls.parse_number(text))


def was_accepted(facts: Facts, commit: str) -> bool:
    """Return whether an earlier recipe was told to accept what `commit` merged."""
    return facts.compared == "accepted" and facts.good_commit == commit


def find_revert(
    project: Project,
    facts: Facts,
    bad: BadChange,
    claims: list[PullRequest],
    accepted: str,
) -> CheckedRevert | None:
    """Return the revert of `bad` among those that say so, if there is one.

    One that is exactly the revert goes before others. If a number is `accepted`, only that counts.
    Raises BadInput if that is none of them, Refused if it is a stranger's.
    """
    candidates = _without_strangers(project, bad, claims, accepted)
    if not candidates:
        return None
    tip, revision = fetch(project, bad, *candidates)
    other = None
    for pull in candidates:
        comparison = compare_pull(project, revision, tip, pull)
        is_accepted = str(pull.number) == accepted or was_accepted(facts, pull.merge_commit)
        checked = CheckedRevert(pull, comparison, is_accepted)
        if checked.compared:
            return checked
        if comparison.is_undone:
            other = other or checked
        else:
            name = f"#{pull.number} is merged, but {bad.name} is still on {bad.branch}"
            status(f"{name}: it {comparison.problem}", "warning")
    return other


def _without_strangers(
    project: Project,
    bad: BadChange,
    claims: list[PullRequest],
    accepted: str,
) -> list[PullRequest]:
    candidates = []
    for pull in claims:
        if accepted and str(pull.number) != accepted:
            continue
        reason = _distrust(project, bad, pull)
        if not reason:
            candidates.append(pull)
            continue
        what = f"#{pull.number} is not taken for the revert of {bad.name}: {reason}"
        if accepted:
            raise Refused(what, "leave out --accept, to get a revert of your own")
        status(what, "warning")
    if accepted.isdecimal() and not candidates:
        what = f"--accept {accepted}: that is no revert of {bad.name}, open or merged"
        raise BadInput(what, "give the number of the pull request that was refused")
    return candidates


def _distrust(project: Project, bad: BadChange, pull: PullRequest) -> str:
    """Return why a pull request is not one of ours, or nothing.

    A branch of the repository itself was pushed by somebody who could write to it at the time. An
    app that opens pull requests was installed by an administrator.
    """
    if pull.base != bad.branch:
        return f"it is for the branch {pull.base}"
    if pull.state == "MERGED":  # by somebody who may write
        return ""
    if pull.from_fork:
        return f"it comes from a fork, by {pull.author or 'a deleted account'}"
    if pull.by_app:
        return ""
    if pull.author and project.github.can_write(pull.author):
        return ""
    return f"{pull.author or 'a deleted account'} may not write to {project.slug}"


def check_opened(project: Project, bad: BadChange, pull: PullRequest) -> CheckedRevert:
    """Compare a pull request that was opened just now."""
    tip, revision = fetch_new(project, bad, pull)
    return CheckedRevert(pull, compare_pull(project, revision, tip, pull))


def check_merged(
    project: Project,
    bad: BadChange,
    checked: CheckedRevert,
    merged: PullRequest,
) -> CheckedRevert:
    """Compare what is on the branch after a merge, and name what else came. Raises Refused."""
    tip, revision = fetch_new(project, bad, merged)
    comparison = compare_pull(project, revision, tip, merged)
    is_accepted = checked.is_accepted
    if is_accepted and comparison.problem:
        result = project.git.trees.merged(comparison.before, checked.pull.head_commit)
        is_accepted = result == comparison.result
    found = CheckedRevert(merged, comparison, is_accepted)
    if not found.compared:
        raise found.refusal
    name_others(project, merged, checked.comparison.before, comparison.before)
    return found


def name_others(
    project: Project,
    merged: PullRequest,
    since: str,
    before: str,
) -> None:
    """Name the other changes that a revert is merged after, and that are published with it."""
    if since == before:
        return
    folders = [*project.git.chart_folders(), ".github/workflows"]
    others = project.git.history.changes(since, before, folders)
    if others:
        names = first_names([f'"{other}"' for other in others], 3)
        status(f"merged before #{merged.number}, and published with it: {names}", "warning")


def revert_facts(revert: PullRequest, compared: str = "") -> Facts:
    """Return the facts about a revert; what is merged counts only if it was `compared`."""
    facts = Facts(revert=revert.number, revert_url=revert.url)
    if not compared or revert.state != "MERGED":
        return facts
    return Facts(
        revert=revert.number,
        revert_url=revert.url,
        good_commit=revert.merge_commit,
        compared=compared,
        merged_at=revert.merged_at,
    )
