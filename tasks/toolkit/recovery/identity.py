"""Find the pull request that is the revert: by a trusted author, equal to git's own revert."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..clients.github.pulls import PullRequest
from ..console.output import status
from ..core.errors import BadInput, RecipeError, Refused
from ..incident.facts import Facts
from ..incident.project import Project
from .bad_change import BadChange, fetch
from .comparison import Comparison, compare_pull, fetch_new, name_others


@dataclass(frozen=True)
class CheckedRevert:
    """A pull request that was compared; `is_accepted` if the user named it in spite of that."""

    pull: PullRequest
    comparison: Comparison
    is_accepted: bool = False

    @property
    def compared(self) -> str:
        """The result for the facts: `exact` or `accepted`; nothing if it may not be used."""
        if not self.comparison.problem:
            return "exact"
        return "accepted" if self.is_accepted else ""

    @property
    def refusal(self) -> Refused:
        """The error that says why it may not be used."""
        number = self.pull.number
        name = f"#{number} is {self.pull.state.lower()}, but"
        what = f"{name} not exactly the revert: it {self.comparison.problem}"
        advice = f"add --accept {number}@{self.pull.head_commit[:12]} to use it as it is"
        if self.comparison.command:
            advice = f"`{self.comparison.command}` shows it; {advice}"
        if self.pull.state == "OPEN":
            advice += f", or close it at {self.pull.url} to get another"
        return Refused(what, advice)


def parse_accept(project: Project, text: str) -> str:
    """Return what --accept names: the hash of a commit, or a pull request as `43` or `43@hash`.

    With the hash of its newest commit, nothing that is pushed later is accepted. Raises BadInput.
    """
    if not text or re.fullmatch("[0-9a-f]{7,40}", text):
        return text
    pull, at, head = text.partition("@")
    if at and not re.fullmatch("[0-9a-f]{7,40}", head):
        advice = "give its number and the hash that was shown, such as 43@1a2b3c4d5e6f"
        raise BadInput(f"--accept {text!r} names no commit after the @", advice)
    return f"{project.github.pulls.parse_number(pull)}{at}{head}"


def was_accepted(facts: Facts, commit: str) -> bool:
    """Return whether an earlier recipe accepted what `commit` merged."""
    return facts.compared == "accepted" and facts.good_commit == commit


def find_revert(
    project: Project,
    facts: Facts,
    bad: BadChange,
    accepted: str,
) -> CheckedRevert | None:
    """Return the pull request that reverts `bad`, if there is one: open or merged.

    One that is exactly the revert goes before others. If a number is `accepted`, only that counts.
    Raises BadInput if that is none of them, Refused if it is a stranger's.
    """
    number, _, head = accepted.partition("@")
    candidates = _without_strangers(project, bad, _find_claims(project, bad), number)
    if not candidates:
        return None
    tip, revision = fetch(project, bad, *candidates)
    other = None
    for pull in candidates:
        comparison = compare_pull(project, revision, tip, pull)
        is_named = str(pull.number) == number and pull.head_commit.startswith(head)
        is_accepted = is_named or was_accepted(facts, pull.merge_commit)
        checked = CheckedRevert(pull, comparison, is_accepted)
        if not comparison.is_undone:
            name = f"#{pull.number} is merged, but {bad.name} is on {bad.branch}"
            status(f"{name}: it {comparison.problem}", "warning")
        elif checked.compared:
            if comparison.problem:
                status(f"#{pull.number} is accepted, though it {comparison.problem}", "warning")
            return checked
        else:
            other = other or checked
    return other


def _find_claims(project: Project, bad: BadChange) -> list[PullRequest]:
    """Return the pull requests that say they revert `bad`: as a whole, or its workflow part."""
    pulls = project.github.pulls
    if bad.only_workflow:
        return pulls.reverts_of_part(bad.commit)
    if bad.pull:
        return pulls.reverts_of(bad.pull)
    return pulls.reverts_of_commit(bad.commit)


def _without_strangers(
    project: Project,
    bad: BadChange,
    claims: list[PullRequest],
    accepted: str,
) -> list[PullRequest]:
    candidates = []
    for pull in claims:
        if len(accepted) in range(1, 7) and str(pull.number) != accepted:
            continue
        reason = _distrust(project, bad, pull)
        if not reason:
            candidates.append(pull)
            continue
        what = f"#{pull.number} is not used as the revert of {bad.name}: {reason}"
        if accepted:
            raise Refused(what, "leave out --accept, to get a revert of your own")
        status(what, "warning")
    if accepted.isdecimal() and len(accepted) < 7 and not candidates:
        what = f"--accept {accepted} is not a revert of {bad.name}, open or merged"
        raise BadInput(what, "give the number of the pull request that was refused")
    return candidates


def _distrust(project: Project, bad: BadChange, pull: PullRequest) -> str:
    """Return why a pull request is not trusted, or nothing.

    A branch of the repository itself was pushed by somebody who could write to it at the time. An
    app that opens pull requests was installed by an administrator.
    """
    if pull.base != bad.branch:
        return f"it is for the branch {pull.base}"
    if pull.state == "MERGED":  # by somebody who may write
        return ""
    if pull.from_fork:
        return f"it comes from a fork, by {pull.author or 'a deleted account'}"
    return "" if pull.by_app else _distrust_author(project, pull.author)


def _distrust_author(project: Project, author: str) -> str:
    """Return why a person's pull request is not trusted, or nothing."""
    if not author:
        return "its author has deleted the account"
    try:
        if project.github.can_write(author):
            return ""
    except RecipeError as error:
        return f"could not tell whether {author} may write to {project.slug}: {error.what}"
    return f"{author} may not write to {project.slug}"


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
    """Compare the branch after a merge, and print the other new changes. Raises Refused."""
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
