"""Revert a pull request, unless it is reverted already."""

from __future__ import annotations

from ..clients.github.pulls import PullRequest
from ..core.errors import BadInput, Refused
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_revert
from ..incident.project import Project
from .comparison import BadChange, fetch
from .identity import CheckedRevert, find_revert
from .merge import MERGE_FACTS
from .opening import announce_opened, opened_facts, record_existing
from .revert_commit import was_reverted


def find_merged_pull(project: Project, text: str) -> tuple[BadChange, PullRequest]:
    """Return the merged pull request that `42`, `#42` or a URL names. Raises BadInput."""
    pulls = project.github.pulls
    pull = pulls.get(pulls.parse_number(text))
    name = f'#{pull.number} "{pull.title}"'
    if pull.state != "MERGED":
        state = pull.state.lower()
        what = f"{name} is {state}, not merged"
        raise BadInput(what, "there is nothing to revert; close it if it is open")
    return BadChange(name, pull.base, pull.merge_commit, pull), pull


def revert_pull(
    project: Project,
    log: IncidentLog,
    bad: BadChange,
    pull: PullRequest,
    title: str,
    body: str,
    draft: bool,
    accepted: str = "",
) -> CheckedRevert | None:
    """Return the revert of a pull request, and open it if there is none.

    Return None if that is only planned, or if a commit reverted it. Raises Refused.
    """
    pulls = project.github.pulls
    found = find_revert(project, log.facts, bad, pulls.reverts_of(pull), accepted)
    if found:
        record_existing(project, log, bad, found)
        return found
    ensure_may_revert(project, bad.commit)
    fetch(project, bad)  # whether origin is the repository must be known before
    try:
        with log.recording_step(pr=pull.number) as outcome:
            revert = pulls.open_revert(pull, title, body, draft)
            outcome.learn(opened_facts(revert), forget=MERGE_FACTS)
    except Refused:  # as GitHub does for what was reverted by a commit
        tip, revision = fetch(project, bad)
        if not was_reverted(project, log, tip, revision, accepted):
            raise
        return None
    return announce_opened(project, log, bad, revert)
