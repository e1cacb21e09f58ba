"""Revert a pull request or a commit, unless it is reverted already."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ..clients.github.pulls import PullRequest
from ..incident.job_limits import ensure_job_may_change, warn_of_merge
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_revert, ensure_may_write
from ..incident.project import Project
from .ahead import prepare_login
from .bad_change import BadChange, fetch
from .conflicts import ensure_revertible
from .identity import CheckedRevert, find_revert
from .landed_revert import is_gone, was_reverted
from .merge import MERGE_FACTS
from .opening import announce_opened, opened_facts, record_existing
from .own_branch import open_from_branch, push_revert
from .wording import has_conventional_commits, word_revert


@dataclass(frozen=True)
class Wishes:
    """The options of a revert: its title, its text, a draft, its merge.

    `accepted` names the one to use though it is not exact.
    """

    title: str = ""
    body: str = ""
    draft: bool = False
    merge: bool = False
    accepted: str = ""


def revert_by_pull(
    project: Project,
    log: IncidentLog,
    bad: BadChange,
    wishes: Wishes,
) -> CheckedRevert | None:
    """Return the pull request that reverts `bad`, and open it if there is none.

    Return None if that is only planned, or if nothing is left to revert. Raises Refused.
    """
    found = find_revert(project, log.facts, bad, wishes.accepted)
    if found:
        if wishes.merge and found.pull.state == "OPEN":
            warn_of_merge(project, bad.branch)
        record_existing(project, log, bad, found)
        return found
    target = _find_target(project, log, bad, wishes.accepted)
    if target is None:
        return None
    tip, revision = target
    if wishes.merge:
        warn_of_merge(project, bad.branch)
        project.runner.executor.quietly(partial(prepare_login, project))
    opened = _open(project, log, bad, tip, revision, wishes)
    return announce_opened(project, log, bad, opened)


def revert_by_push(
    project: Project,
    log: IncidentLog,
    bad: BadChange,
    accepted: str = "",
) -> None:
    """Revert `bad` on its branch, without a review. Raises Refused."""
    target = _find_target(project, log, bad, accepted)
    if target is None:
        return
    tip, revision = target
    message = word_revert(project, bad, tip, "", "").message
    push_revert(project, log, bad, tip, revision, bad.branch, message)


def _find_target(
    project: Project,
    log: IncidentLog,
    bad: BadChange,
    accepted: str,
) -> tuple[str, str] | None:
    """Return the tip of the branch, and what to revert there; None if that is done.

    Raises Refused if it conflicts.
    """
    tip, revision = fetch(project, bad)
    if was_reverted(project, log, bad, tip, revision, accepted):
        return None
    if is_gone(project, log, bad, tip, revision):
        return None
    ensure_revertible(project, bad, tip, revision)
    ensure_job_may_change(
        project,
        f"the revert of {bad.name}",
        tip,
        project.git.trees.reverted(tip, revision),
    )
    return tip, revision


def _open(
    project: Project,
    log: IncidentLog,
    bad: BadChange,
    tip: str,
    revision: str,
    wishes: Wishes,
) -> PullRequest | None:
    """Open the pull request that reverts `bad`; None if that is only planned."""
    wording = word_revert(project, bad, tip, wishes.title, wishes.body)
    pull = bad.pull
    if pull is None or not _is_for_github(project, bad, tip):
        if wishes.merge:
            ensure_may_revert(project, bad.commit)
        else:
            ensure_may_write(project)
        return open_from_branch(project, log, bad, tip, revision, wording, wishes.draft)
    ensure_may_revert(project, bad.commit)
    with log.recording_step(pr=pull.number) as outcome:
        opened = project.github.openings.open_revert(
            pull,
            wording.title,
            wishes.body,
            wishes.draft,
        )
        outcome.learn(opened_facts(opened), forget=MERGE_FACTS)
    return opened


def _is_for_github(project: Project, bad: BadChange, tip: str) -> bool:
    """Return whether GitHub can revert: all of it, by a commit that fits to the others.

    Its own commit is `Revert "..."`. Where commits are conventional, the merge must rename it.
    """
    if bad.only_workflow:
        return False
    if not has_conventional_commits(project, tip):
        return True
    return project.github.merging.rules(bad.branch).takes_subject
