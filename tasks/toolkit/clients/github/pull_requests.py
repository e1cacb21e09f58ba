"""The pull requests of a repository, and those that revert others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...core.errors import BadInput, ProgramFailed
from .commit_pulls import pulls_of_commits
from .gh import Gh
from .pulls import (
    PR_DETAIL_FIELDS,
    PR_FIELDS,
    PullRequest,
    claims_to_revert,
    effective_reverts,
    part_branch,
    revert_branch,
)

MISSING = "Could not resolve to a PullRequest"
NEWEST = 100  # how many pull requests are searched
Newest = Sequence[PullRequest]


class PullRequests:
    """The pull requests of the repository of `gh`."""

    def __init__(self, gh: Gh) -> None:
        self._gh = gh
        self._read: list[PullRequest] = []

    def learn_newest(self, pulls: list[PullRequest]) -> None:
        """Take what another query has answered as the newest ones, for who asks next."""
        self._read = pulls

    def parse_number(self, text: str) -> int:
        """Return the number in `42`, `#42` or the URL of a pull request. Raises BadInput."""
        number = text.removeprefix("#")
        url = re.fullmatch(r"https://[^/]+/([^/]+/[^/]+)/pull/(\d+)([/?#].*)?", text)
        if url:
            slug, number = url[1], url[2]
            if slug.lower() != self._gh.slug.lower():
                what = f"{text} is a pull request of {slug}, not of {self._gh.slug}"
                raise BadInput(what, "check the URL, or set GITHUB_REPOSITORY")
        if not re.fullmatch(r"[1-9]\d{0,8}", number):
            advice = "give its number or its URL, for example --pr 42"
            raise BadInput(f"{text!r} is not a pull request", advice)
        return int(number)

    def get(self, number: int) -> PullRequest:
        """Return a pull request with its merge state. Raises BadInput if it does not exist."""
        argv = ["pr", "view", str(number)]
        data = self._gh.find_fields(PR_DETAIL_FIELDS, *argv, missing=MISSING)
        if not data:
            raise self.unknown(number)
        return PullRequest.parse(data)

    def unknown(self, number: int) -> BadInput:
        """Return the error for a pull request that does not exist."""
        advice = self._gh.typed.advice("", "pr", "list", "--state", "merged")
        return BadInput(f"{self._gh.slug} has no pull request #{number}", advice)

    def merged_as(self, commit: str) -> PullRequest | None:
        """Return the pull request whose merge made a commit, if GitHub knows one.

        https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit
        """
        path = f"repos/{self._gh.slug}/commits/{commit}/pulls"
        try:
            found = self._gh.pages(path, "number, merged_at, merge_commit_sha")
        except ProgramFailed as error:
            if "No commit found" in error.stderr:
                return None
            raise
        for data in found:
            if data["merged_at"] and data["merge_commit_sha"] == commit:
                return self.get(data["number"])
        return None

    def state(self, number: int) -> str:
        """Return the state of one: OPEN, MERGED or CLOSED. Raises BadInput, ServiceError."""
        return self.get(number).state

    def revert_of(self, bad: PullRequest, newest: Newest = ()) -> PullRequest | None:
        """Return what says that it reverts a pull request; nothing open that is from a fork.

        One that was itself reverted, by what says so, does not count. The `newest` ones are asked
        for, if they are not given.
        """
        pulls = self._candidates(f"revert-{bad.number}-{bad.head}", newest)
        for revert in effective_reverts(bad, pulls, self._gh.slug):
            if revert.state == "MERGED" or not revert.from_fork:
                return revert
        return None

    def reverts_of(self, bad: PullRequest) -> list[PullRequest]:
        """Return those that say they revert a pull request, open or merged, newest first.

        Anybody can say that.
        """
        pulls = self._candidates(f"revert-{bad.number}-{bad.head}")
        return claims_to_revert(bad, pulls, self._gh.slug)

    def reverts_of_commit(self, commit: str, newest: Newest = ()) -> list[PullRequest]:
        """Return those that say they revert a commit, like `reverts_of`."""
        pulls = self._candidates(revert_branch(commit), newest)
        claims = [pull for pull in pulls if pull.reverts_commit(commit)]
        return [pull for pull in claims if pull.state != "CLOSED"]

    def reverts_of_part(self, commit: str) -> list[PullRequest]:
        """Return those that say they revert the workflow part of a commit, like `reverts_of`."""
        pulls = self._candidates(part_branch(commit))
        claims = [pull for pull in pulls if pull.reverts_part(commit)]
        return [pull for pull in claims if pull.state != "CLOSED"]

    def _candidates(self, branch: str, newest: Newest = ()) -> list[PullRequest]:
        """Return the newest ones, and of older ones those from the branch of a revert."""
        read, self._read = self._read, []
        pulls = [*newest] or read or self.newest()
        if len(pulls) == NEWEST:
            pulls += self.newest(f"--head={branch}")
        return pulls

    def of_commits(self, commits: Sequence[str], base: str) -> dict[str, PullRequest]:
        """Return the pull request that brought each commit to a branch, where there is one."""
        return pulls_of_commits(self._gh, commits, base)

    def newest(self, *options: str) -> list[PullRequest]:
        """Return the newest ones, in any state, that the options of `gh pr list` leave."""
        argv = ["pr", "list", "--state=all", f"--limit={NEWEST}", *options]
        answer = self._gh.ask_fields(PR_FIELDS, *argv)
        return [PullRequest.parse(data) for data in answer]
