"""The fields of a pull request in GraphQL: https://docs.github.com/graphql/reference/objects."""

from __future__ import annotations

from typing import Any

from .answers import check_answer
from .pulls import PR_DETAIL_FIELDS, PR_FIELDS, PullRequest

COMMAND = "gh api graphql"
CHECKS = "statusCheckRollup"
FIELDS = (
    "id number title body state url isDraft headRefName headRefOid baseRefName "
    "author { login __typename } isCrossRepository mergeCommit { oid } mergedAt"
)
# GitHub computes the others on demand.
DETAIL_FIELDS = (
    f"{FIELDS} mergeStateStatus reviewDecision "
    f"commits(last: 1) {{ nodes {{ commit {{ {CHECKS} {{ contexts(first: 100) {{ nodes "
    "{ ... on CheckRun { name conclusion } ... on StatusContext { context state } } } } } } }"
)


def parse_pull(answer: Any) -> PullRequest:
    """Return the pull request that an answer shows, with details or without.

    Raises ServiceError for one of another form.
    """
    fields = PR_FIELDS.split(",")
    check_answer(COMMAND, answer, fields)
    author = answer["author"] or {}
    shown = {**answer, "author": {**author, "is_bot": author.get("__typename") == "Bot"}}
    if "commits" in answer:
        fields = PR_DETAIL_FIELDS.split(",")
        shown[CHECKS] = _read_checks(answer)
        check_answer(COMMAND, shown, fields)
    return PullRequest.parse(shown)


def _read_checks(answer: Any) -> Any:
    """Return the checks of the newest commit, as `gh pr view` lists them."""
    try:
        (node,) = answer["commits"]["nodes"]
        rollup = node["commit"][CHECKS]
        return rollup["contexts"]["nodes"] if rollup else []
    except (LookupError, TypeError, ValueError):
        return None
