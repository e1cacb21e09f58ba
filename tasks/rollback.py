"""Rollback Steps: 1. Revert GitHub Workflow Changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .toolkit.core.titles import check_title
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe

if TYPE_CHECKING:
    from .toolkit.recovery.bad_change import BadChange
    from .toolkit.recovery.revert import Wishes

MERGE_HELP = "merge the revert too, once its checks and reviews allow it; only that recovers"
ACCEPT_HELP = "use this revert (43, or a commit) though it does more or less than git's own revert"
ONLY_WORKFLOW = "only-workflow"
ONLY_WORKFLOW_HELP = {ONLY_WORKFLOW: "revert only what it changed in .github/workflows"}


@recipe(
    acts=True,
    excluding=[("draft", "merge")],
    help={
        "pr": "the pull request that made the changes: 42, #42 or its URL",
        "merge": MERGE_HELP,
        "title": "title of the revert, instead of ours: a conventional one where commits are",
        "body": "text of the revert, instead of GitHub's",
        "draft": "open the revert as a draft",
        "accept": ACCEPT_HELP,
        **ONLY_WORKFLOW_HELP,
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
    only_workflow: bool = False,
) -> None:
    """Revert the PR that made the changes: `gh pr revert <PR-NUMBER>`."""
    from .toolkit.recovery.bad_change import find_merged_pull
    from .toolkit.recovery.identity import parse_accept
    from .toolkit.recovery.revert import Wishes

    check_title(title)
    accepted = parse_accept(incident.project, accept)
    bad = find_merged_pull(incident.project, pr, only_workflow)
    wishes = Wishes(title, body, draft, merge, accepted)
    _revert(incident, bad, wishes, f"rollback.revert --pr {bad.number}")


@recipe(
    acts=True,
    excluding=[("push_to_default", "merge")],
    help={
        "sha": "the commit to revert: a hash, short or full",
        "push-to-default": "push to the default branch without a review, as the runbook does",
        "merge": MERGE_HELP,
        "accept": ACCEPT_HELP,
        **ONLY_WORKFLOW_HELP,
    },
)
def commit(
    incident: Incident,
    sha: str,
    push_to_default: bool = False,
    merge: bool = False,
    accept: str = "",
    only_workflow: bool = False,
) -> None:
    """Or manually revert the workflow file: `git revert <commit-hash>`, `git push origin main`."""
    from .toolkit.recovery.bad_change import as_pull, find_commit
    from .toolkit.recovery.identity import parse_accept
    from .toolkit.recovery.revert import Wishes, revert_by_push

    accepted = parse_accept(incident.project, accept)
    bad = find_commit(incident.project, sha, only_workflow)
    if push_to_default:
        revert_by_push(incident.project, incident.log, bad, accepted)
        return
    wishes = Wishes(merge=merge, accepted=accepted)
    bad = as_pull(incident.project, bad)
    _revert(incident, bad, wishes, f"rollback.commit --sha {bad.commit[:12]}")


def _revert(incident: Incident, bad: BadChange, wishes: Wishes, command: str) -> None:
    """Open the revert, and merge it or say how; `command` is the one that was typed, in short."""
    from .toolkit.recovery.merge import merge_revert, suggest_merge
    from .toolkit.recovery.revert import revert_by_pull

    found = revert_by_pull(incident.project, incident.log, bad, wishes)
    if wishes.merge:
        merge_revert(incident.project, incident.log, found, bad)
        return
    if bad.only_workflow:
        command += f" --{ONLY_WORKFLOW}"
    suggest_merge(found, f"invoke {command} --merge")
