"""GitHub for one repository: the clients of its parts, and who is logged in."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from ...core.errors import BadInput, PassingFault, ProgramMissing, RecipeError
from ...core.secret import Secret
from ..process import ProcessRunner
from .actions import Actions
from .answers import check_answer
from .environments import Environments, download_artifact
from .gh import Gh
from .issues import Issues
from .job_token import JobToken
from .merging import Merging
from .openings import Openings
from .packages import Packages
from .publishers import advise_any_workflow
from .pull_requests import MISSING, PullRequests
from .pulls import PullRequest
from .releases import Releases
from .required_checks import required_checks
from .revert_query import ask_revert_facts
from .scopes import TokenScopes


class GitHub:
    """GitHub for the repository `slug` (owner/name); without a `token` gh uses its own login.

    `advise_workflow` says what to do if the workflow of a name does not exist.
    """

    def __init__(
        self,
        runner: ProcessRunner,
        slug: str,
        token: Secret,
        advise_workflow: Callable[[str], str] = advise_any_workflow,
    ) -> None:
        self.slug = slug
        self._gh = Gh(runner, slug, token)
        self.typed = self._gh.typed
        self.pulls = PullRequests(self._gh)
        self.openings = Openings(self._gh, self.pulls)
        self.merging = Merging(self._gh)
        self.issues = Issues(self._gh)
        self.releases = Releases(self._gh)
        self.actions = Actions(self._gh, advise_workflow)
        self.environments = Environments(self._gh)
        self.packages = Packages(self._gh)
        self.scopes = TokenScopes(self._gh)
        self.job_token = JobToken(self._gh, token)

    def pull_to_revert(self, number: int, branch: str) -> PullRequest:
        """Return a pull request, and learn what its revert on `branch` needs by the same request.

        Raises BadInput if it does not exist.
        """
        try:
            facts = ask_revert_facts(self._gh, number, branch)
        except (PassingFault, ProgramMissing):
            raise
        except RecipeError as error:  # asked alone, each answers or explains why not
            if MISSING in str(error):
                raise self.pulls.unknown(number) from error
            return self.pulls.get(number)
        self.pulls.learn_newest(facts.newest)
        self.merging.learn_rules(branch, facts.rules)
        self.scopes.learn(facts.scopes)
        self.job_token.learn(facts.viewer)
        return facts.pull

    def token(self) -> Secret:
        """Return the token of the login of gh, or an empty one."""
        output = self._gh.program.read("auth", "token", check=False)
        return Secret(output.stdout.strip(), "the token of gh")

    def download_artifact(self, run: int, name: str, folder: Path) -> bool:
        """Put the files of a run's artifact into a folder; return False if there is none."""
        return download_artifact(self._gh, run, name, folder)

    def now(self) -> datetime:
        """Return GitHub's time, in UTC: the clock of this machine may be wrong."""
        time_then, clock_then = self._clock
        return time_then + timedelta(seconds=time.monotonic() - clock_then)

    @cached_property
    def _clock(self) -> tuple[datetime, float]:
        """GitHub's time when it was asked, with `time.monotonic` of then."""
        return self._gh.read_clock(), time.monotonic()

    def current_name(self, slug: str) -> str:
        """Return the name that GitHub has for a repository now; for an unknown one as given."""
        try:
            answer = self._gh.ask("repo", "view", slug, "--json", "nameWithOwner")
        except BadInput:  # there is none, or the login may not see it
            return slug.lower()
        check_answer("gh repo view", answer, ["nameWithOwner"])
        return str(answer["nameWithOwner"]).lower()

    def permission(self) -> str:
        """Return the permission of the login: ADMIN, MAINTAIN, WRITE, TRIAGE or READ.

        GitHub names none for an app.
        """
        answer = self._gh.ask_repository("viewerPermission")
        return str(answer["viewerPermission"])

    def can_write(self, login: str) -> bool:
        """Return whether a user may write to the repository now.

        https://docs.github.com/rest/collaborators/collaborators
        """
        path = f"repos/{self.slug}/collaborators/{quote(login)}/permission"
        permission = self._gh.program.text("api", path, "--jq", ".permission")
        return permission in ("admin", "write")

    def required_checks(self, branch: str) -> list[str]:
        """Return the names of the checks that a branch requires. Raises RecipeError."""
        return required_checks(self._gh, branch)

    def default_branch(self) -> str:
        """Return the name of the default branch."""
        answer = self._gh.ask_repository("defaultBranchRef")
        return str(answer["defaultBranchRef"]["name"])
