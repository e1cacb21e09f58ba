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
from typing import TYPE_CHECKING

from .errors import BadOption, Failed
from .place import COMMAND, IS_INSTALLED, folder_of_recipes
from .programs import install_missing

if TYPE_CHECKING:
    from .drill_report import Output
    from .scenarios import Scenario
    from .world import World

INVOKED_AS = "INVOKED_AS"  # the variable of how the recipes are called
KEEP = "keep"  # the sandbox stays up until Ctrl-C
HANDS_ON = "hands-on"  # a shell in the sandbox, instead of the commands of the drill


def way_of(hands_on: bool, keep: bool) -> str:
    """Return the way in which a drill is done."""
    if keep:
        return KEEP
    if hands_on:
        return HANDS_ON
    return ""


@dataclass(frozen=True)
class Drill:
    """A drill, with what it needs of the recipes, which the sandbox does not import.

    `settings` are the names of their variables; each command starts within `blocked_signals`.
    """

    output: Output
    settings: Iterable[str]
    blocked_signals: Callable[[], AbstractContextManager[None]]

    def start(self, name: str, way: str = "") -> None:
        """Run the drill of a scenario, in the `way` KEEP or HANDS_ON if that is given.

        The scenario `list` prints the scenarios instead.
        Raises InstallError, BadOption, Failed.
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
            self._start(SCENARIOS[name], programs, way)
        else:
            names = ", ".join(SCENARIOS)
            raise BadOption(f"there is no scenario {name!r}: choose one of {names}")

    def _start(
        self,
        scenario: Scenario,
        programs: Sequence[Path],
        way: str,
    ) -> None:
        """Let the scenario happen in a sandbox, and put it right there."""
        from .hands_on import practise  # noqa: PLC0415
        from .world import World  # noqa: PLC0415

        self.output.status(f"building the sandbox, and {scenario.set_up}")
        with World(programs) as world:
            scenario.happen(world)
            failed = False
            if way == HANDS_ON:
                practise(self.output, world, scenario)
            else:
                self.output.status(f"{scenario.trigger}. {scenario.story}", "warning")
                failed = self._run_commands(world, scenario)
            if way == KEEP:
                self._keep(world)
        self.output.status("the sandbox is deleted")
        if failed:
            advice = "see above which command ended otherwise than expected"
            raise Failed(f"the drill went wrong: {advice}")

    def _run_commands(self, world: World, scenario: Scenario) -> bool:
        """Type what people would, show what it did, and return whether a command failed.

        What changes something in a scenario without a version has failed, too.
        """
        from .drill_report import has_changed, print_report  # noqa: PLC0415
        from .typed_commands import read_advice  # noqa: PLC0415

        start = datetime.now(UTC)
        failed = False
        for typed in scenario.commands(partial(read_advice, world)):
            if typed.why:
                self.output.status(typed.why)
            if self._run_command(typed.line, world) != typed.exit_code:
                failed = True
        print_report(self.output, world, start, scenario.verified)
        if not scenario.version and has_changed(world, start):
            return True
        return failed

    def _run_command(self, line: str, world: World) -> int:
        """Run a command as the maintainer types it, and return its exit code; interrupts end it."""
        from .typed_commands import program_and_words  # noqa: PLC0415

        self.output.echo_command(f"\n$ {line}")
        argv = program_and_words(line)
        typed_as = COMMAND
        if not IS_INSTALLED:
            typed_as = os.environ.get(INVOKED_AS, COMMAND)
        env = {**world.env, INVOKED_AS: typed_as}
        folder = folder_of_recipes(world.clone)
        program = None
        try:
            with self.blocked_signals():  # a signal that came meanwhile is raised at its end
                program = subprocess.Popen(argv, cwd=folder, env=env)
            return program.wait()
        finally:
            if program:
                program.kill()
                program.wait()

    def _keep(self, world: World) -> None:
        """Print the lines that move a shell into the sandbox, and wait for Ctrl-C."""
        folder = shlex.quote(str(folder_of_recipes(world.clone)))
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
