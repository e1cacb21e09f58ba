"""Open pull requests: the revert of another, or what a branch has."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...core.titles import fit_title
from ..process import ProgramOutput
from .gh import Gh, read_new_number
from .pull_mutations import REVERT, mutation, parse_mutated
from .pull_requests import PullRequests
from .pulls import PullRequest

KEEP_URL = "revert=$({})"  # in a plan, for the command that merges the pull request


class Openings:
    """Opens pull requests in the repository of `gh`, whose pull requests are `pulls`."""

    def __init__(self, gh: Gh, pulls: PullRequests) -> None:
        self._gh = gh
        self._pulls = pulls

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
        if title == f'Revert "{pull.title}"':  # as GitHub calls it
            title = ""
        if self._gh.program.runner.executor.dry_run:
            self._plan_revert(pull, title, body, draft)
            return None
        argv = mutation(REVERT, id=pull.id, title=title, body=body)
        if draft:
            argv.append("-Fdraft=true")
        find = partial(_find_url, partial(self._pulls.reverts_of, pull))
        output = self._gh.program.change(*argv, find_outcome=find, kind="PR")
        return self._opened(output)

    def _plan_revert(self, pull: PullRequest, title: str, body: str, draft: bool) -> None:
        """Let a plan open a revert by a command that the gh of this machine has."""
        usage = self._gh.program.read("pr", "revert", "--help", check=False).stdout
        if has_revert(usage):
            argv = ["pr", "revert", str(pull.number)]
            if title:
                argv.append(f"--title={title}")
            if body:
                argv.append(f"--body={body}")
            if draft:
                argv.append("--draft")
            self._gh.change(*argv, dry_run_form=KEEP_URL, kind="PR")
            return
        argv = mutation(REVERT, id=pull.id, title=title, body=body)
        if draft:
            argv.append("-Fdraft=true")
        form = KEEP_URL.replace("{}", "{} --jq=.data.change.pull.url")
        self._gh.program.change(*argv, dry_run_form=form, kind="PR")

    def create(
        self,
        head: str,
        base: str,
        title: str,
        body: str,
        draft: bool = False,
    ) -> PullRequest | None:
        """Open a pull request from the branch `head` to `base`; None if that was only planned."""
        title = fit_title(title)
        options = [f"--head={head}", f"--base={base}", f"--title={title}", f"--body={body}"]
        if draft:
            options.append("--draft")
        find = partial(_find_url, partial(self._pulls.newest, f"--head={head}"))
        argv = ["pr", "create", *options]
        output = self._gh.change(*argv, dry_run_form=KEEP_URL, find_outcome=find, kind="PR")
        return self._opened(output)

    def _opened(self, output: ProgramOutput | None) -> PullRequest | None:
        """Return the pull request that was printed, or whose URL was."""
        if output is None:
            return None
        pull = parse_mutated(output.stdout)
        if pull:
            return pull
        number = read_new_number(output.stdout, "pull request")
        return self._gh.ask_about_new(partial(self._pulls.get, number))


def _find_url(find: Callable[[], list[PullRequest]]) -> ProgramOutput | None:
    """Return what gh prints of an open pull request of the repository itself, if one is found."""
    for pull in find():
        if pull.state == "OPEN" and not pull.from_fork:
            return ProgramOutput(0, pull.url, "")
    return None


def has_revert(usage: str) -> bool:
    """Return whether gh knows `gh pr revert`; an older one shows the help of `gh pr` instead."""
    return "gh pr revert" in usage
