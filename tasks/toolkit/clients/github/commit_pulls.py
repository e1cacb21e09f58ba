"""Which pull requests brought commits to a branch, asked for many commits at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .answers import check_answer
from .gh import REPOSITORY, Gh
from .pull_fields import COMMAND, FIELDS
from .pulls import PR_FIELDS, PullRequest

# https://docs.github.com/en/graphql/reference/objects#commit
PULLS = (
    f"\nfragment Pulls on Commit {{ associatedPullRequests(first: 10) {{ nodes {{ {FIELDS} }} }} }}"
)


def pulls_of_commits(gh: Gh, commits: Sequence[str], base: str) -> dict[str, PullRequest]:
    """Return the pull request that brought each commit to the branch `base`, where there is one."""
    if not commits:
        return {}
    fields = [
        f'c{number}: object(oid: "{commit}") {{ ...Pulls }}'
        for number, commit in enumerate(commits)
    ]
    opening = "query($owner: String!, $name: String!) { repository(owner: $owner, name: $name)"
    query = f"{opening} {{ {' '.join(fields)} }} }}{PULLS}"
    answer = gh.ask_graphql(query, REPOSITORY)
    check_answer(COMMAND, answer, [f"c{number}" for number in range(len(commits))])
    found = {}
    for number, commit in enumerate(commits):
        pulls = _merged(answer[f"c{number}"], base)
        exact = []
        for pull in pulls:
            if pull.merge_commit == commit:
                exact.append(pull)
        if pulls:
            found[commit] = (exact or pulls)[0]
    return found


def _merged(shown: Any, base: str) -> list[PullRequest]:
    """Return the merged pull requests of a commit, which GitHub may not know."""
    if shown is None:
        return []
    nodes = check_answer(COMMAND, shown, ["associatedPullRequests"])["associatedPullRequests"]
    listed = check_answer(COMMAND, nodes["nodes"], PR_FIELDS.split(","), is_list=True)
    pulls = []
    for node in listed:
        pulls.append(PullRequest.parse(node))
    return [pull for pull in pulls if pull.state == "MERGED" and pull.base == base]
