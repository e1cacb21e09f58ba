"""What a drill came to, read from its sandbox: by step of the runbook, with its budget."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from .world import World

BUDGETS = {"revert": "5 min", "publish": "30 min", "re-deploy": "1-2 h"}  # the runbook's
TITLE = "The drill, as the sandbox shows it; times count from its first command"
COLUMNS = ["step", "what happened", "time", "runbook's budget"]
SHORT_DIGEST = 19  # characters, by which people recognise it
Row = Sequence[str]
Events = dict[datetime, str]  # what happened, by the time


class Output(Protocol):
    """The recipes' console."""

    def status(
        self,
        text: str,
        mark: str = ...,
        step: str = ...,
    ) -> None:
        """Print a status line."""

    def echo_command(self, line: str) -> None:
        """Print a command that is run."""

    def print_line(self, line: str) -> None:
        """Print a line of the result."""

    def print_table(
        self,
        title: str,
        columns: Row,
        rows: Sequence[Row],
    ) -> None:
        """Print a table of the result."""

    def format_duration(self, seconds: float) -> str:
        """Return a duration in words."""


def print_report(
    output: Output,
    world: World,
    start: datetime,
    verified: str = "",
) -> None:
    """Print what happened in a sandbox since a time, and how it was `verified`, if it was."""
    rows = []
    for step, events in _events_since(start, world).items():
        what = "nothing"
        duration = ""
        if events:
            what = "\n".join(events.values())
            duration = _time_between(output, start, max(events))
        rows.append([step, what, duration, BUDGETS[step]])
    if verified:
        duration = _time_between(output, start, datetime.now(UTC))
        rows.append(["verified", verified, duration, ""])
    output.print_line("")
    output.print_table(TITLE, COLUMNS, rows)


def has_changed(world: World, start: datetime) -> bool:
    """Return whether anything was merged, published or run by hand in a sandbox since a time."""
    return any(_events_since(start, world).values())


def _time_between(
    output: Output,
    start: datetime,
    end: datetime,
) -> str:
    duration = end - start
    return output.format_duration(duration.total_seconds())


def _events_since(
    start: datetime,
    world: World,
) -> dict[str, Events]:
    """Return what happened in a sandbox since a time, by step of the runbook."""
    reverts: Events = {}
    for pull in world.github.pulls.values():
        if pull.merged_at and pull.merged_at > start:
            commit = pull.merge_sha[:12]
            reverts[pull.merged_at] = f'#{pull.number} "{pull.title}": merged as {commit}'
    pushes: Events = {}
    for time, repository, tag, digest in world.registry.pushed:
        if time > start:
            pushes[time] = f"{repository}:{tag}, {digest[:SHORT_DIGEST]}"
    runs: Events = {}
    for run in world.github.runs:
        by_hand = run.event == "workflow_dispatch"
        if by_hand and run.completed_at and run.completed_at > start:
            branch = run.head_branch
            runs[run.completed_at] = f"workflow run {run.id} on {branch}: {run.conclusion}"
    return {"revert": reverts, "publish": pushes, "re-deploy": runs}
