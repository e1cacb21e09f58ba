"""The pull requests of a repository: find, open and revert them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from operator import itemgetter

from ...core.errors import BadInput
from ...core.titles import fit_title, shortened_title
from ..process import ProgramOutput
from .gh import Gh, read_new_number
from .pulls import (
    PR_DETAIL_FIELDS,
    PR_FIELDS,
    PullRequest,
    claims_to_revert,
    effective_reverts,
    revert_branch,
)

KEEP_URL = "revert=$({})"  # in a plan, for the command that merges the pull request
NEWEST = 100  # how many pull requests are searched
REVERT_MUTATION = (
    "mutation($id: ID!, $title: String, $body: String, $draft: Boolean) "
    "{ revertPullRequest(input: {pullRequestId: $id, title: $title, body: $body, draft: $draft}) "
    "{ revertPullRequest { url } } }"
)


class PullRequests:
    """The pull requests of the repository of `gh`."""

    def __init__(self, gh: Gh) -> None:
        self._gh = gh

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
        missing = "Could not resolve to a PullRequest"
        data = self._gh.find_fields(PR_DETAIL_FIELDS, *argv, missing=missing)
        if not data:
            slug = self._gh.slug
            advice = f"`gh pr list --repo {slug} --state merged` lists them"
            raise BadInput(f"{slug} has no pull request #{number}", advice)
        return PullRequest.parse(data)

    def revert_of(self, bad: PullRequest) -> PullRequest | None:
        """Return what says that it reverts a pull request; nothing open that is from a fork.

        One that was itself reverted, by what says so, does not count.
        """
        pulls = self._candidates(f"revert-{bad.number}-{bad.head}")
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

    def reverts_of_commit(self, commit: str) -> list[PullRequest]:
        """Return those that say they revert a commit, like `reverts_of`."""
        pulls = self._candidates(revert_branch(commit))
        claims = [pull for pull in pulls if pull.reverts_commit(commit)]
        return [pull for pull in claims if pull.state != "CLOSED"]

    def _candidates(self, branch: str) -> list[PullRequest]:
        """Return the newest ones, and of older ones those from the branch of a revert."""
        pulls = self._newest()
        if len(pulls) == NEWEST:
            pulls += self._newest(f"--head={branch}")
        return pulls

    def merged_since(self, time: datetime) -> list[tuple[PullRequest, list[str]]]:
        """Return the pull requests merged since a time, newest first, each with its files.

        At most 30 pull requests are searched, and 100 files of each are returned.
        """
        argv = ["pr", "list", "--state=merged", "--limit=30"]
        answer = self._gh.ask_fields(f"{PR_FIELDS},files", *argv)
        answer.sort(key=itemgetter("mergedAt"), reverse=True)
        merged = []
        for data in answer:
            pull = PullRequest.parse(data)
            if pull.merged_at and pull.merged_at >= time:
                files = [file["path"] for file in data["files"]]
                merged.append((pull, files))
        return merged

    def _newest(self, *options: str) -> list[PullRequest]:
        argv = ["pr", "list", "--state=all", f"--limit={NEWEST}", *options]
        answer = self._gh.ask_fields(PR_FIELDS, *argv)
        return [PullRequest.parse(data) for data in answer]

    def open_revert(
        self,
        pull: PullRequest,
        title: str,
        body: str,
        draft: bool,
    ) -> PullRequest | None:
        """Open the revert of a merged pull request; None if that was only planned.

        An empty title or body leaves it to GitHub. Raises Refused if GitHub cannot revert it.
        """
        title = title or shortened_title(f'Revert "{pull.title}"')
        usage = self._gh.program.read("pr", "revert", "--help", check=False).stdout
        if not has_revert(usage):
            return self.open_revert_by_api(pull, title, body, draft)
        argv = ["pr", "revert", str(pull.number)]
        if title:
            argv.append(f"--title={title}")
        if body:
            argv.append(f"--body={body}")
        if draft:
            argv.append("--draft")
        find_outcome = partial(_find_url, partial(self.reverts_of, pull))
        output = self._gh.change(*argv, dry_run_form=KEEP_URL, find_outcome=find_outcome)
        return self._opened(output)

    def open_revert_by_api(
        self,
        pull: PullRequest,
        title: str,
        body: str,
        draft: bool,
    ) -> PullRequest | None:
        """Open a revert as gh does since 2.84.

        https://docs.github.com/graphql/reference/mutations#revertpullrequest
        """
        answer = self._gh.ask_fields("id", "pr", "view", str(pull.number))
        pull_id = answer["id"]
        argv = ["api", "graphql", f"-fquery={REVERT_MUTATION}", f"-fid={pull_id}"]
        if title:
            argv.append(f"-ftitle={title}")
        if body:
            argv.append(f"-fbody={body}")
        if draft:
            argv.append("-Fdraft=true")
        argv.append("--jq=.data.revertPullRequest.revertPullRequest.url")
        find = partial(_find_url, partial(self.reverts_of, pull))
        output = self._gh.program.change(*argv, dry_run_form=KEEP_URL, find_outcome=find)
        return self._opened(output)

    def create(self, head: str, base: str, title: str, body: str) -> PullRequest | None:
        """Open a pull request from the branch `head` to `base`; None if that was only planned."""
        title = fit_title(title)
        options = [f"--head={head}", f"--base={base}", f"--title={title}", f"--body={body}"]
        find = partial(_find_url, partial(self._newest, f"--head={head}"))
        output = self._gh.change("pr", "create", *options, dry_run_form=KEEP_URL, find_outcome=find)
        return self._opened(output)

    def _opened(self, output: ProgramOutput | None) -> PullRequest | None:
        """Return the pull request whose URL was printed."""
        if output is None:
            return None
        number = read_new_number(output.stdout, "pull request")
        return self._gh.ask_about_new(partial(self.get, number))


def _find_url(find: Callable[[], list[PullRequest]]) -> ProgramOutput | None:
    """Return what gh prints of an open pull request of the repository itself, if one is found."""
    for pull in find():
        if pull.state == "OPEN" and not pull.from_fork:
            return ProgramOutput(0, pull.url, "")
    return None


def has_revert(usage: str) -> bool:
    """Return whether gh knows `gh pr revert`; an older one shows the help of `gh pr` instead."""
    return "gh pr revert" in usage
