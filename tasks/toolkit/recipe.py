"""What makes a task of a function: the incident is handed to it, and whatever ends it early is told in one line."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from . import command, screen
from .errors import RecipeError
from .incident import Incident
from .interrupt import interrupt

P = ParamSpec("P")
INTERRUPTED = 130  # as shells say it


def recipe(*, help: dict[str, str] | None = None, name: str | None = None, default: bool = False) -> Callable[..., Any]:  # noqa: A002
    """Make a task of a function that takes the Incident: it opens or joins the invocation's, and its errors end neatly."""

    def decorate(body: Callable[Concatenate[Incident, P], None]) -> Any:
        step = f"{body.__module__.rpartition('.')[2]}.{name or body.__name__}".replace("_", "-")

        @functools.wraps(body)
        def run(context: Context, *args: P.args, **kwargs: P.kwargs) -> None:
            with neatly(step):
                body(Incident.of(context), *args, **kwargs)

        return task(run, help=help or {}, name=name, default=default)

    return decorate


@contextmanager
def neatly(step: str) -> Iterator[None]:
    """Turn what ends the block early into one line on stderr and an exit code: the one place that catches."""
    interrupt.catch()
    try:
        yield
    except RecipeError as error:
        screen.say(step, str(error), "failed")
        raise Exit(code=error.code) from error
    except KeyboardInterrupt as error:
        command.end_all()
        screen.say(step, "interrupted: what was done stands; run the same command again to go on", "failed")
        raise Exit(code=INTERRUPTED) from error
