"""What makes a task of a function: the incident is handed to it, and whatever ends it early is told in one line."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from ..clients import process
from ..console import output
from ..console.signals import CLOSED_PIPE_STATUS, INTERRUPTED, INTERRUPTED_STATUS, interrupt
from ..core.errors import RecipeError
from .context import Incident

P = ParamSpec("P")
WAIT_HELP = "if another operator is at work on this machine, wait until that ends"


def recipe(
    *,
    help: dict[str, str] | None = None,  # noqa: A002
    name: str | None = None,
    default: bool = False,
    acts: bool = False,
    iterable: Sequence[str] = (),
) -> Callable[..., Any]:
    """Make a task of a function that takes the Incident: it opens or joins the invocation's, and its errors end neatly.

    One that `acts` is the only one to do so on this machine; its task has the option `--wait`, for when another is at work.
    An `iterable` option may be given several times.
    """

    def decorate(body: Callable[Concatenate[Incident, P], None]) -> Any:
        step = f"{body.__module__.rpartition('.')[2]}.{name or body.__name__}".replace("_", "-")
        step = step.removeprefix("shortcuts.")  # the root's own are typed without it

        @functools.wraps(body)
        def run(context: Context, *args: Any, wait: bool = False, **kwargs: Any) -> None:
            with exit_cleanly(step):
                incident = Incident.of(context)
                try:
                    if acts:
                        incident.hold(wait)
                    body(incident, *args, **kwargs)
                except BaseException:
                    incident.commands.plan.end(whole=False)
                    raise

        given = inspect.signature(body)
        option = inspect.Parameter("wait", inspect.Parameter.KEYWORD_ONLY, default=False)
        run.__signature__ = given.replace(parameters=[*given.parameters.values(), *[option] * acts])  # type: ignore[attr-defined]
        return task(
            run,
            help={**(help or {}), **({"wait": WAIT_HELP} if acts else {})},
            name=name,
            default=default,
            iterable=iterable,
        )

    return decorate


@contextmanager
def exit_cleanly(step: str, interrupted: str = INTERRUPTED) -> Iterator[None]:
    """Turn what ends the block early into one line on stderr and an exit code: the one place that catches."""
    interrupt.recipes += 1
    try:
        with _system():
            interrupt.catch()
            yield
    except BrokenPipeError as error:  # `| head` has read enough
        output.discard_closed_streams()
        raise Exit(code=CLOSED_PIPE_STATUS) from error
    except RecipeError as error:
        _failed(step, str(error))
        raise Exit(code=error.code) from error
    except KeyboardInterrupt as error:
        process.end_programs()
        _failed(step, interrupted)
        raise Exit(code=INTERRUPTED_STATUS) from error
    finally:
        interrupt.recipes -= 1


def _failed(step: str, text: str) -> None:
    try:
        output.status(step, text, "failed")
    except OSError:  # the exit code still tells
        output.discard_closed_streams()


@contextmanager
def _system() -> Iterator[None]:
    """Raise what the system refuses, and nobody knew better, as what is told in one line."""
    try:
        yield
    except BrokenPipeError:
        raise
    except UnicodeError as error:
        raise RecipeError(
            f"a text is not in UTF-8 ({error})",
            "see to its encoding, then run the same command again",
        ) from error
    except OSError as error:
        where = "stdout" if output.discard_closed_streams() else error.filename or "the system"
        raise RecipeError(
            f"{where}: {error.strerror or error}", "see to that, then run the same command again"
        ) from error
