"""One base error and its precise leaves. A message is one line: what is wrong, why, what to do.

Exit codes: 1 a check failed or a step was refused, 2 wrong input or settings, 3 a program or
service failed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from signal import SIGXFSZ

from invoke.exceptions import Exit

# The quoted body of a service's answer; what helm and gh print before it says enough.
ANSWER_BODY = r'[,;]? {0,2}\bbody: "(\\.|[^"\\])*"?'
# What gh advises, and an option of helm; the advice of an error says it.
ADVICE = "check your internet connection or |Try authenticating with: |Use --debug flag to "
# What helm pulled before it failed.
PULLED = "Pulled: |Digest: "
LEFT_OUT = rf"(?m)^(?:{ADVICE}|{PULLED}).*$"


class RecipeError(Exit):
    """The base: one line that says `what` is wrong and, if known, what to do next (`advice`)."""

    exit_code = 3

    def __init__(self, what: str, advice: str = "") -> None:
        self.what = what
        self.advice = advice
        message = what
        if advice:
            message += f": {advice}"
        super().__init__(message, code=self.exit_code)

    def __str__(self) -> str:
        return self.message or ""


# Rows: a pattern of what a program prints, the error that this is, and the advice.
Advice = Sequence[tuple[str, type[RecipeError], str]]


class Refused(RecipeError):
    """The step was not taken because a precondition does not hold; nothing was changed."""

    exit_code = 1


class CheckFailed(RecipeError):
    """A verification did not find what it should."""

    exit_code = 1


class BadInput(RecipeError):
    """An option, or a file of the repository, has a value that cannot be used."""

    exit_code = 2


class SettingError(BadInput):
    """The variable `name` is missing or malformed; `problem` says how, without a secret."""

    def __init__(
        self,
        name: str,
        problem: str,
        advice: str,
    ) -> None:
        self.name = name
        self.problem = problem
        super().__init__(f"{name} {problem}", advice)


class ProgramMissing(RecipeError):
    """A program that a recipe needs is not on PATH."""


CANNOT_WRITE = "it could write no more: free some space, then re-run the same command"


class ProgramFailed(RecipeError):
    """A program failed: `argv`, exit `status`, and `stderr` with secrets masked."""

    def __init__(
        self,
        argv: list[str],
        status: int,
        stderr: str,
        advice: str = "",
    ) -> None:
        self.argv = argv
        self.status = status
        self.stderr = stderr
        program = " ".join(argv[:3])
        if argv[0] == "git":  # options such as -C come before its command
            program = "git"
        super().__init__(f"{program}: {self._last_lines()}", advice)

    def _last_lines(self) -> str:
        printed = re.sub(f"{LEFT_OUT}|{ANSWER_BODY}", "", self.stderr)
        lines = [line.strip() for line in printed.split("\n")]
        last_lines = [line for line in lines if line][-3:]
        if self.status == -SIGXFSZ:
            return CANNOT_WRITE
        if not last_lines:
            return f"exit code {self.status}, no output"
        return " ".join(last_lines)

    def explained(self, table: Advice) -> RecipeError:
        """Return the error that the first matching row of `table` makes of this one."""
        for pattern, kind, advice in table:
            if not re.search(pattern, self.stderr):
                continue
            if kind is ProgramFailed:
                return ProgramFailed(self.argv, self.status, self.stderr, advice)
            return kind(self.what, advice)
        return self


class TookTooLong(RecipeError):
    """A program or a wait exceeded its limit and was ended; its effect is unknown."""


class ServiceError(RecipeError):
    """A service failed or did not answer; this never counts as "absent"."""


class PassingFault(ServiceError):
    """A fault that passes: the same request is likely to succeed a little later."""


class RateLimited(PassingFault):
    """The service answers again when its rate limit has ended."""


class AccessDenied(ServiceError):
    """The service refuses this login, or anonymous access: 401 or 403."""
