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

from . import command, screen
from .errors import RecipeError
from .incident import Incident
from .interrupt import STATUS, TOLD, interrupt

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
            with neatly(step):
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
        return task(run, help={**(help or {}), **({"wait": WAIT_HELP} if acts else {})}, name=name, default=default, iterable=iterable)

    return decorate


@contextmanager
def neatly(step: str) -> Iterator[None]:
    """Turn what ends the block early into one line on stderr and an exit code: the one place that catches."""
    interrupt.catch()
    interrupt.recipes += 1
    try:
        yield
    except RecipeError as error:
        screen.say(step, str(error), "failed")
        raise Exit(code=error.code) from error
    except KeyboardInterrupt as error:
        command.end_all()
        screen.say(step, TOLD, "failed")
        raise Exit(code=STATUS) from error
    finally:
        interrupt.recipes -= 1
