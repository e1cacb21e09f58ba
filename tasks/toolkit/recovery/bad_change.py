"""The change to revert: a pull request or a commit, all of it or its workflow part only."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from ..clients.github.pulls import PullRequest
from ..clients.github.workflow_calls import WORKFLOWS
from ..console.output import status
from ..console.result import note_pull
from ..core.errors import BadInput, Refused
from ..incident.project import Project

UNKNOWN_ADVICE = "origin must be the repository on GitHub: check `git remote -v`"


@dataclass(frozen=True)
class BadChange:
    """What is reverted: its name in messages, its branch, its commit there, its pull request.

    With `only_workflow`, that is what it changed in `.github/workflows`.
    """

    whole_name: str
    branch: str
    commit: str
    pull: PullRequest | None = None
    only_workflow: bool = False

    @property
    def name(self) -> str:
        """Return the name of what is reverted."""
        if self.only_workflow:
            return f"the workflow part of {self.whole_name}"
        return self.whole_name

    @property
    def number(self) -> int:
        """Return the number of the pull request; 0 for a commit."""
        return self.pull.number if self.pull else 0


def find_merged_pull(project: Project, text: str, only_workflow: bool = False) -> BadChange:
    """Return the merged pull request that `42`, `#42` or a URL names. Raises BadInput."""
    github = project.github
    number = github.pulls.parse_number(text)
    pull = github.pull_to_revert(number, project.default_branch)
    note_pull(pull.number)
    change = _change_of_pull(pull, only_workflow)
    if pull.state != "MERGED":
        what = f"{change.whole_name} is {pull.state.lower()}, not merged"
        raise BadInput(what, "there is nothing to revert; close it if it is open")
    return change


def _change_of_pull(pull: PullRequest, only_workflow: bool) -> BadChange:
    name = f'#{pull.number} "{pull.title}"'
    return BadChange(name, pull.base, pull.merge_commit, pull, only_workflow)


def find_commit(project: Project, sha: str, only_workflow: bool = False) -> BadChange:
    """Return the commit `sha`, which the default branch at origin contains. Raises BadInput."""
    git = project.git
    branch = project.default_branch
    tip = git.fetch(branch)
    commit = git.resolve(sha)
    summary = git.history.summary(commit)
    if not git.history.contains(tip, commit):
        what = f'"{summary}" is not on {branch} at origin'
        raise BadInput(what, "give a commit of that branch: `git log origin/HEAD`")
    return BadChange(f'"{summary}"', branch, commit, only_workflow=only_workflow)


def as_pull(project: Project, bad: BadChange) -> BadChange:
    """Return the pull request that a commit merged, if GitHub knows one; else the commit.

    So both names lead to the same revert.
    """
    pull = project.github.pulls.merged_as(bad.commit)
    if pull is None or pull.base != bad.branch:
        return bad
    change = _change_of_pull(pull, only_workflow=False)
    with suppress(Refused):  # where origin lacks it
        _, revision = fetch(project, change)
        if revision == bad.commit:  # and not only the last of several
            status(f"{bad.whole_name} is the merge of {change.name}")
            note_pull(pull.number)
            return replace(change, only_workflow=bad.only_workflow)
    return bad


def fetch(project: Project, bad: BadChange, *reverts: PullRequest) -> tuple[str, str]:
    """Fetch a branch and pull requests; return its tip, and what to revert: a commit or a range.

    Raises Refused if origin does not have them, or if there is nothing to revert in the change.
    """
    pulls = list(reverts)
    if bad.pull:
        pulls.append(bad.pull)
    refs = [f"refs/pull/{pull.number}/head" for pull in pulls]
    project.git.ensure_complete()
    unknown = f"could not tell what reverts {bad.name}"
    try:
        tip = project.git.fetch(bad.branch, *refs)
    except BadInput as error:
        raise Refused(f"{unknown}: {error.what}", UNKNOWN_ADVICE) from error
    missing = project.git.history.missing([bad.commit, *[pull.head_commit for pull in pulls]])
    if missing:
        raise Refused(f"{unknown}: origin lacks the commit {missing[0][:12]}", UNKNOWN_ADVICE)
    return tip, revision_of(project, bad)


def revision_of(project: Project, bad: BadChange) -> str:
    """Return what git is to revert: a commit, or a range. Raises Refused if it is empty."""
    before, revision = f"{bad.commit}^", bad.commit
    if bad.pull:
        before, revision = project.git.history.landed(bad.commit, bad.pull.head_commit)
    if not bad.only_workflow:
        return revision
    message = f"{bad.commit[:12]}, its part in {WORKFLOWS}"
    part = project.git.trees.part(before, bad.commit, WORKFLOWS, message)
    if not part:
        what = f"{bad.whole_name} changed nothing in {WORKFLOWS}"
        raise Refused(what, "leave out --only-workflow to revert all of it")
    return part
