"""Practise and develop: drill, test, lint, pictures, bench. The sandbox is imported when needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from invoke.context import Context
from invoke.tasks import task

from ..sandbox.option_help import BENCH_HELP, DRILL_HELP, TEST_HELP
from ..toolkit.console.signals import INTERRUPTED_RESTART, interrupt
from ..toolkit.core.errors import BadInput, CheckFailed, ProgramMissing
from ..toolkit.incident.exits import exit_cleanly

DRILL_INTERRUPTED = "interrupted: the sandbox is deleted, and nothing else was changed"


@task(help=DRILL_HELP, auto_shortflags=False)
def drill(
    _: Context, scenario: str = "publish", hands_on: bool = False, keep: bool = False
) -> None:
    """Rehearse a rollback with the real programs, in a throw-away sandbox on this machine."""
    with _sandbox_step("drill", DRILL_INTERRUPTED):
        if hands_on and keep:
            raise BadInput("--hands-on and --keep exclude each other", "choose one of them")
        from ..sandbox.drill import Drill, way_of
        from ..toolkit.console import output
        from ..toolkit.core.settings import variable_names

        rehearsal = Drill(output, variable_names(), interrupt.blocked_for_child)
        rehearsal.start(scenario, way_of(hands_on, keep))


@task(help=TEST_HELP, auto_shortflags=False)
def test(_: Context, all: bool = False, only: str = "") -> None:  # noqa: A002
    """Run the tests."""
    with _sandbox_step("test"):
        from ..sandbox.development import run_tests

        run_tests(report_set_up, all, only)


@task(auto_shortflags=False)
def lint(_: Context) -> None:
    """Check style and types, strictly."""
    with _sandbox_step("lint"):
        from ..sandbox.development import run_linters

        run_linters(report_set_up)


@task(auto_shortflags=False)
def pictures(_: Context) -> None:
    """Draw docs/pictures again, from real output of a sandbox."""
    with _sandbox_step("pictures"):
        from ..sandbox.development import draw_pictures

        draw_pictures(report_set_up)


@task(help=BENCH_HELP, auto_shortflags=False)
def bench(
    _: Context, rounds: str = "5", latency: str = "", only: str = "", write: bool = False
) -> None:
    """Measure the recipes beside the runbook's commands typed by hand: docs/performance.md."""
    with _sandbox_step("bench"):
        from ..sandbox.development import run_bench

        run_bench(report_set_up, {"rounds": rounds, "latency": latency, "only": only}, write)


def report_set_up(text: str) -> None:
    """Report what is installed."""
    from ..toolkit.console.output import status

    status(text, step="set-up")


@contextmanager
def _sandbox_step(step: str, interrupted: str = INTERRUPTED_RESTART) -> Iterator[None]:
    """Run the block as a step of the sandbox, which no recipe needs, and map its errors to ours."""
    with exit_cleanly(step, interrupted):
        from ..sandbox.errors import BadOption, Failed
        from ..sandbox.programs import InstallError

        ours = {InstallError: ProgramMissing, BadOption: BadInput, Failed: CheckFailed}
        try:
            yield
        except tuple(ours) as error:
            raise ours[type(error)](str(error)) from error
