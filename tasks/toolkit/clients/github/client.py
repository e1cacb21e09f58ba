"""GitHub, spoken to by gh alone: pull requests and their reverts; `tracker` and `runs` have the rest."""

from __future__ import annotations

import re

from ...core.errors import AccessDenied, Advice, BadInput, RecipeError, Refused, ServiceError
from ...core.secret import Secret
from ..process import ProcessRunner, Program
from .actions import Runs
from .pulls import PR_DETAIL_FIELDS, PR_FIELDS, PullRequest, effective_revert

ADVICE: Advice = (
    (
        r"HTTP 401|Bad credentials|gh auth login",
        AccessDenied,
        "log in with `gh auth login`, or set GITHUB_TOKEN to a token that is valid",
    ),
    (
        r"not accessible by",
        AccessDenied,
        "give the token write access to contents, pull requests, issues and actions",
    ),
    (
        r"GitHub Actions is not permitted",
        AccessDenied,
        "allow it in the repository's settings, Actions, General; or use a personal token",
    ),
    (r"rate limit|HTTP 429", ServiceError, "wait a minute, then run the same command again"),
    (
        r"HTTP 403",
        AccessDenied,
        "the token may not do this: check its scopes with `gh auth status`",
    ),
    (
        r"is not mergeable",
        Refused,
        "the branch demands a check or a review that is still missing, or it conflicts: see the pull request",
    ),
    (
        r"Was unable to revert",
        Refused,
        "it conflicts, or was not merged on GitHub: `invoke rollback.commit --sha HASH` shows the files",
    ),
    (
        r"Could not resolve to a Repository",
        BadInput,
        "check GITHUB_REPOSITORY, and that the token may see it",
    ),
    (
        r"HTTP 5\d\d|status code: 5\d\d",
        ServiceError,
        "GitHub has trouble: see https://www.githubstatus.com, then run the same command again",
    ),
    (
        r"error connecting|dial |connection re|EOF|no such host|timeout",
        ServiceError,
        "check the network, then run the same command again",
    ),
)
KEPT_FOR_MERGE = "revert=$({})"  # the shell variable in which a dry run's commands hand the URL on
NEWEST = 100  # pull requests that are looked at
METHODS = (
    ("squashMergeAllowed", "--squash"),
    ("mergeCommitAllowed", "--merge"),
    ("rebaseMergeAllowed", "--rebase"),
)


