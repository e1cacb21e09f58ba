"""Revert a commit, unless it is reverted already."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from ..clients.github.pulls import revert_branch
from ..console.output import status
from ..core.errors import BadInput, Refused, ServiceError
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from .comparison import BadChange, Comparison, check_undone, compare
from .identity import CheckedRevert, find_revert, was_accepted
from .landing import time_before_push
from .merge import MERGE_FACTS
from .opening import announce_opened, opened_facts, record_existing


def find_commit(project: Project, sha: str) -> tuple[str, str]:
    """Return the tip of the default branch at origin, and the commit `sha`, which it contains.

    Raises BadInput.
    """
    git = project.git
    tip = git.fetch(project.default_branch)
    commit = git.resolve(sha)
    if not git.history.contains(tip, commit):
        summary = git.history.summary(commit)
        what = f'"{summary}" is not on {project.default_branch} at origin'
        raise BadInput(what, "give a commit of that branch: `git log origin/HEAD`")
    return tip, commit


def bad_commit(project: Project, commit: str) -> BadChange:
    """Return the commit as what is to be reverted."""
    summary = project.git.history.summary(commit)
    return BadChange(f'"{summary}"', project.default_branch, commit)


def was_reverted(
    project: Project,
    log: IncidentLog,
    tip: str,
    bad: str,
    accepted: str = "",
) -> bool:
    """Return whether a commit up to `tip` reverts `bad`, a commit or a range, and record it.

    Raises Refused if it does something else too, unless its hash is `accepted`.
    """
    git = project.git
    commit = bad.rpartition("..")[2]
    refusals = []
    for revert in git.history.claims_to_revert(tip, commit):
        by = git.history.summary(revert)
        landing = git.history.landing_commit(tip, revert, commit)
        comparison = _compare_landed(project, bad, landing, tip)
        if not comparison.is_undone:
            what = f'"{by}" says that it reverts {commit[:12]}, which is still there'
            status(f"{what}: it {comparison.problem}", "warning")
            continue
        is_accepted = landing.startswith(accepted or "-") or was_accepted(log.facts, landing)
        if comparison.problem and not is_accepted:
            what = f'"{by}" is not exactly the revert: it {comparison.problem}'
            shown = f"`{comparison.command}` shows it"
            refusal = Refused(what, f"{shown}; add --accept {landing[:12]} to use it as it is")
            refusals.append(refusal)
            continue
        summary = git.history.summary(commit)
        status(f'"{summary}" is already reverted by "{by}"', "done")
        log.record_skipped(_branch_facts(project, landing, bool(comparison.problem)))
        return True
    if refusals:
        raise refusals[0]
    return False


def _compare_landed(
    project: Project,
    bad: str,
    landing: str,
    tip: str,
) -> Comparison:
    """Compare what a commit on the branch of `tip` made of it with what git makes of the revert."""
    git = project.git
    before = git.resolve(f"{landing}~1")
    comparison = compare(project, before, bad, git.trees.of(landing))
    return check_undone(project, comparison, bad, tip)


def push_revert(
    project: Project,
    log: IncidentLog,
    tip: str,
    bad: str,
    branch: str,
) -> bool:
    """Revert `bad` at `tip` and push that to `branch`; return False if nothing is left to revert.

    Raises Refused, ServiceError.
    """
    git = project.git
    is_default = branch == project.default_branch
    advice = "ask its owner"
    if is_default:
        advice = "leave out --push-to-default: a pull request is opened instead"
    with git.worktrees.checkout(tip) as tree:
        if not git.worktrees.revert(tree, bad):
            summary = git.history.summary(bad)
            status(f'nothing is left of "{summary}" to revert', "done")
            log.record_skipped(_branch_facts(project, tip))
            return False
        commit = git.resolve("HEAD", tree)
        with log.recording_step(sha=bad, branch=branch) as outcome:
            facts = Facts(planned_revert=bad)
            pushed_at = time_before_push(project)
            if git.worktrees.push(tree, branch, advice):
                _confirm_pushed(project, branch, commit)
                facts = _branch_facts(project, commit)
                facts = replace(facts, merged_at=pushed_at or facts.merged_at)
            if is_default:
                outcome.learn(facts)
    summary = git.history.summary(commit)
    log.announce(f'pushed "{summary}" to {branch}')
    return True


def revert_by_pull(
    project: Project,
    log: IncidentLog,
    tip: str,
    bad: BadChange,
    accepted: str = "",
) -> CheckedRevert | None:
    """Return the pull request that reverts the commit `bad`, and open it if there is none.

    Return None if that is only planned, or if nothing is left to revert. Raises Refused.
    """
    claims = project.github.pulls.reverts_of_commit(bad.commit)
    found = find_revert(project, log.facts, bad, claims, accepted)
    if found:
        record_existing(project, log, bad, found)
        return found
    branch, is_pushed = _find_branch(project, bad, tip)
    if not is_pushed:
        is_pushed = push_revert(project, log, tip, bad.commit, branch)
    if not is_pushed:
        return None
    _, _, subject = project.git.history.summary(bad.commit).partition(" ")
    with log.recording_step(branch=branch) as outcome:
        revert = project.github.pulls.create(
            branch,
            project.default_branch,
            f'Revert "{subject}"',
            f"This reverts commit {bad.commit}.",
        )
        outcome.learn(opened_facts(revert), forget=MERGE_FACTS)
    return announce_opened(project, log, bad, revert)


def _branch_facts(project: Project, good_commit: str, is_accepted: bool = False) -> Facts:
    """Return what is known of a revert that is on the default branch."""
    compared = "accepted" if is_accepted else "exact"
    merged_at = project.git.history.commit_time(good_commit)
    return Facts(good_commit=good_commit, compared=compared, merged_at=merged_at)


def _find_branch(project: Project, bad: BadChange, tip: str) -> tuple[str, bool]:
    """Return the branch for the revert of `bad`, and whether origin has the revert there already.

    A branch with anything else is not used.
    """
    git = project.git
    name = revert_branch(bad.commit)
    branch = name
    for number in count(2):
        commit = git.remote_commit(branch)
        if not commit:
            return branch, False
        git.fetch(bad.branch, f"refs/heads/{branch}")
        comparison = compare(project, tip, bad.commit, git.trees.merged(tip, commit))
        if not comparison.problem:
            return branch, True
        status(f"{branch} at origin is not used: it {comparison.problem}", "warning")
        branch = f"{name}-{number}"
    raise AssertionError("unreachable")


def _confirm_pushed(project: Project, branch: str, commit: str) -> None:
    """Check what origin has, not what git says of the push."""
    if project.git.remote_commit(branch) != commit:
        what = f"{branch} at origin is not what was pushed"
        raise ServiceError(what, "somebody else pushed at the same time; re-run the same command")
