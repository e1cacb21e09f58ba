"""One program: reads always run, changes are printed in a dry run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..core.errors import Advice, ProgramFailed
from ..core.shell import join
from .dry_run import Action
from .process import ProcessRunner, ProgramOutput


@dataclass
class Program:
    """One program: its command line's beginning, its environment, and `advice` on its errors.

    A dry run shows those variables of the environment that `shown_variables` names.
    """

    runner: ProcessRunner
    argv: list[str]
    env: Mapping[str, str]
    advice: Advice = ()
    shown_variables: tuple[str, ...] = ()
    holds_lock: bool = False

    def read(
        self,
        *args: str,
        env: Mapping[str, str] | None = None,
        **options: Any,
    ) -> ProgramOutput:
        """Run the program to read something. Options and errors are those of ProcessRunner.run."""
        argv = [*self.argv, *args]
        environ = {**self.env, **(env or {})}
        try:
            return self.runner.run(argv, env=environ, holds_lock=self.holds_lock, **options)
        except ProgramFailed as error:
            raise error.explained(self.advice) from error

    def text(self, *args: str, check: bool = True) -> str:
        """Run the program, and return what it prints without the space around it."""
        return self.read(*args, check=check).stdout.strip()

    def change(
        self,
        *args: str,
        dry_run_form: str = "{}",
        **options: Any,
    ) -> ProgramOutput | None:
        """Run the program to change something.

        A dry run prints `dry_run_form` with the command in place of its braces, and returns None.
        """
        command = self._shell_form(args, options.get("env"))
        line = dry_run_form.replace("{}", command)
        run = partial(self.read, *args, **options)
        return self.runner.executor.perform(Action([line], run))

    def prepare(
        self,
        *args: str,
        quiet: bool = False,
        **options: Any,
    ) -> ProgramOutput:
        """Change scratch files only, which a dry run does too, since its plan is made there.

        A dry run shows that unless `quiet`.
        """
        if not quiet:
            self.show(*args)
        return self.read(*args, **options)

    def show(self, *args: str) -> None:
        """Print the command in the plan of a dry run."""
        self.runner.executor.add(self._shell_form(args))

    def _shell_form(self, args: Sequence[str], env: Mapping[str, str] | None = None) -> str:
        environ = {**self.env, **(env or {})}
        words = [*self.argv, *args]
        assignments = []
        for name in self.shown_variables:
            if name in environ:
                assignments.append(f"{name}={environ[name]}")
        if assignments:
            words = ["env", *assignments, *words]
        return join(words)
