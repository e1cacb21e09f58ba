"""Check whether the default branch has the revert already."""

from __future__ import annotations

from ..console.output import status
from ..core.errors import Refused
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from .bad_change import BadChange
from .comparison import Comparison, check_undone, compare
from .identity import was_accepted


def was_reverted(
    project: Project,
    log: IncidentLog,
    bad: BadChange,
    tip: str,
    revision: str,
    accepted: str = "",
) -> bool:
    """Return whether a commit up to `tip` reverts `bad`, which is `revision`, and record it.

    Raises Refused if it does something else too, unless its hash is `accepted`.
    """
    history = project.git.history
    refusals = []
    for revert in history.claims_to_revert(tip, bad.commit, part=bad.only_workflow):
        by = history.summary(revert)
        landing = history.landing_commit(tip, revert, bad.commit)
        comparison = _compare_landed(project, revision, landing, tip)
        if not comparison.is_undone:
            what = f'"{by}" says that it reverts {bad.commit[:12]}, but the change is still there'
            status(f"{what}: it {comparison.problem}", "warning")
            continue
        is_accepted = landing.startswith(accepted or "-") or was_accepted(log.facts, landing)
        if comparison.problem and not is_accepted:
            what = f'"{by}" is not exactly the revert: it {comparison.problem}'
            shown = f"`{comparison.command}` shows it"
            refusal = Refused(what, f"{shown}; add --accept {landing[:12]} to use it as it is")
            refusals.append(refusal)
            continue
        status(f'{bad.name} is already reverted by "{by}"', "done")
        facts = branch_facts(project, landing, bool(comparison.problem))
        log.record_skipped(facts, pr=bad.number)
        return True
    if refusals:
        raise refusals[0]
    return False


def is_gone(
    project: Project,
    log: IncidentLog,
    bad: BadChange,
    tip: str,
    revision: str,
) -> bool:
    """Return whether `bad`, which is `revision`, is gone from the branch, and record it."""
    trees = project.git.trees
    if trees.reverted(tip, revision) != trees.of(tip):
        return False
    status(f"nothing is left of {bad.name} to revert", "done")
    log.record_skipped(branch_facts(project, tip), pr=bad.number)
    return True


def branch_facts(project: Project, good_commit: str, is_accepted: bool = False) -> Facts:
    """Return the facts about a revert that is on the default branch."""
    compared = "accepted" if is_accepted else "exact"
    merged_at = project.git.history.commit_time(good_commit)
    return Facts(good_commit=good_commit, compared=compared, merged_at=merged_at)


def _compare_landed(
    project: Project,
    revision: str,
    landing: str,
    tip: str,
) -> Comparison:
    """Compare what a commit on the branch of `tip` reverted with git's own revert."""
    git = project.git
    before = git.resolve(f"{landing}~1")
    comparison = compare(project, before, revision, git.trees.of(landing))
    return check_undone(project, comparison, revision, tip)