class GitHub(Runs):
    """gh for the repository `slug` (owner/name); an empty `token` leaves gh to its own login."""

    def __init__(self, commands: ProcessRunner, slug: str, token: Secret) -> None:
        self.slug = slug
        env = {
            "GH_PROMPT_DISABLED": "1",
            "GH_NO_UPDATE_NOTIFIER": "1",
            "GH_TELEMETRY": "false",
            "GH_PAGER": "cat",
        }
        env |= {
            "NO_COLOR": "1",
            "CLICOLOR_FORCE": "0",
            "GH_FORCE_TTY": "",
        }  # its JSON would be coloured
        self._gh = Program(
            commands,
            ["gh"],
            env | ({"GH_TOKEN": token.reveal()} if token else {}),
            ADVICE,
            lasting=True,
        )

    def token(self) -> Secret:
        """Return the token of gh's own login, or an empty one."""
        return Secret(self._gh.read("auth", "token", check=False).stdout.strip())

    def permission(self) -> str:
        """Return what the login may do in the repository: ADMIN, MAINTAIN, WRITE, TRIAGE or READ."""
        return str(
            self._ask("repo", "view", self.slug, "--json", "viewerPermission")["viewerPermission"]
        )

    def default_branch(self) -> str:
        """Return the default branch."""
        return str(
            self._ask("repo", "view", self.slug, "--json", "defaultBranchRef")["defaultBranchRef"][
                "name"
            ]
        )

    def number(self, text: str) -> int:
        """Return the PR number that `42`, `#42` or the PR's URL means. Raises BadInput, also for another repository's URL."""
        url = re.fullmatch(r"https://[^/]+/([^/]+/[^/]+)/pull/(\d+)([/?#].*)?", text)
        if url and url[1].lower() != self.slug.lower():
            raise BadInput(
                f"{text} is a pull request of {url[1]}, not of {self.slug}",
                "check the URL, or set GITHUB_REPOSITORY",
            )
        number = url[2] if url else text.removeprefix("#")
        if not re.fullmatch(r"[1-9]\d{0,8}", number):
            raise BadInput(
                f"{text!r} is not a pull request", "give its number or its URL, for example --pr 42"
            )
        return int(number)

    def pull(self, number: int | str) -> PullRequest:
        """Return a pull request by number or head branch. Raises BadInput if there is none."""
        try:
            return PullRequest.of(
                self._ask(
                    "pr", "view", str(number), "--repo", self.slug, "--json", PR_DETAIL_FIELDS
                )
            )
        except RecipeError as error:
            if re.search(r"Could not resolve to a PullRequest|no pull requests found", str(error)):
                raise BadInput(
                    f"{self.slug} has no pull request #{number}",
                    f"`gh pr list --repo {self.slug} --state merged` lists them",
                ) from error
            raise

    def _newest_pulls(self, *args: str) -> list[PullRequest]:
        found = self._ask(
            "pr",
            "list",
            "--repo",
            self.slug,
            "--state",
            "all",
            "--limit",
            str(NEWEST),
            *args,
            "--json",
            PR_FIELDS,
        )
        return [PullRequest.of(data) for data in found]

    def revert_of(self, bad: PullRequest) -> PullRequest | None:
        """Return the revert of a PR that is open or merged, and not itself reverted."""
        pulls = self._newest_pulls()
        if (
            len(pulls) == NEWEST
        ):  # it may be an older one, and then has the branch's name that GitHub gives it
            pulls += self._newest_pulls("--head", f"revert-{bad.number}-{bad.head}")
        return effective_revert(bad, pulls, self.slug)

    def pull_from(self, branch: str) -> PullRequest | None:
        """Return the newest pull request from `branch` that was not closed unmerged."""
        return next(
            (pull for pull in self._newest_pulls("--head", branch) if pull.state != "CLOSED"), None
        )

    def revert(self, pull: PullRequest, title: str, body: str, draft: bool) -> PullRequest | None:
        """Open the revert of a merged PR: `gh pr revert`. A dry run returns nothing."""
        options = (
            [f"--title={title}"] * bool(title)
            + [f"--body={body}"] * bool(body)
            + ["--draft"] * draft
        )
        argv = ["pr", "revert", str(pull.number), "--repo", self.slug, *options]
        # A dry run is not told by the command itself that gh is too old for it; asked for help, such a gh shows that of `gh pr`.
        known = (
            not self._gh.commands.dry
            or "gh pr revert" in self._gh.read("pr", "revert", "--help", check=False).stdout
        )
        try:
            said = (
                self._gh.change(*argv, shown=KEPT_FOR_MERGE).stdout.strip()
                if known
                else self._revert_by_api(pull, title, body, draft)
            )
        except RecipeError as error:
            if 'unknown command "revert"' not in str(error):
                raise
            said = self._revert_by_api(pull, title, body, draft)
        return self._opened(said)

    def _revert_by_api(self, pull: PullRequest, title: str, body: str, draft: bool) -> str:
        """Open the revert as gh 2.84 and newer do: https://docs.github.com/graphql/reference/mutations#revertpullrequest."""
        found = self._gh.read(
            "pr", "view", str(pull.number), "--repo", self.slug, "--json", "id", "--jq", ".id"
        ).stdout.strip()
        query = (
            "mutation($id: ID!, $title: String, $body: String, $draft: Boolean) { revertPullRequest(input: "
            "{pullRequestId: $id, title: $title, body: $body, draft: $draft}) { revertPullRequest { url } } }"
        )
        given = (
            [f"-ftitle={title}"] * bool(title)
            + [f"-fbody={body}"] * bool(body)
            + ["-Fdraft=true"] * draft
        )
        jq = ".data.revertPullRequest.revertPullRequest.url"
        argv = ["api", "graphql", f"-fquery={query}", f"-fid={found}", *given, "--jq", jq]
        return self._gh.change(*argv, shown=KEPT_FOR_MERGE).stdout.strip()

    def create_pull(self, head: str, base: str, title: str, body: str) -> PullRequest | None:
        """Open a pull request from the branch `head` to the branch `base`. A dry run returns nothing."""
        argv = [
            "pr",
            "create",
            "--repo",
            self.slug,
            f"--head={head}",
            f"--base={base}",
            f"--title={title}",
            f"--body={body}",
        ]
        return self._opened(self._gh.change(*argv, shown=KEPT_FOR_MERGE).stdout.strip())

    def _opened(self, said: str) -> PullRequest | None:
        if self._gh.commands.dry:
            return None
        number = re.search(r"/pull/(\d+)\s*$", said)
        if not number:  # a null reply prints an empty line and exits 0
            raise ServiceError(
                "GitHub answered without the new pull request's URL",
                "look whether it is there, then run the same command again",
            )
        return self.pull(int(number[1]))

    def merge_option(self) -> str:
        """Return the option of `gh pr merge` for a way to merge that the repository allows."""
        allowed = self._ask(
            "repo", "view", self.slug, "--json", ",".join(name for name, _ in METHODS)
        )
        return next((option for name, option in METHODS if allowed[name]), "--merge")

    def merge(self, number: int | None, option: str) -> None:
        """Merge a pull request; without a number the one that a dry run would have opened. A dry run's command waits as we do."""
        argv = ["pr", "merge", *[str(number)] * bool(number), "--repo", self.slug, option]
        merging = "{}" if number else '{} "$revert"'
        self._gh.change(*argv, shown=f"until {merging}; do sleep 5; done")
