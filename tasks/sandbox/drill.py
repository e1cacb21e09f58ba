"""The drill: run a scenario's commands in a sandbox, and read from the sandbox what they did."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .errors import Failed, UnknownScenario
from .programs import PROJECT, install_missing

if TYPE_CHECKING:
    from .scenarios import Scenario
    from .world import World

BUDGETS = {"revert": "5 min", "publish": "30 min", "re-deploy": "1-2 h"}  # the runbook's
COLUMNS = ["step", "what happened", "time", "runbook's budget"]
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


@dataclass(frozen=True)
class Drill:
    """A drill, with what it needs of the recipes, which the sandbox does not import.

    `settings` are the names of their variables; each command starts within `blocked_signals`.
    """

    output: Output
    settings: Iterable[str]
    blocked_signals: Callable[[], AbstractContextManager[None]]

    def start(self, name: str, keep: bool) -> None:
        """Run the drill of a scenario; `list` prints the scenarios instead.

        With `keep`, the sandbox stays up until Ctrl-C.
        Raises InstallError, UnknownScenario, Failed.
        """
        programs = install_missing(partial(self.output.status, step="set-up"))
        from .scenarios import SCENARIOS  # imports what is installed now  # noqa: PLC0415

        if name == "list":
            columns = ["scenario", "trigger", "story"]
            rows = []
            for key, one in SCENARIOS.items():
                rows.append([key, one.trigger, one.story])
            self.output.print_table("Scenarios", columns, rows)
        elif name in SCENARIOS:
            self._run(SCENARIOS[name], programs, keep)
        else:
            names = ", ".join(SCENARIOS)
            raise UnknownScenario(f"there is no scenario {name!r}: choose one of {names}")

    def _run(
        self,
        scenario: Scenario,
        programs: Sequence[Path],
        keep: bool,
    ) -> None:
        """Let the scenario happen, run its commands, and show what they did."""
        from .world import World  # noqa: PLC0415

        self.output.status("building the sandbox, and letting a release go wrong")
        with World(programs) as world:
            scenario.happen(world)
            self.output.status(f"{scenario.trigger}. {scenario.story}", "warning")
            start = datetime.now(UTC)
            failed = False
            for line, exit_code in scenario.commands:
                if self._run_command(line, world) != exit_code:
                    failed = True
            rows = self._rows(world, start)
            self.output.print_line("")
            self.output.print_table("The drill, as the sandbox shows it", COLUMNS, rows)
            if keep:
                self._keep(world)
        if failed:
            advice = "see above which command ended with another exit code than expected"
            raise Failed(f"the drill went wrong: {advice}")

    def _run_command(self, line: str, world: World) -> int:
        """Run a command as the maintainer types it, and return its exit code; interrupts end it."""
        self.output.echo_command(f"\n$ {line}")
        argv = shlex.split(line)
        program = None
        try:
            with self.blocked_signals():  # a signal that came meanwhile is raised at its end
                program = subprocess.Popen(argv, cwd=PROJECT, env=world.env)
            return program.wait()
        finally:
            if program:
                program.kill()
                program.wait()

    def _rows(self, world: World, start: datetime) -> list[Row]:
        rows = list[Row]()
        for step, events in _events_since(start, world).items():
            what = "nothing"
            duration = ""
            if events:
                what = "\n".join(events.values())
                duration = self._time_between(start, max(events))
            rows.append([step, what, duration, BUDGETS[step]])
        duration = self._time_between(start, datetime.now(UTC))
        rows.append(["verified", "all of it, by the commands above", duration, ""])
        return rows

    def _time_between(self, start: datetime, end: datetime) -> str:
        duration = end - start
        return self.output.format_duration(duration.total_seconds())

    def _keep(self, world: World) -> None:
        """Print the lines that move a shell into the sandbox, and wait for Ctrl-C."""
        folder = shlex.quote(str(PROJECT))
        unset = sorted(set(self.settings) - world.env.keys())
        changed = world.env.items() - os.environ.items()
        self.output.print_line(f"cd {folder}")
        self.output.print_line(f"unset {' '.join(unset)}")
        for name, value in sorted(changed):
            self.output.print_line(f"export {name}={shlex.quote(value)}")
        self.output.status(f"the sandbox stays up; its clone is {world.clone}")
        advice = "paste these lines into another shell; Ctrl-C here deletes the sandbox"
        self.output.status(advice, "next")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


def _events_since(start: datetime, world: World) -> dict[str, Events]:
    """Return what happened in a sandbox since a time, by step of the runbook."""
    reverts: Events = {}
    for pull in world.github.pulls.values():
        if pull.merged_at and pull.merged_at > start:
            commit = pull.merge_sha[:12]
            reverts[pull.merged_at] = f'#{pull.number} "{pull.title}": merged as {commit}'
    pushes: Events = {}
    for time, repository, tag, digest in world.registry.pushed:
        if time > start:
            pushes[time] = f"{repository}:{tag}\n{digest}"
    runs: Events = {}
    for run in world.github.runs:
        by_hand = run.event == "workflow_dispatch"
        if by_hand and run.completed_at and run.completed_at > start:
            branch = run.head_branch
            runs[run.completed_at] = f"workflow run {run.id} on {branch}: {run.conclusion}"
    return {"revert": reverts, "publish": pushes, "re-deploy": runs}
