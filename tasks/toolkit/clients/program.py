"""One program: reads always run, changes are printed in a dry run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..core.errors import Advice, PassingFault, ProgramFailed
from ..core.shell import join
from .dry_run import Action
from .process import ProcessRunner, ProgramOutput
from .retry import nothing_found

FindOutcome = Callable[[], ProgramOutput | None]


def always_usable() -> None:
    """Refuse nothing."""


@dataclass
class Program:
    """One program: its command line's beginning, its environment, and `advice` on its errors.

    A dry run shows those variables of the environment that `shown_variables` names. `cooldown`
    returns the seconds until a rate limit of its service ends. `ensure_usable` is called before it
    runs, and may refuse that.
    """

    runner: ProcessRunner
    argv: list[str]
    env: Mapping[str, str]
    advice: Advice = ()
    shown_variables: tuple[str, ...] = ()
    holds_lock: bool = False
    cooldown: Callable[[], float] | None = None
    ensure_usable: Callable[[], None] = always_usable

    def read(
        self,
        *args: str,
        check: bool = True,
        find_outcome: FindOutcome = nothing_found,
        **options: Any,
    ) -> ProgramOutput:
        """Run the program to read something, again after faults that pass.

        Options and errors are those of ProcessRunner.run; `find_outcome` is that of `change`.
        """
        run = partial(self.run_once, *args, check=check, **options)
        try:
            return self.runner.retries.ask(run, find_outcome, self.cooldown)
        except PassingFault as fault:
            failure = fault.__cause__
            if check or not isinstance(failure, ProgramFailed):
                raise
            return ProgramOutput(failure.status, "", failure.stderr)

    def run_once(
        self,
        *args: str,
        env: Mapping[str, str] | None = None,
        check: bool = True,
        **options: Any,
    ) -> ProgramOutput:
        """Run the program. Raises PassingFault even without `check`."""
        self.ensure_usable()
        argv = [*self.argv, *args]
        environ = {**self.env, **(env or {})}
        output = self.runner.run(
            argv,
            env=environ,
            holds_lock=self.holds_lock,
            check=False,
            **options,
        )
        if output.status == 0:
            return output
        printed = output.stderr or self.runner.mask(output.stdout)
        failure = ProgramFailed(argv, output.status, printed)
        explained = failure.explained(self.advice)
        if check or isinstance(explained, PassingFault):
            raise explained from failure
        return output

    def text(self, *args: str, check: bool = True) -> str:
        """Run the program, and return what it prints without the space around it."""
        return self.read(*args, check=check).stdout.strip()

    def change(
        self,
        *args: str,
        dry_run_form: str = "{}",
        find_outcome: FindOutcome | None = None,
        kind: str = "",
        **options: Any,
    ) -> ProgramOutput | None:
        """Run the program to change something; a plan counts that as `kind`, such as `merge`.

        A dry run prints `dry_run_form` with the command in place of its braces, and returns None.
        With `find_outcome`, it is made again after a fault that passes if that finds no outcome.
        """
        command = self._shell_form(args, options.get("env"))
        line = dry_run_form.replace("{}", command)
        run = partial(self.run_once, *args, **options)
        if find_outcome:
            run = partial(self.read, *args, find_outcome=find_outcome, **options)
        return self.runner.executor.perform(Action([line], run, kind))

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
