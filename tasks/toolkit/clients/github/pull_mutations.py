"""Changes of pull requests by GraphQL: one request, whose answer is what the change made of it.

https://docs.github.com/graphql/reference/mutations; `gh pr revert` and `gh pr merge` take two to
five requests, and another command must then look.
"""

from __future__ import annotations

from .answers import decode_answer
from .pull_fields import DETAIL_FIELDS as FIELDS
from .pull_fields import parse_pull
from .pulls import PullRequest

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
    return parse_pull(answer)
