"""One base error and its precise leaves. Each message is one line: what was wrong, what was found, what to do.

The exit codes: 1 a check failed or a step was refused, 2 bad input or settings, 3 a program or service failed us.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from invoke.exceptions import Exit

BODY = r'[,;]? *\bbody: "(\\.|[^"\\])*"?'  # of a service's answer, quoted: what helm and gh say before it is enough


class RecipeError(Exit):
    """The base: a one-line message for the person and an exit code. `advice`, if given, is what to do next."""

    exit_code = 3

    def __init__(self, what: str, advice: str = "") -> None:
        self.what, self.advice = what, advice
        super().__init__(f"{what}: {advice}" if advice else what, code=self.exit_code)

    def __str__(self) -> str:
        return self.message or ""


# What a program says (a pattern), what kind of error that is, and what the person can do.
Advice = Sequence[tuple[str, type[RecipeError], str]]


class Refused(RecipeError):
    """The step was not taken, since the world is not as it must be first; nothing was changed."""

    exit_code = 1


class CheckFailed(RecipeError):
    """A verification found the world not as wanted."""

    exit_code = 1


class BadInput(RecipeError):
    """An option, or a file of the repository, has a value that cannot be used."""

    exit_code = 2


class SettingError(BadInput):
    """An environment variable is missing or malformed: `name` is which, `found` what it holds (a secret is never shown)."""

    def __init__(self, name: str, found: str, wanted: str, example: str) -> None:
        self.name, self.found = name, found
        super().__init__(f"{name} {found}", f"{wanted}, for example {name}={example}")


class ProgramMissing(RecipeError):
    """A program that a recipe needs is not on PATH."""


class ProgramFailed(RecipeError):
    """A program ended in failure: `argv`, its exit `status` and its `stderr`, secrets masked."""

    def __init__(self, argv: list[str], status: int, stderr: str, advice: str = "") -> None:
        self.argv, self.status, self.stderr = argv, status, stderr
        lines = [line.strip() for line in re.sub(BODY, "", stderr).splitlines() if line.strip()]
        program = " ".join(argv[:3]) if argv[0] != "git" else "git"
        super().__init__(
            f"{program}: {' '.join(lines[-3:]) or f'exit {status}, without a word'}", advice
        )

    def explained(self, table: Advice) -> RecipeError:
        """Return the error as what it is by the first row of `table` that fits what the program said."""
        for pattern, kind, advice in table:
            if re.search(pattern, self.stderr):
                return (
                    ProgramFailed(self.argv, self.status, self.stderr, advice)
                    if kind is ProgramFailed
                    else kind(self.what, advice)
                )
        return self


class TookTooLong(RecipeError):
    """A program or a wait went over its limit and was ended; whether it had its effect is unknown until looked at."""


class ServiceError(RecipeError):
    """A service answered with an error or not at all, so that the world could not be read: never taken for an absence."""


class AccessDenied(ServiceError):
    """The service knows who asks, or that nobody does, and says no: 401 or 403."""
