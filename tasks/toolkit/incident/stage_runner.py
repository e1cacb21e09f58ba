"""Run the stages of a recovery, each with what is left of its budget in sight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from invoke.exceptions import Exit

from ..console.output import format_duration
from ..console.progress import show_progress
from ..console.signals import INTERRUPTED_STATUS
from ..core.errors import ServiceError
from ..core.invocation import typed_command
from .journal import Journal
from .log import IncidentLog
from .stages import BUDGETS, WORK


def budget_left(journal: Journal, stage: str) -> str:
    """Return what is left of a stage's budget, in words."""
    budget = BUDGETS[stage]
    limit = format_duration(budget)
    left = budget - journal.elapsed()
    if left > 0:
        return f"{format_duration(left)} left of {limit}"
    return f"{format_duration(-left)} over its {limit}"


def run_stages(log: IncidentLog, works: Mapping[str, Callable[[], object]]) -> None:
    """Run the work of each stage, by its name, with what is left of its budget in sight.

    Where it stops early, print how far it came.
    """
    done: list[str] = []
    left = list(works)
    for name, work in works.items():
        budget = partial(budget_left, log.journal, name)
        try:
            with show_progress(budget_left=budget):
                work()
        except Exit as error:
            _report_stopped(log, done, left, error.code)
            raise
        left.remove(name)
        done.append(name)
    elapsed = format_duration(log.journal.elapsed())
    log.announce(f"done, {elapsed} after the incident was opened")


def _report_stopped(
    log: IncidentLog,
    done: list[str],
    left: list[str],
    exit_code: int,
) -> None:
    """Print which stages are done and left, and the command that resumes if the same one can.

    A dry run, which did none, prints nothing.
    """
    parts = ["stopped"]
    if done:
        parts.append(f"done: {_describe(done)}")
    facts = log.facts
    if facts.revert and not facts.good_commit:
        parts.append(f"revert #{facts.revert} is open, not merged")
    parts.append(f"left: {_describe(left)}")
    log.announce("; ".join(parts), "warning")
    if exit_code in (ServiceError.exit_code, INTERRUPTED_STATUS):
        log.announce(f"to resume: {typed_command()}", "next")


def _describe(stages: list[str]) -> str:
    works = []
    for name in stages:
        works.append(f"{name} ({WORK[name]})")
    return ", ".join(works)
