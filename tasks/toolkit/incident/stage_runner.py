"""Run the stages of a recovery, and show how much time is left of each budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from invoke.exceptions import Exit

from ..console.output import format_duration
from ..console.progress import show_progress
from ..console.signals import INTERRUPTED_STATUS
from ..core.errors import RecipeError, ServiceError
from ..core.invocation import current_step, invocation_id, typed_command
from .exits import exit_cleanly
from .facts import Facts
from .journal import Journal
from .log import IncidentLog
from .stages import BUDGETS, stage_of

REVERTING, PUBLISHING = "Immediate", "Quick"
STEPS = {  # what is left of a stage, in words
    REVERTING: "revert, merge",
    PUBLISHING: "publish",
    "Full": "verify",
}


def budget_left(journal: Journal, stage: str) -> str:
    """Return what is left of a stage's budget, in words."""
    budget = BUDGETS[stage]
    limit = format_duration(budget)
    left = budget - journal.elapsed()
    if left > 0:
        return f"runbook's budget: {format_duration(left)} of {limit} left"
    return f"runbook's budget: {format_duration(-left)} over its {limit}"


def run_stages(
    log: IncidentLog,
    works: Mapping[str, Callable[[], object]],
    revert_state: Callable[[int], str] = lambda _: "",
) -> None:
    """Run the work of each stage, by its name, and show how much time is left of its budget.

    Where it stops early, print how far it came. `revert_state` asks GitHub for the state of a
    pull request, such as OPEN.
    """
    done: list[str] = []
    left = list(works)
    for name, work in works.items():
        budget = partial(budget_left, log.journal, name)
        try:
            with show_progress(budget_left=budget), exit_cleanly(current_step()):
                work()
        except Exit as error:
            if error.code == INTERRUPTED_STATUS:  # no program starts any more
                revert_state = _nobody_knows
            is_opening = error.code == INTERRUPTED_STATUS and _was_reverting(log.journal)
            _report_stopped(log, done, left, revert_state, is_opening=is_opening)
            if error.code in (ServiceError.exit_code, INTERRUPTED_STATUS):
                log.announce(f"to resume: {typed_command()}", "next")
            raise
        left.remove(name)
        done.append(name)


def _was_reverting(journal: Journal) -> bool:
    """Return whether the last that this invocation began, and did not end, is the revert."""
    if not journal.events:
        return False
    last = journal.events[-1]
    is_cut_off = last.kind == "failed" and last.run == invocation_id()
    return is_cut_off and stage_of(last) == REVERTING


def _nobody_knows(_: int) -> str:
    return ""


def _report_stopped(
    log: IncidentLog,
    done: list[str],
    left: list[str],
    revert_state: Callable[[int], str],
    *,
    is_opening: bool,
) -> None:
    """Print what is done and left. A dry run, which did nothing, prints nothing.

    With `is_opening`, the request for the revert was cut off.
    """
    if log.has_planned_changes:
        return
    facts = log.facts
    sentences = ["Stopped."]
    steps = [STEPS[name] for name in left]
    if REVERTING in done:
        sentences.append(f"{_name_revert(facts)} is merged.")
    elif facts.revert:
        state = _ask_state(facts, revert_state)
        sentences.append(f"Revert #{facts.revert} {state}.")
        steps[0] = "merge"
    elif is_opening:
        sentences.append("Whether its revert is opened is not known.")
    if PUBLISHING in done and facts.published:
        sentences.append(f"{facts.version} is published.")
    sentences.append(f"Left: {', '.join(steps)}")
    log.announce(" ".join(sentences), "warning")


def _name_revert(facts: Facts) -> str:
    return f"Revert #{facts.revert}" if facts.revert else "The revert"


def _ask_state(facts: Facts, revert_state: Callable[[int], str]) -> str:
    """Return in words the state of a revert whose merge was not recorded."""
    try:
        state = revert_state(facts.revert)
    except RecipeError:
        state = ""
    words = {
        "OPEN": "is open, not merged",
        "MERGED": "is merged, but that was not checked",
        "CLOSED": "is closed, not merged",
    }
    return words.get(state, "is open; could not check whether it is merged")
