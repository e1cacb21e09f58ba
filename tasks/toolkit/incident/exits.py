"""How a recipe ends early: in one line, with an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from invoke.exceptions import Exit

from ..console.signals import (
    CLOSED_PIPE_STATUS,
    INTERRUPTED,
    INTERRUPTED_STATUS,
    interrupt,
    shut_down,
)
from ..console.streams import discard_closed_streams
from ..console.terminal import temporary_line
from ..core.errors import RecipeError
from ..core.invocation import running_step


@contextmanager
def exit_cleanly(step: str, interrupted: str = INTERRUPTED) -> Iterator[None]:
    """Run the block as `step`; turn what ends it early into one line and an exit code.

    This is the one place that catches.
    """
    interrupt.recipes += 1
    try:
        with running_step(step), _system_errors():
            interrupt.install()
            yield
    except BrokenPipeError as error:  # output pipe closed early, for example by `head`
        discard_closed_streams()
        raise Exit(code=CLOSED_PIPE_STATUS) from error
    except RecipeError as error:
        _print_failure(step, error.what, error.advice)
        raise Exit(code=error.code) from error
    except KeyboardInterrupt as error:
        shut_down()
        temporary_line.erase_typed()
        _print_failure(step, interrupted)
        raise Exit(code=INTERRUPTED_STATUS) from error
    finally:
        interrupt.recipes -= 1


def _print_failure(step: str, text: str, advice: str = "") -> None:
    from ..console.output import status

    try:
        status(text, "failed", step=step, advice=advice)
    except OSError:  # the exit code is enough
        discard_closed_streams()


@contextmanager
def _system_errors() -> Iterator[None]:
    """Turn an error of the system that nothing below explained into a RecipeError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except UnicodeError as error:
        what = f"a text is not in UTF-8 ({error})"
        raise RecipeError(what, "fix its encoding, then run the same command again") from error
    except OSError as error:
        where = "stdout" if discard_closed_streams() else error.filename or "the system"
        what = f"{where}: {error.strerror or error}"
        raise RecipeError(what, "fix that, then run the same command again") from error
