"""Rollback Steps: 1. Revert GitHub Workflow Changes."""

from __future__ import annotations

from .toolkit.core.errors import BadInput
from .toolkit.core.titles import check_title
from .toolkit.incident.context import Incident
from .toolkit.incident.permissions import ensure_may_revert, ensure_may_write
from .toolkit.incident.recipe import recipe
from .toolkit.recovery.identity import parse_accept
from .toolkit.recovery.merge import merge_revert, suggest_merge
from .toolkit.recovery.revert import find_merged_pull, revert_pull
from .toolkit.recovery.revert_commit import (
    bad_commit,
    find_commit,
    push_revert,
    revert_by_pull,
    was_reverted,
)

MERGE_HELP = "merge the revert too, once its checks and reviews allow it; only that recovers"
ACCEPT_HELP = "use this revert (43, or a commit) though it does more or less than git's own revert"


@recipe(
    acts=True,
    help={
        "pr": "the pull request that made the changes: 42, #42 or its URL",
        "merge": MERGE_HELP,
        "title": "title of the revert, instead of GitHub's",
        "body": "text of the revert, instead of GitHub's",
        "draft": "open the revert as a draft",
        "accept": ACCEPT_HELP,
    },
)
def revert(
    incident: Incident,
    pr: str,
    merge: bool = False,
    title: str = "",
    body: str = "",
    draft: bool = False,
    accept: str = "",
) -> None:
    """Revert the PR that made the changes: `gh pr revert <PR-NUMBER>`."""
    if draft and merge:
        what = "--draft and --merge exclude each other"
        raise BadInput(what, "a draft cannot be merged; leave one out")
    check_title(title)
    accepted = parse_accept(incident.project, accept)
    bad, pull = find_merged_pull(incident.project, pr)
    found = revert_pull(incident.project, incident.log, bad, pull, title, body, draft, accepted)
    if merge:
        merge_revert(incident.project, incident.log, found, bad)
    else:
        suggest_merge(found, f"invoke rollback.revert --pr {pull.number} --merge")


@recipe(
    acts=True,
    help={
        "sha": "the commit to revert: a hash, short or full",
        "push-to-default": "push to the default branch without a review, as the runbook does",
        "merge": MERGE_HELP,
        "accept": ACCEPT_HELP,
    },
)
def commit(
    incident: Incident,
    sha: str,
    push_to_default: bool = False,
    merge: bool = False,
    accept: str = "",
) -> None:
    """Or manually revert the workflow file: `git revert <commit-hash>`, `git push origin main`."""
    if push_to_default and merge:
        what = "--push-to-default and --merge exclude each other"
        raise BadInput(what, "what is pushed needs no merge; leave one out")
    accepted = parse_accept(incident.project, accept)
    tip, bad = find_commit(incident.project, sha)
    if was_reverted(incident.project, incident.log, tip, bad, accepted):
        return
    if push_to_default:
        push_revert(incident.project, incident.log, tip, bad, incident.project.default_branch)
        return
    if merge:
        ensure_may_revert(incident.project, bad)
    else:
        ensure_may_write(incident.project)
    change = bad_commit(incident.project, bad)
    found = revert_by_pull(incident.project, incident.log, tip, change, accepted)
    if merge:
        merge_revert(incident.project, incident.log, found, change)
    else:
        suggest_merge(found, f"invoke rollback.commit --sha {bad[:12]} --merge")
