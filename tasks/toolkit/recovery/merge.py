"""Merge a revert as soon as GitHub allows it."""

from __future__ import annotations

from collections import deque
from functools import partial

from ..clients.github.merging import MergeRules
from ..clients.github.pulls import PullRequest
from ..console.output import status
from ..console.waiting import Pending
from ..core.errors import Refused
from ..incident.facts import Facts
from ..incident.job_limits import ensure_job_may_change
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_revert, explain_blocked
from ..incident.project import Project
from .ahead import prepare_chart, prepare_login
from .bad_change import BadChange, fetch
from .identity import CheckedRevert, check_merged, revert_facts
from .obstacles import RERUN, UNKNOWN, conflict, merge_obstacle
from .wording import has_conventional_commits, merge_subject

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
    _ensure_may_merge(project, revert, bad)
    pull = revert.pull
    rules = project.github.merging.rules(bad.branch)
    executor = project.runner.executor
    advice = f"see {pull.url}, {RERUN} (checks of a PR that Actions opened need an approval there)"
    advice += explain_blocked(project, bad.commit)
    is_read = pull.merge_state not in ("", UNKNOWN)  # a moment ago, by whoever opened it
    look = partial(_look, project, pull, rules, deque([pull] if is_read else []))
    wait_until_ready = partial(project.wait, look, advice)
    subject = _subject(project, revert, rules)
    with log.recording_step(merge=pull.number) as outcome:
        ready = executor.quietly(wait_until_ready)
        if ready is None:
            look()  # the command in a plan waits, but fails if waiting does not help
        executor.quietly(partial(prepare_login, project))
        executor.quietly(partial(prepare_chart, project, revert.comparison.result))
        merged = _merge_now(project, ready or pull, rules, subject)
        if merged is None:
            outcome.learn(Facts(planned_merge=_planned_merge(project, revert)))
            return
        if merged.state != "MERGED" or not merged.merge_commit:
            merged = project.wait(partial(_merged, project, pull, rules), advice)
        found = check_merged(project, bad, revert, merged)
        outcome.learn(revert_facts(merged, found.compared), forget=MERGE_FACTS)
    commit = merged.merge_commit[:12]
    log.announce(f"merged #{merged.number} as {commit}")


def _ensure_may_merge(project: Project, revert: CheckedRevert, bad: BadChange) -> None:
    """Check that the token may merge a revert, and that it has no conflict. Raises Refused."""
    ensure_may_revert(project, bad.commit)
    pull = revert.pull
    compared = revert.comparison
    if not compared.result:
        raise conflict(pull)
    ensure_job_may_change(
        project,
        f"#{pull.number}",
        compared.before,
        compared.result,
    )


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


def _merge_now(
    project: Project, pull: PullRequest, rules: MergeRules, subject: str
) -> PullRequest | None:
    """Return what a merge made of a pull request, or somebody else's; None if that is planned."""
    if pull.state == "MERGED":
        return pull
    try:
        return project.github.merging.merge(pull, rules, subject)
    except Refused:
        now = project.github.pulls.get(pull.number)
        if now.state != "MERGED":
            raise
        return now


def _look(
    project: Project,
    compared: PullRequest,
    rules: MergeRules,
    read: deque[PullRequest],
) -> PullRequest | Pending:
    """Return a pull request that can be merged now, or queued, or is merged. Raises Refused.

    It is read from GitHub, unless it was `read` just now.
    """
    now = read.popleft() if read else project.github.pulls.get(compared.number)
    if now.state != "MERGED" and now.head_commit != compared.head_commit:
        what = f"somebody pushed to #{now.number} after it was compared; nothing was merged"
        raise Refused(what, "re-run the same command, which compares it again")
    obstacle = merge_obstacle(now)
    if rules.has_queue or not obstacle:  # a queue waits for checks and reviews itself
        return now
    return Pending(obstacle, is_brief=now.merge_state == UNKNOWN)


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
    return Pending(obstacle, is_brief=not rules.has_queue)
