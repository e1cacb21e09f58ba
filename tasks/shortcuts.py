"""The root's own words: recover, doctor, drill, test, lint."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

from . import publish, rollback, verify
from .toolkit.console import output
from .toolkit.console.findings import report, run_checks
from .toolkit.console.output import status
from .toolkit.console.progress import show_progress
from .toolkit.console.signals import INTERRUPTED_RESTART, interrupt
from .toolkit.core.errors import BadInput, CheckFailed, ProgramMissing
from .toolkit.core.settings import ALIASES, VARIABLES
from .toolkit.diagnosis import readiness
from .toolkit.incident.context import PROJECT, Incident
from .toolkit.incident.recipe import exit_cleanly, recipe
from .toolkit.incident.stages import budget_left, report_stopped

if TYPE_CHECKING:
    from .sandbox.scenarios import Scenario
    from .sandbox.world import World


@recipe(
    acts=True,
    help={
        "pr": "the pull request that made the changes: 42, #42 or its URL",
        "sha": "or the commit",
        "skip-publish": "publish nothing by hand: the workflow alone was at fault",
        "version": "publish under this version instead of Chart.yaml's",
        "app-version": "set this appVersion instead of Chart.yaml's",
    },
)
def recover(
    incident: Incident,
    pr: str = "",
    sha: str = "",
    skip_publish: bool = False,
    version: str = "",
    app_version: str = "",
) -> None:
    """From broken to verified: revert and merge, publish, verify; the same command again goes on where it stopped."""
    if bool(pr) == bool(sha):
        raise BadInput("recover needs what to revert", "give either --pr 42 or --sha HASH")
    steps: dict[str, Callable[[Context], object]] = {
        "Immediate": partial(rollback.revert, pr=pr, merge=True)
        if pr
        else partial(rollback.commit, sha=sha, merge=True),
        **(
            {}
            if skip_publish
            else {"Quick": partial(publish.everything, version=version, app_version=app_version)}
        ),
        "Full": verify.everything,
    }
    if skip_publish:
        incident.found_done("publish.all", left_out=True)
    else:
        readiness.ensure_publishable(incident, version, app_version)
    for number, (stage, work) in enumerate(steps.items()):
        try:
            with show_progress(stage.lower(), left=partial(budget_left, incident.journal, stage)):
                work(incident.commands.context)
        except Exit as error:
            if not incident.dry:
                report_stopped("recover", [*steps], number, error.code)
            raise
    if not incident.dry:
        status(
            "recover",
            f"done, {output.format_duration(incident.journal.elapsed())} after the incident began",
            "done",
        )
        status("recover", "invoke support.incident support.notify", "next")


@recipe(help={"json": "print the result as JSON on stdout"})
def doctor(incident: Incident, json: bool = False) -> None:
    """Tell whether all is there that a rollback needs (programs, repository, logins, references), and whether an incident is open."""
    found = run_checks(
        {name: partial(check, incident) for name, check in readiness.SET_UP.items()},
        "failed",
        "failed",
    )
    report("Ready to roll back?", found, json)


@task(
    help={
        "scenario": "what goes wrong; `--scenario list` lists them with their story",
        "keep": "leave the world up until Ctrl-C, and print the exports with which to go on in it by hand",
    }
)
def drill(_: Context, scenario: str = "publish", keep: bool = False) -> None:
    """Rehearse a rollback with the real programs, in a small world on this machine that is gone afterwards."""
    with exit_cleanly(
        "drill", "interrupted: the world is taken down, and nothing else was changed"
    ):
        folders = _bring()
        from .sandbox.scenarios import SCENARIOS  # noqa: PLC0415 - needs what was just brought

        if scenario == "list":
            output.print_table(
                "Scenarios",
                ["scenario", "trigger", "story"],
                [[name, s.trigger, s.story] for name, s in SCENARIOS.items()],
            )
        elif scenario not in SCENARIOS:
            raise BadInput(
                f"there is no scenario {scenario!r}", f"choose one of {', '.join(SCENARIOS)}"
            )
        else:
            _drill(SCENARIOS[scenario], folders, keep)


@task(
    help={
        "all": "the exhaustive suites too, as CI runs them",
        "only": "an expression that the tests' names must match, as pytest's -k",
    }
)
def test(_: Context, all: bool = False, only: str = "") -> None:  # noqa: A002
    """Run the tests."""
    with exit_cleanly("test", INTERRUPTED_RESTART):
        _develop()
        options = ["--exhaustive"] * all + [f"-k={only}"] * bool(only)
        _run(
            [
                sys.executable,
                "-m",
                "pytest",
                f"--numprocesses={1 + (os.cpu_count() or 1)}",
                "--dist=worksteal",
                *options,
            ],
            _bring(),
        )


@task
def lint(_: Context) -> None:
    """Check style and types, strictly."""
    with exit_cleanly("lint", INTERRUPTED_RESTART):
        _develop()
        for argv in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]):
            _run([sys.executable, "-m", *argv])


def _bring() -> list[Path]:
    """Return the folders of gh and helm, for those that PATH has not, and make graphql-core importable."""
    from .sandbox import programs  # noqa: PLC0415 - not needed by any recipe

    try:
        return programs.bring(lambda what: status("set-up", what))
    except programs.CannotBring as error:
        raise ProgramMissing(str(error)) from error


def _develop() -> None:
    """Install what the tests and linters need beside the recipes, when missing or when the pins changed."""
    from .sandbox import programs  # noqa: PLC0415

    pins, stamp = PROJECT / "requirements-dev.txt", Path(sys.prefix, ".dev-pins")
    if not stamp.exists() or stamp.read_text() != pins.read_text():
        status("set-up", f"installing {pins.name}, once")
        if programs.install(pins, "--no-deps"):
            raise ProgramMissing(
                f"{pins.name} could not be installed",
                "see the message above, then run the same command again",
            )
        stamp.write_text(pins.read_text())


def _run(argv: Sequence[str], folders: Sequence[Path] = ()) -> None:
    environ = os.environ | {
        "PATH": os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])
    }
    if subprocess.run(argv, cwd=PROJECT, env=environ, check=False).returncode:
        raise CheckFailed(f"{argv[2]} failed", "see above")


def _drill(scenario: Scenario, folders: list[Path], keep: bool) -> None:
    """Let the scenario happen, type its commands, and tell what the world looks like afterwards."""
    from .sandbox.world import World  # noqa: PLC0415

    with World(folders) as world:
        with output.err.status("building the world, and letting it go wrong ..."):
            scenario.happen(world)
        status("drill", f"{scenario.trigger}. {scenario.story}", "look")
        begun, statuses = datetime.now(UTC), []
        for line, expected in scenario.commands:
            output.err.print(f"\n[bold cyan]$ {line}[/]", soft_wrap=True)
            statuses.append(_typed(line, world.env) - expected)
        output.out.print()
        output.print_table(
            "The drill, as the world tells it",
            ["step", "what happened", "time", "runbook's budget"],
            _told(world, begun),
        )
        if keep:
            _keep(world)
    if any(statuses):
        raise CheckFailed(
            "the drill went wrong", "see above which command did not end as it should"
        )


def _typed(line: str, env: Mapping[str, str]) -> int:
    """Run an invoke command as a person types it, and return its exit code; none outlives an interrupt."""
    with interrupt.blocked_for_child():
        running = subprocess.Popen(shlex.split(line), cwd=PROJECT, env=env)
    try:
        return running.wait()
    finally:
        running.kill()
        running.wait()


def _told(world: World, begun: datetime) -> list[list[str]]:
    """Return the rows of the drill's table, read from the world and not from what the recipes said of it."""
    rows = []
    for (step, what), budget in zip(
        world.happened(begun).items(), ("5 min", "30 min", "1-2 h"), strict=True
    ):
        time = output.format_duration((max(what) - begun).total_seconds()) if what else ""
        rows.append([step, "\n".join(what.values()) or "nothing", time, budget])
    return [
        *rows,
        [
            "verified",
            "all of it, as typed above",
            output.format_duration((datetime.now(UTC) - begun).total_seconds()),
            "",
        ],
    ]


def _keep(world: World) -> None:
    """Print the lines that put a shell into the world, and wait for Ctrl-C."""
    names = {*VARIABLES, *(name for names in ALIASES.values() for name in names)} - world.env.keys()
    output.print_line(f"cd {shlex.quote(str(PROJECT))}\nunset {' '.join(sorted(names))}")
    for name, value in sorted(world.env.items() - os.environ.items()):
        output.print_line(f"export {name}={shlex.quote(value)}")
    status(
        "drill",
        f"the world stays up: paste these lines into another shell; its clone is {world.clone}. Ctrl-C takes it down",
        "next",
    )
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
