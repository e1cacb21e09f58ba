"""Revert a pull request or a commit, unless it is reverted already."""

from __future__ import annotations

from ..clients.github.pulls import PullRequest
from ..console.output import status
from ..core.errors import BadInput, Refused, ServiceError
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from .merge import MERGE_FACTS, revert_facts


def find_merged_pull(project: Project, text: str) -> PullRequest:
    """Return the merged pull request that `42`, `#42` or a URL names. Raises BadInput."""
    pulls = project.github.pulls
    pull = pulls.get(pulls.parse_number(text))
    if pull.state != "MERGED":
        state = pull.state.lower()
        what = f"{_name(pull)} is {state}, not merged"
        raise BadInput(what, "there is nothing to revert; close it if it is open")
    return pull


def revert_pull(
    project: Project,
    log: IncidentLog,
    pull: PullRequest,
    title: str,
    body: str,
    draft: bool,
) -> PullRequest | None:
    """Return the revert of a pull request, and open it if there is none.

    Return None if that is only planned, or if a commit reverted it. Raises Refused.
    """
    name = _name(pull)
    pulls = project.github.pulls
    revert = pulls.revert_of(pull)
    if revert:
        _record_existing(log, name, revert)
        return revert
    try:
        with log.recording_step(pr=pull.number) as outcome:
            revert = pulls.open_revert(pull, title, body, draft)
            outcome.learn(revert_facts(revert), forget=MERGE_FACTS)
    except Refused:  # as GitHub does for what was reverted by a commit
        tip = project.git.fetch(project.default_branch)
        if not was_reverted(project, log, tip, pull.merge_commit):
            raise
        return None
    if revert:
        log.announce(f"{name}: opened its revert {revert.url}")
    return revert


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


def was_reverted(
    project: Project,
    log: IncidentLog,
    tip: str,
    bad: str,
) -> bool:
    """Return whether a commit up to `tip` reverts `bad`, and record it."""
    history = project.git.history
    revert = history.reverted_by(tip, bad)
    if not revert:
        return False
    summary = history.summary(bad)
    by = history.summary(revert)
    status(f'"{summary}" is already reverted by "{by}"', "done")
    landing = history.landing_commit(tip, revert, bad)
    log.record_skipped(_branch_facts(project, landing))
    return True


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
            if git.worktrees.push(tree, branch, advice):
                _confirm_pushed(project, branch, commit)
                facts = _branch_facts(project, commit)
            if is_default:
                outcome.learn(facts)
    summary = git.history.summary(commit)
    log.announce(f'pushed "{summary}" to {branch}')
    return True


def revert_by_pull(
    project: Project,
    log: IncidentLog,
    tip: str,
    bad: str,
) -> PullRequest | None:
    """Return the pull request that reverts the commit `bad`, and open it if there is none.

    Return None if that is only planned, or if nothing is left to revert. Raises Refused.
    """
    git = project.git
    summary = git.history.summary(bad)
    branch, revert = _find_branch(project, bad)
    if revert:
        _record_existing(log, f'"{summary}"', revert)
        return revert
    is_pushed = bool(git.remote_commit(branch))
    if not is_pushed:
        is_pushed = push_revert(project, log, tip, bad, branch)
    if not is_pushed:
        return None
    _, _, subject = summary.partition(" ")
    with log.recording_step(branch=branch) as outcome:
        revert = project.github.pulls.create(
            branch,
            project.default_branch,
            f'Revert "{subject}"',
            f"This reverts commit {bad}.",
        )
        outcome.learn(revert_facts(revert), forget=MERGE_FACTS)
    if revert:
        log.announce(f"opened the revert {revert.url}")
    return revert


def _name(pull: PullRequest) -> str:
    return f'#{pull.number} "{pull.title}"'


def _record_existing(log: IncidentLog, name: str, revert: PullRequest) -> None:
    how = "is already reverted by"
    if revert.state != "MERGED":
        how = "already has an open revert:"
    status(f"{name} {how} #{revert.number} {revert.url}", "done")
    log.record_skipped(revert_facts(revert), forget=MERGE_FACTS)


def _branch_facts(project: Project, good_commit: str) -> Facts:
    """Return what is known of a revert that is on the default branch."""
    merged_at = project.git.history.commit_time(good_commit)
    return Facts(good_commit=good_commit, merged_at=merged_at)


def _find_branch(project: Project, bad: str) -> tuple[str, PullRequest | None]:
    """Return the branch for the revert of `bad`, and the pull request from it if there is one.

    A revert that was reverted itself does not count, and its branch is not used again.
    """
    pulls = project.github.pulls
    branch = f"revert-{bad[:12]}"
    number = 1
    while True:
        revert = pulls.from_branch(branch)
        undone = pulls.revert_of(revert) if revert else None
        if undone is None or undone.state != "MERGED":
            return branch, revert
        number += 1
        branch = f"revert-{bad[:12]}-{number}"


def _confirm_pushed(project: Project, branch: str, commit: str) -> None:
    """Check what origin has, not what git says of the push."""
    if project.git.remote_commit(branch) != commit:
        what = f"{branch} at origin is not what was pushed"
        raise ServiceError(what, "somebody else pushed at the same time; re-run the same command")
