"""Changes of pull requests by GraphQL: one request, whose answer is what the change made of it.

https://docs.github.com/graphql/reference/mutations; `gh pr revert` and `gh pr merge` take two to
five requests, and another command must then look.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .answers import check_answer, decode_answer
from .pulls import PR_DETAIL_FIELDS, PullRequest

CHECKS = (
    "commits(last: 1) { nodes { commit { statusCheckRollup { contexts(first: 100) { nodes "
    "{ ... on CheckRun { name conclusion } ... on StatusContext { context state } } } } } } }"
)
FIELDS = (
    "id number title body state url isDraft headRefName headRefOid baseRefName "
    "author { login __typename } isCrossRepository mergeCommit { oid } mergedAt "
    f"mergeStateStatus reviewDecision {CHECKS}"
)
REVERT = (
    "mutation PullRequestRevert($id: ID!, $title: String, $body: String, $draft: Boolean) "
    "{ change: revertPullRequest(input: "
    "{pullRequestId: $id, title: $title, body: $body, draft: $draft}) "
    f"{{ pull: revertPullRequest {{ {FIELDS} }} }} }}"
)
MERGE = (
    "mutation PullRequestMerge($id: ID!, $method: PullRequestMergeMethod, $head: GitObjectID, "
    "$subject: String) { change: mergePullRequest(input: {pullRequestId: $id, "
    "mergeMethod: $method, expectedHeadOid: $head, commitHeadline: $subject}) "
    f"{{ pull: pullRequest {{ {FIELDS} }} }} }}"
)


def mutation(query: str, **variables: str) -> list[str]:
    """Return the words of gh that send a mutation, with the variables that are not empty.

    It prints the pull request.
    """
    words = ["api", "graphql", f"-fquery={query}", "--jq=.data.change.pull"]
    for name, value in variables.items():
        if value:
            words.append(f"-f{name}={value}")
    return words


def parse_mutated(printed: str) -> PullRequest | None:
    """Return the pull request that a mutation printed; None for anything else, such as a URL.

    Raises ServiceError for one without the fields that were asked for.
    """
    if not printed.startswith("{"):
        return None
    answer = decode_answer("gh api graphql", printed)
    check_answer("gh api graphql", answer, [*PR_DETAIL_FIELDS.split(",")[:-1], "commits"])
    return PullRequest.parse(_as_gh_lists(answer))


def _as_gh_lists(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer in the form of `gh pr view --json`."""
    author = answer["author"] or {}
    checks: list[Any] = []
    for node in answer["commits"]["nodes"]:
        rollup = node["commit"]["statusCheckRollup"] or {"contexts": {"nodes": []}}
        checks += rollup["contexts"]["nodes"]
    is_bot = author.get("__typename") == "Bot"
    return {**answer, "author": {**author, "is_bot": is_bot}, "statusCheckRollup": checks}
