"""All that a revert asks GitHub before it acts, in one request instead of four.

The change itself, the newest pull requests, of which one may be its revert already, how the branch
takes merges, the scopes of the token, and whose it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from .answers import check_answer, decode_answer
from .gh import Gh
from .merging import METHODS, MergeRules, parse_rules
from .pull_fields import COMMAND, DETAIL_FIELDS, FIELDS, parse_pull
from .pull_requests import NEWEST
from .pulls import PullRequest
from .scopes import parse_scopes

QUERY = (
    "query RevertFacts($owner: String!, $name: String!, $number: Int!, $branch: String!) "
    "{ viewer { login } repository(owner: $owner, name: $name) { "
    f"pullRequest(number: $number) {{ {DETAIL_FIELDS} }} "
    f"pullRequests(first: {NEWEST}, orderBy: {{field: CREATED_AT, direction: DESC}}) "
    f"{{ nodes {{ {FIELDS} }} }} "
    f"{' '.join(METHODS)} mergeQueue(branch: $branch) {{ id }} }} }}"
)


@dataclass(frozen=True)
class RevertFacts:
    """The answer; `scopes` is None if they are unknown."""

    pull: PullRequest
    newest: list[PullRequest]
    rules: MergeRules
    scopes: frozenset[str] | None
    viewer: str


def ask_revert_facts(gh: Gh, number: int, branch: str) -> RevertFacts:
    """Ask for what the revert of a pull request that is merged into `branch` needs.

    Raises RecipeError, also if there is no such pull request.
    """
    owner, _, name = gh.slug.partition("/")
    variables = [f"-fowner={owner}", f"-fname={name}", f"-Fnumber={number}", f"-fbranch={branch}"]
    argv = ["api", "graphql", "--include", f"-fquery={QUERY}", *variables]
    headers, _, body = gh.program.read(*argv).stdout.partition("\r\n\r\n")
    answer = decode_answer(COMMAND, body)
    check_answer(COMMAND, answer, ["data"])
    check_answer(COMMAND, answer["data"], ["repository", "viewer"])
    viewer = check_answer(COMMAND, answer["data"]["viewer"], ["login"])["login"]
    repository = answer["data"]["repository"]
    check_answer(COMMAND, repository, ["pullRequests", *METHODS, "mergeQueue"])
    listed = check_answer(COMMAND, repository["pullRequests"], ["nodes"])["nodes"]
    newest = [parse_pull(node) for node in check_answer(COMMAND, listed, [], is_list=True)]
    pull = parse_pull(repository.get("pullRequest"))
    return RevertFacts(pull, newest, parse_rules(repository), parse_scopes(headers), viewer)
