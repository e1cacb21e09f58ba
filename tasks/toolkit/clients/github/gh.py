"""The gh program: how it is started, what its errors mean, and its answers as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from ...core.errors import BadInput, PassingFault, RecipeError, ServiceError
from ...core.secret import Secret
from ...core.shell import quote
from ..process import ProcessRunner, ProgramOutput
from ..program import FindOutcome, Program
from . import rate_limit
from .advice import advice_with
from .answers import check_answer, decode_answer
from .typed import TypedGh

T = TypeVar("T")
REPOSITORY = ".data.repository"  # the path of what a query answers about it
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
        self.typed = TypedGh(slug, has_login=not runner.executor.preamble)
        self._rate_limit = Program(runner, ["gh"], env, holds_lock=True)
        self.program = Program(
            runner,
            ["gh"],
            env,
            advice_with(token),
            holds_lock=True,
            cooldown=self._seconds_to_wait,
        )

    def _seconds_to_wait(self) -> float:
        """Return the seconds until the rate limit ends; asking for them is not limited."""
        printed = self._rate_limit.read(*rate_limit.ARGUMENTS, check=False).stdout
        return rate_limit.seconds_to_wait(printed)

    def read_clock(self) -> datetime:
        """Return GitHub's time. Raises ServiceError."""
        printed = self.program.read(*rate_limit.ARGUMENTS).stdout
        return rate_limit.github_time(printed)

    def ask(self, *args: str) -> Any:
        """Return the JSON that gh answers; no output is an empty list. Raises ServiceError."""
        output = self.program.read(*args).stdout
        return decode_answer(command_name(args), output or "[]")

    def ask_fields(self, fields: str, *args: str) -> Any:
        """Return `fields` (separated by commas) of what a gh command finds in the repository."""
        answer = self.ask(*args, "--repo", self.slug, "--json", fields)
        is_list = "list" in args[:2]
        return check_answer(command_name(args), answer, fields.split(","), is_list=is_list)

    def ask_graphql(self, query: str, path: str, *variables: str) -> Any:
        """Return what is at a path of jq in the answer to a query with $owner and $name.

        Its other `variables` are options of `gh api`.
        """
        owner, _, name = self.slug.partition("/")
        argv = ["api", "graphql", f"-fquery={query}", f"-fowner={owner}", f"-fname={name}"]
        return self.ask(*argv, *variables, f"--jq={path}")

    def ask_repository(self, fields: str) -> Any:
        """Return `fields` of the repository itself."""
        answer = self.ask("repo", "view", self.slug, "--json", fields)
        return check_answer("gh repo view", answer, fields.split(","))

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

    def ask_about_new(self, request: Callable[[], T]) -> T:
        """Return the answer to `request` about what was just made, and may not be shown yet."""

        def ask() -> T:
            try:
                return request()
            except BadInput as error:
                raise PassingFault(f"{error.what} yet", error.advice) from error

        return self.program.runner.retries.ask(ask)

    def pages(self, path: str, fields: str) -> list[Any]:
        """Return the fields (in the syntax of jq) of each item in all pages of a REST list."""
        # One item a line: older gh joins pages to something that is not JSON.
        printed = self.read_pages(path, f".[] | {{{fields}}}")
        items = parse_items(printed)
        check_answer(f"gh api {path}", items, fields.split(", "), is_list=True)
        return items

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

    def change(
        self,
        *args: str,
        find_outcome: FindOutcome | None = None,
        dry_run_form: str = "{}",
        kind: str = "",
    ) -> ProgramOutput | None:
        """Change something in the repository; a dry run prints the command and returns None.

        `find_outcome` and `kind` are those of Program.change.
        """
        return self.program.change(
            *args,
            "--repo",
            self.slug,
            dry_run_form=dry_run_form,
            find_outcome=find_outcome,
            kind=kind,
        )

    def write_text(
        self,
        text: str,
        *args: str,
        find_outcome: FindOutcome | None = None,
        kind: str = "",
    ) -> ProgramOutput | None:
        """Change something with `text` as the input: as an argument it may be too long."""
        # Braces would stand for the command; the shell joins the halves again.
        quoted = quote(text).replace("{}", "{''}")
        form = f"printf %s {quoted} | {{}}"
        return self.program.change(
            *args,
            stdin=text,
            dry_run_form=form,
            find_outcome=find_outcome,
            kind=kind,
        )


def command_name(args: tuple[str, ...]) -> str:
    """Return how an error names a command of gh."""
    return f"gh {' '.join(args[:2])}"


def parse_items(printed: str) -> list[Any]:
    """Return the items of JSON that stand on a line each. Raises ServiceError."""
    lines = printed.split("\n")  # a text may have other line breaks
    return [decode_answer("gh api", line) for line in lines if line]


def read_new_number(printed: str, what: str) -> int:
    """Return the number at the end of the URL of a new issue or pull request, named `what`.

    Raises ServiceError if gh printed no URL.
    """
    number = re.search(r"/(?:issues|pull)/(\d{1,18})\s*$", printed)
    if not number:  # a null reply prints an empty line and exits 0
        problem = f"GitHub answered without the URL of the new {what}"
        raise ServiceError(problem, "check if it exists, then re-run the same command")
    return int(number[1])
