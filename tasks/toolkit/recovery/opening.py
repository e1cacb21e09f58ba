"""Record and print that a revert was opened, or found."""

from __future__ import annotations

from ..clients.github.pulls import PullRequest
from ..console.output import status
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from .bad_change import BadChange
from .comparison import name_others
from .identity import CheckedRevert, check_opened, revert_facts
from .merge import MERGE_FACTS


def opened_facts(revert: PullRequest | None) -> Facts:
    """Return the facts about a new revert; None is one that a dry run would open."""
    if revert is None:
        return Facts(revert_is_planned=True)
    return revert_facts(revert)


def announce_opened(
    project: Project,
    log: IncidentLog,
    bad: BadChange,
    revert: PullRequest | None,
) -> CheckedRevert | None:
    """Print that a revert was opened, unless that is only planned, and compare it."""
    if revert is None:
        return None
    log.announce(f"{bad.name}: opened its revert {revert.url}")
    return check_opened(project, bad, revert)


def record_existing(
    project: Project,
    log: IncidentLog,
    bad: BadChange,
    found: CheckedRevert,
) -> None:
    """Record a revert that was found. Raises Refused if it is merged, but differs.

    Only warn of an open one that differs: its merge is refused.
    """
    revert = found.pull
    how = "already has an open revert:"
    if revert.state == "MERGED":
        how = "is already reverted by"
    if not found.compared:
        if revert.state == "MERGED":
            raise found.refusal
        status(f"{bad.name} has an open revert that differs: #{revert.number} {revert.url}")
        return
    status(f"{bad.name} {how} #{revert.number} {revert.url}", "done")
    if revert.state == "MERGED":
        before = found.comparison.before
        since = project.git.history.merge_base(revert.head_commit, before)
        name_others(project, revert, since, before)
    facts = revert_facts(revert, found.compared)
    log.record_skipped(facts, forget=MERGE_FACTS, pr=bad.number)
