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
            rows = [[name, one.trigger, one.story] for name, one in SCENARIOS.items()]
            self.output.print_table("Scenarios", ["scenario", "trigger", "story"], rows)
        elif name in SCENARIOS:
            self._run(SCENARIOS[name], programs, keep)
        else:
            what = f"there is no scenario {name!r}"
            raise UnknownScenario(f"{what}: choose one of {', '.join(SCENARIOS)}")

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
            succeeded = [
                self._run_command(line, world) == exit_code for line, exit_code in scenario.commands
            ]
            self.output.print_line("")
            title = "The drill, as the sandbox shows it"
            self.output.print_table(title, COLUMNS, self._rows(world, start))
            if keep:
                self._keep(world)
        if not all(succeeded):
            advice = "see above which command ended with another exit code than expected"
            raise Failed(f"the drill went wrong: {advice}")

    def _run_command(self, line: str, world: World) -> int:
        """Run a command as the maintainer types it, and return its exit code; interrupts end it."""
        self.output.echo_command(f"\n$ {line}")
        with self.blocked_signals():
            program = subprocess.Popen(shlex.split(line), cwd=PROJECT, env=world.env)
        try:
            return program.wait()
        finally:
            program.kill()
            program.wait()

    def _rows(self, world: World, start: datetime) -> list[Row]:
        rows = []
        for step, events in world.events_since(start).items():
            what = "\n".join(events.values()) or "nothing"
            time = self._time_between(start, max(events)) if events else ""
            rows.append([step, what, time, BUDGETS[step]])
        time = self._time_between(start, datetime.now(UTC))
        return [*rows, ["verified", "all of it, by the commands above", time, ""]]

    def _time_between(self, start: datetime, end: datetime) -> str:
        return self.output.format_duration((end - start).total_seconds())

    def _keep(self, world: World) -> None:
        """Print the lines that move a shell into the sandbox, and wait for Ctrl-C."""
        unset = sorted(set(self.settings) - world.env.keys())
        self.output.print_line(f"cd {shlex.quote(str(PROJECT))}")
        self.output.print_line(f"unset {' '.join(unset)}")
        for name, value in sorted(world.env.items() - os.environ.items()):
            self.output.print_line(f"export {name}={shlex.quote(value)}")
        self.output.status(f"the sandbox stays up; its clone is {world.clone}")
        advice = "paste these lines into another shell; Ctrl-C here deletes the sandbox"
        self.output.status(advice, "next")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
