"""What makes an Invoke task of a function: it gets the incident, and errors end in one line."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Concatenate

from invoke.tasks import Task, task

from ..core.actions import runs_under_actions
from ..core.options import Pairs, Rules
from .context import Incident
from .exits import exit_cleanly

if TYPE_CHECKING:
    from invoke.context import Context

Body = Callable[Concatenate[Incident, ...], None]
WAIT_HELP = "if another run is in progress on this machine, queue behind it"
JSON_HELP = "print the result as one JSON document on stdout: docs/json.md"
CHART_HELP = "one of several charts, by its name; the tasks that follow take it too"
# The charts that a recipe takes, where there are several.
ONE_CHART = "one"
EACH_CHART = "each"


class RecipeTask(Task[Any]):
    """A task that runs each time it is typed.

    Invoke leaves out a task that equals an earlier one, as `publish.check` and `when.check` would.
    """

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = Task.__hash__


def recipe(
    *,
    help: dict[str, str] | None = None,  # noqa: A002
    name: str | None = None,
    default: bool = False,
    acts: bool = False,
    takes: str = "",
    iterable: Sequence[str] = (),
    excluding: Pairs = (),
    needs_env_file: bool = True,
) -> Callable[..., Any]:
    """Make a task of a function that takes the Incident; its module and name become the step.

    Its task has the option `--json`, one that `acts` has `--wait`, one that `takes` ONE_CHART or
    EACH_CHART has `--chart`. An `iterable` option may be repeated. Pairs of options that are
    `excluding` each other are refused. No option has a one-letter form.
    """
    rules = Rules(acts, takes, excluding, needs_env_file)

    def decorate(body: Body) -> Any:
        step = _step_name(body, name)
        texts = {**(help or {}), "json": JSON_HELP}
        if takes:
            texts["chart"] = CHART_HELP
        if acts:
            texts["wait"] = WAIT_HELP
        made: Any = task(
            _run_with_incident(body, step, rules),
            help=texts,
            name=name,
            default=default,
            iterable=iterable,
            auto_shortflags=False,
            klass=RecipeTask,
        )
        made.step = step
        made.rules = rules
        return made

    return decorate


def _run_with_incident(body: Body, step: str, rules: Rules) -> Callable[..., None]:
    """Return a function that takes Invoke's context, and gives `body` the incident."""

    @functools.wraps(body)
    def run(
        context: Context,
        *args: Any,
        chart: str = "",
        wait: bool = False,
        json: bool = False,
        **kwargs: Any,
    ) -> None:
        reporting = _reporting(context, step, rules, as_document=json)
        with exit_cleanly(step), reporting, exit_cleanly(step):  # the report says how it ended
            rules.ensure_compatible({**kwargs, "json": json})
            incident = Incident.of(context, acts=rules.acts, needs_env_file=rules.needs_env_file)
            try:
                if rules.acts:
                    incident.hold(wait)
                if chart:
                    incident.choose_chart(chart)
                if rules.takes == ONE_CHART:
                    incident.project.ensure_one_chart()
                with incident.watches.finishing(step):
                    body(incident, *args, **kwargs)
            except BaseException:
                incident.abandon_plan()
                raise

    options = {"chart": "", "wait": False, "json": False}
    if not rules.takes:
        del options["chart"]
    if not rules.acts:
        del options["wait"]
    run.__signature__ = _signature(body, options)  # type: ignore[attr-defined]
    return run


def _reporting(
    context: Context, step: str, rules: Rules, *, as_document: bool
) -> AbstractContextManager[None]:
    """Return what reports the block's result: as a document if asked for, and under Actions."""
    if not as_document and not runs_under_actions():
        return nullcontext()
    from .reporting import reporting

    return reporting(context, step, acts=rules.acts, as_document=as_document)


def _step_name(body: Body, name: str | None) -> str:
    """Return `section.task`; the tasks of `shortcuts` are typed without their section."""
    package, _, section = body.__module__.rpartition(".")
    typed = (name or body.__name__).replace("_", "-")
    if package.endswith(".shortcuts"):
        return typed
    return f"{section}.{typed}"


def _signature(body: Body, options: Mapping[str, Any]) -> inspect.Signature:
    """Return the signature of a function with more options, given with their defaults."""
    signature = inspect.signature(body)
    parameters = list(signature.parameters.values())
    for name, value in options.items():
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=value))
    return signature.replace(parameters=parameters)
