"""Revert in a worktree, and push that: to a branch of our own, or to the default branch."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from ..clients.github.pulls import PullRequest, part_branch, revert_branch
from ..console.output import status
from ..core.errors import ServiceError
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from .bad_change import BadChange
from .comparison import compare
from .landed_revert import branch_facts
from .landing import time_before_push
from .merge import MERGE_FACTS
from .opening import opened_facts
from .wording import Wording


def open_from_branch(
    project: Project,
    log: IncidentLog,
    bad: BadChange,
    tip: str,
    revision: str,
    wording: Wording,
    draft: bool = False,
) -> PullRequest | None:
    """Open the revert of `bad`, which is `revision`, from a branch; None if only planned.

    A branch that an interrupted run pushed is used. Raises Refused, ServiceError.
    """
    branch, is_pushed = _find_branch(project, bad, tip, revision)
    if not is_pushed:
        push_revert(project, log, bad, tip, revision, branch, wording.message)
    with log.recording_step(pr=bad.number, branch=branch) as outcome:
        revert = project.github.openings.create(
            branch,
            bad.branch,
            wording.title,
            wording.body,
            draft,
        )
        outcome.learn(opened_facts(revert), forget=MERGE_FACTS)
    return revert


def push_revert(
    project: Project,
    log: IncidentLog,
    bad: BadChange,
    tip: str,
    revision: str,
    branch: str,
    message: str,
) -> None:
    """Revert `bad`, which is `revision`, at `tip`, and push that. Raises Refused, ServiceError."""
    git = project.git
    is_default = branch == bad.branch
    advice = "ask its owner"
    if is_default:
        advice = "leave out --push-to-default: a pull request is opened instead"
    with git.worktrees.checkout(tip, files=False) as tree:
        git.worktrees.revert(tree, revision, message)
        commit = git.resolve("HEAD", tree)
        with log.recording_step(pr=bad.number, sha=bad.commit, branch=branch) as outcome:
            facts = Facts(planned_revert=revision)
            pushed_at = time_before_push(project)
            if git.worktrees.push(tree, branch, advice):
                _confirm_pushed(project, branch, commit)
                facts = branch_facts(project, commit)
                facts = replace(facts, merged_at=pushed_at or facts.merged_at)
            if is_default:
                outcome.learn(facts)
    summary = git.history.summary(commit)
    log.announce(f'pushed "{summary}" to {branch}')


def _branch_name(bad: BadChange) -> str:
    """Return the name of the branch for a revert, as GitHub would choose it."""
    if bad.only_workflow:
        return part_branch(bad.commit)
    if bad.pull:  # as GitHub does
        return f"revert-{bad.pull.number}-{bad.pull.head}"
    return revert_branch(bad.commit)


def _find_branch(
    project: Project,
    bad: BadChange,
    tip: str,
    revision: str,
) -> tuple[str, bool]:
    """Return the branch for the revert of `bad`, and whether origin has the revert there already.

    A branch with anything else is not used.
    """
    git = project.git
    name = _branch_name(bad)
    branch = name
    for number in count(2):
        commit = git.remote_commit(branch)
        if not commit:
            return branch, False
        git.fetch(bad.branch, f"refs/heads/{branch}")
        comparison = compare(project, tip, revision, git.trees.merged(tip, commit))
        if not comparison.problem:
            return branch, True
        status(f"{branch} at origin is not used: it {comparison.problem}", "warning")
        branch = f"{name}-{number}"
    raise AssertionError("unreachable")


def _confirm_pushed(project: Project, branch: str, commit: str) -> None:
    """Check that origin has what was pushed."""
    if project.git.remote_commit(branch) != commit:
        what = f"{branch} at origin is not what was pushed"
        raise ServiceError(what, "somebody else pushed at the same time; re-run the same command")
