"""Merge a revert as soon as GitHub allows it."""

from __future__ import annotations

from functools import partial

from ..clients.github.merging import MergeRules
from ..clients.github.pulls import PullRequest
from ..console.output import status
from ..console.waiting import Pending
from ..core.errors import Refused
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_revert, explain_blocked
from ..incident.project import Project
from .bad_change import BadChange, fetch
from .identity import CheckedRevert, check_merged, revert_facts
from .wording import has_conventional_commits, merge_subject

RERUN = "then re-run the same command"
MERGE_FACTS = ("good_commit", "compared", "merged_at")  # of an earlier revert, until this is merged


def suggest_merge(revert: CheckedRevert | None, command: str) -> None:
    """Print the command that merges an open revert."""
    if revert and revert.pull.state != "MERGED":
        number = revert.pull.number
        if not revert.compared:
            status(str(revert.refusal), "warning")
            command += f" --accept {number}"
        status(f"nothing is recovered before #{number} is merged: {command}", "next")


def merge_revert(
    project: Project,
    log: IncidentLog,
    revert: CheckedRevert | None,
    bad: BadChange,
) -> None:
    """Merge the revert of `bad` if it is open, or planned. Raises RecipeError."""
    if revert and not revert.compared:
        raise revert.refusal
    if revert and revert.pull.state != "MERGED":
        _merge(project, log, revert, bad)
    elif revert is None and log.facts.revert_is_planned:
        merging = project.github.merging
        tip, revision = fetch(project, bad)
        is_conventional = has_conventional_commits(project, tip)
        merging.plan_merge(merging.rules(bad.branch), keep_title=is_conventional)
        log.record_skipped(Facts(planned_revert=revision))


def _merge(
    project: Project,
    log: IncidentLog,
    revert: CheckedRevert,
    bad: BadChange,
) -> None:
    """Merge a revert; check the result on GitHub, not by an exit code."""
    ensure_may_revert(project, bad.commit)
    pull = revert.pull
    if not revert.comparison.result:
        raise _conflict(pull)
    merging = project.github.merging
    rules = merging.rules(bad.branch)
    advice = f"see {pull.url}, {RERUN} (no checks start on a PR that Actions opened)"
    advice += explain_blocked(project, bad.commit)
    look = partial(_readiness, project, pull, rules)
    wait_until_ready = partial(project.wait, look, advice)
    subject = _subject(project, revert, rules)
    with log.recording_step(merge=pull.number) as outcome:
        if not project.runner.executor.quietly(wait_until_ready):
            look()  # the command in a plan waits, but fails if waiting does not help
        if not merging.merge(pull.number, rules, pull.head_commit, subject):
            outcome.learn(Facts(planned_merge=_planned_merge(project, revert)))
            return
        merged = project.wait(partial(_merged, project, pull, rules), advice)
        found = check_merged(project, bad, revert, merged)
        outcome.learn(revert_facts(merged, found.compared), forget=MERGE_FACTS)
    commit = merged.merge_commit[:12]
    log.announce(f"merged #{merged.number} as {commit}")


def _planned_merge(project: Project, revert: CheckedRevert) -> str:
    """Return the commit that a merge would make of the branch: it may be resolved by hand."""
    compared = revert.comparison
    pull = revert.pull
    message = f'#{pull.number} "{pull.title}" merged'
    head = pull.head_commit
    return project.git.trees.commit(compared.result, compared.before, message, dated_as=head)


def _subject(project: Project, revert: CheckedRevert, rules: MergeRules) -> str:
    """Return the subject of the commit that the merge makes; nothing if GitHub may choose it."""
    if not rules.takes_subject:
        return ""
    if not has_conventional_commits(project, revert.comparison.before):
        return ""
    return merge_subject(revert.pull.title, revert.pull.number)


def _readiness(project: Project, compared: PullRequest, rules: MergeRules) -> bool | Pending:
    """Return whether a pull request can be merged now, or queued. Raises Refused."""
    now = project.github.pulls.get(compared.number)
    if now.state != "MERGED" and now.head_commit != compared.head_commit:
        what = f"somebody pushed to #{now.number} after it was compared; nothing was merged"
        raise Refused(what, "re-run the same command, which compares it again")
    obstacle = merge_obstacle(now)
    if rules.has_queue or not obstacle:  # a queue waits for checks and reviews itself
        return True
    return Pending(obstacle)


def _merged(project: Project, compared: PullRequest, rules: MergeRules) -> PullRequest | Pending:
    """Return the pull request once it is merged. Raises Refused."""
    pulls = project.github.pulls
    now = pulls.get(compared.number)
    if now.state == "MERGED" and now.merge_commit:
        return now
    obstacle = merge_obstacle(now) or "GitHub to report the merge commit"
    if rules.has_queue and now.state != "MERGED":
        obstacle = f"the merge queue of {now.base}"
        is_queued = project.github.merging.is_queued(now.number)
        if not is_queued and pulls.get(now.number).state != "MERGED":
            what = f"the merge queue gave #{now.number} back without merging it"
            raise Refused(what, f"see {now.url}, {RERUN}")
    return Pending(obstacle)


def merge_obstacle(pull: PullRequest) -> str:
    """Return what a merge waits for, or nothing. Raises Refused for what waiting does not solve."""
    if pull.state == "MERGED":
        return ""
    _ensure_mergeable(pull)
    obstacles = {
        "BLOCKED": _missing_approvals(pull) or "the branch's protection rules",
        "BEHIND": f"its branch to be brought up to date at {pull.url}",
        "UNKNOWN": "GitHub to work out whether it can be merged",
    }
    return obstacles.get(pull.merge_state, "")


def _ensure_mergeable(pull: PullRequest) -> None:
    name = f"#{pull.number}"
    if pull.state == "CLOSED":
        advice = f"reopen it at {pull.url}"
        raise Refused(f"{name} was closed without being merged", advice)
    if pull.draft:
        advice = f"mark it as ready at {pull.url}, {RERUN}"
        raise Refused(f"{name} is a draft", advice)
    if pull.merge_state == "DIRTY":
        raise _conflict(pull)
    if pull.merge_state == "BLOCKED" and pull.failed_checks:
        failed = ", ".join(pull.failed_checks)
        advice = f"see {pull.url}/checks, {RERUN}"
        raise Refused(f"{name} cannot be merged: {failed} failed", advice)


def _conflict(pull: PullRequest) -> Refused:
    advice = f"resolve that at {pull.url}, {RERUN}"
    return Refused(f"#{pull.number} conflicts with its base branch", advice)


def _missing_approvals(pull: PullRequest) -> str:
    missing = []
    if pull.pending_checks:
        checks = []
        for name in pull.pending_checks:
            checks.append(f"check {name}")
        missing.append(", ".join(checks))
    if pull.review in ("REVIEW_REQUIRED", "CHANGES_REQUESTED"):
        missing.append("a review")
    return " and ".join(missing)
