"""The gh program: how it is started, what its errors mean, and its answers as JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from ...core.errors import AccessDenied, Advice, BadInput, RecipeError, Refused, ServiceError
from ...core.secret import Secret
from ...core.shell import quote
from ..process import ProcessRunner, ProgramOutput
from ..program import Program

ADVICE: Advice = (
    (
        r"HTTP 401|Bad credentials|gh auth login",
        AccessDenied,
        "log in with `gh auth login`, or set GITHUB_TOKEN to a valid token",
    ),
    (
        r"not accessible by",
        AccessDenied,
        "give the token write access to contents, pull requests, issues and actions",
    ),
    (
        r"GitHub Actions is not permitted",
        AccessDenied,
        "allow it in the settings of the repository, Actions, General; or use a personal token",
    ),
    (
        r"`workflow` scope|`workflows` permission|required scopes|needs the \".+\" scope",
        AccessDenied,
        "add the scope to the token; `invoke doctor` shows how",
    ),
    (r"rate limit|HTTP 429", ServiceError, "wait a minute, then re-run the same command"),
    (
        r"HTTP 403",
        AccessDenied,
        "the token lacks a permission: check its scopes with `gh auth status`",
    ),
    (
        r"Head branch was modified",
        Refused,
        "nothing was merged; re-run the same command, which compares it again",
    ),
    (
        r"is not mergeable",
        Refused,
        "a required check or review is missing, or it conflicts: see the pull request",
    ),
    (
        r"Was unable to revert",
        Refused,
        "it conflicts, or was not merged on GitHub: "
        "`invoke rollback.commit --sha HASH` shows the files",
    ),
    (
        r"Could not resolve to a Repository",
        BadInput,
        "check GITHUB_REPOSITORY, and that the token can read it",
    ),
    (
        r"HTTP 5\d\d|status code: 5\d\d",
        ServiceError,
        "GitHub has trouble: see https://www.githubstatus.com, then re-run the same command",
    ),
    (
        r"error connecting|dial |connection re|EOF|no such host|timeout",
        ServiceError,
        "check the network, then re-run the same command",
    ),
)
ENVIRONMENT = {
    "GH_PROMPT_DISABLED": "1",
    "GH_NO_UPDATE_NOTIFIER": "1",
    "GH_TELEMETRY": "false",
    "GH_PAGER": "cat",
    # gh would colour its JSON
    "NO_COLOR": "1",
    "CLICOLOR_FORCE": "0",
    "GH_FORCE_TTY": "",
}


class Gh:
    """gh for the repository `slug` (owner/name); without a `token` it uses its own login."""

    def __init__(
        self,
        runner: ProcessRunner,
        slug: str,
        token: Secret,
    ) -> None:
        env = dict(ENVIRONMENT)
        if token:
            env["GH_TOKEN"] = token.reveal()
        self.slug = slug
        self.program = Program(
            runner,
            ["gh"],
            env,
            ADVICE,
            holds_lock=True,
        )

    def ask(self, *args: str) -> Any:
        """Return the JSON that gh answers; no output is an empty list. Raises ServiceError."""
        output = self.program.read(*args).stdout
        try:
            return json.loads(output or "[]")
        except ValueError as error:
            what = f"the answer of gh {' '.join(args[:2])} is not JSON"
            raise ServiceError(what, "re-run the same command in a minute") from error

    def ask_fields(self, fields: str, *args: str) -> Any:
        """Return `fields` (separated by commas) of what a gh command finds in the repository."""
        return self.ask(*args, "--repo", self.slug, "--json", fields)

    def ask_repository(self, fields: str) -> Any:
        """Return `fields` of the repository itself."""
        return self.ask("repo", "view", self.slug, "--json", fields)

    def find_fields(
        self,
        fields: str,
        *args: str,
        missing: str,
    ) -> Any | None:
        """Return `fields` like ask_fields, or None if gh fails with the text `missing`."""
        try:
            return self.ask_fields(fields, *args)
        except RecipeError as error:
            if missing in str(error):
                return None
            raise

    def pages(self, path: str, fields: str) -> list[Any]:
        """Return the fields (in the syntax of jq) of each item in all pages of a REST list."""
        # One item a line: older gh joins pages to something that is not JSON.
        printed = self.read_pages(path, f".[] | {{{fields}}}")
        return parse_items(printed)

    def read_pages(self, path: str, query: str) -> str:
        """Return what a query of jq prints of all pages of a REST list."""
        argv = [
            "api",
            f"{path}?per_page=100",
            "--paginate",
            "--jq",
            query,
        ]
        return self.program.read(*argv).stdout

    def change(self, *args: str, dry_run_form: str = "{}") -> ProgramOutput | None:
        """Change something in the repository; a dry run prints the command and returns None."""
        return self.program.change(*args, "--repo", self.slug, dry_run_form=dry_run_form)

    def write_text(self, text: str, *args: str) -> ProgramOutput | None:
        """Change something with `text` as the input: as an argument it may be too long."""
        # Braces would stand for the command; the shell joins the halves again.
        quoted = quote(text).replace("{}", "{''}")
        form = f"printf %s {quoted} | {{}}"
        return self.program.change(*args, stdin=text, dry_run_form=form)


def parse_items(printed: str) -> list[Any]:
    """Return the items of JSON that stand on a line each."""
    lines = printed.split("\n")  # a text may have other line breaks
    return [json.loads(line) for line in lines if line]


def read_new_number(printed: str, what: str) -> int:
    """Return the number at the end of the URL of a new issue or pull request, named `what`.

    Raises ServiceError if gh printed no URL.
    """
    number = re.search(r"/(?:issues|pull)/(\d+)\s*$", printed)
    if not number:  # a null reply prints an empty line and exits 0
        problem = f"GitHub answered without the URL of the new {what}"
        raise ServiceError(problem, "check if it exists, then re-run the same command")
    return int(number[1])
