"""Merge a revert as soon as GitHub allows it."""

from __future__ import annotations

from functools import partial

from ..clients.github.pulls import PullRequest
from ..console.output import status
from ..console.waiting import Pending
from ..core.errors import Refused
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project

RERUN = "then re-run the same command"
MERGE_FACTS = ("good_commit", "merged_at")  # of an earlier revert, until this one is merged


def revert_facts(revert: PullRequest | None) -> Facts:
    """Return the facts about a revert; None is one that a dry run would open."""
    if revert is None:
        return Facts(revert_is_planned=True)
    return Facts(
        revert=revert.number,
        revert_url=revert.url,
        good_commit=revert.merge_commit,
        merged_at=revert.merged_at,
    )


def suggest_merge(revert: PullRequest | None, command: str) -> None:
    """Print the command that merges an open revert."""
    if revert and revert.state != "MERGED":
        status(f"nothing is recovered before #{revert.number} is merged: {command}", "next")


def merge_revert(
    project: Project,
    log: IncidentLog,
    revert: PullRequest | None,
    bad: str,
) -> None:
    """Merge the revert of the commit `bad` if it is open, or planned. Raises RecipeError."""
    pulls = project.github.pulls
    if revert and revert.state != "MERGED":
        _merge(project, log, revert, bad)
    elif revert is None and log.facts.revert_is_planned:
        method = pulls.merge_method()
        pulls.merge(None, method)
        log.record_skipped(Facts(planned_revert=bad))


def _merge(
    project: Project,
    log: IncidentLog,
    revert: PullRequest,
    bad: str,
) -> None:
    """Merge a revert, and believe what GitHub then says of it, not an exit code."""
    pulls = project.github.pulls
    method = pulls.merge_method()
    advice = f"see {revert.url}, {RERUN} (no checks start on a PR that Actions opened)"

    def is_ready() -> bool | Pending:
        now = pulls.get(revert.number)
        obstacle = merge_obstacle(now)
        return Pending(obstacle) if obstacle else True

    def is_merged() -> PullRequest | Pending:
        now = pulls.get(revert.number)
        if now.state == "MERGED" and now.merge_commit:
            return now
        obstacle = merge_obstacle(now) or "GitHub to report the merge commit"
        return Pending(obstacle)

    wait_until_ready = partial(project.wait, is_ready, advice)
    with log.recording_step(merge=revert.number) as outcome:
        # The command in a plan waits by itself.
        project.runner.executor.quietly(wait_until_ready)
        if not pulls.merge(revert.number, method):
            outcome.learn(Facts(planned_revert=bad))
            return
        merged = project.wait(is_merged, advice)
        outcome.learn(revert_facts(merged), forget=MERGE_FACTS)
    commit = merged.merge_commit[:12]
    log.announce(f"merged #{merged.number} as {commit}")


def merge_obstacle(pull: PullRequest) -> str:
    """Return what a merge waits for, or nothing. Raises Refused for what waiting does not solve."""
    if pull.state == "MERGED":
        return ""
    _ensure_mergeable(pull)
    obstacles = {
        "BLOCKED": _missing_approvals(pull) or "the branch's protection rules",
        "BEHIND": f"its branch to be brought up to date (`gh pr update-branch {pull.number}`)",
        "UNKNOWN": "GitHub to work out whether it can be merged",
    }
    return obstacles.get(pull.merge_state, "")


def _ensure_mergeable(pull: PullRequest) -> None:
    name = f"#{pull.number}"
    if pull.state == "CLOSED":
        advice = f"reopen it at {pull.url}"
        raise Refused(f"{name} was closed without being merged", advice)
    if pull.draft:
        advice = f"`gh pr ready {pull.number}`, {RERUN}"
        raise Refused(f"{name} is a draft", advice)
    if pull.merge_state == "DIRTY":
        advice = f"resolve that at {pull.url}, {RERUN}"
        raise Refused(f"{name} conflicts with its base branch", advice)
    if pull.merge_state == "BLOCKED" and pull.failed_checks:
        failed = ", ".join(pull.failed_checks)
        advice = f"see {pull.url}/checks, {RERUN}"
        raise Refused(f"{name} cannot be merged: {failed} failed", advice)


def _missing_approvals(pull: PullRequest) -> str:
    missing = []
    if pull.pending_checks:
        checks = [f"check {name}" for name in pull.pending_checks]
        missing.append(", ".join(checks))
    if pull.review in ("REVIEW_REQUIRED", "CHANGES_REQUESTED"):
        missing.append("a review")
    return " and ".join(missing)
