"""The tests, linters and measurements of this repository, and what they need."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .errors import BadOption, Failed
from .installing import install_requirements
from .place import PROJECT
from .programs import InstallError, install_missing

PINS = PROJECT / "requirements-dev.txt"
LINTERS = (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"])
OPTION_REFUSED = 2  # the exit code of argparse
Report = Callable[[str], None]


def run_tests(report: Report, exhaustive: bool, only: str) -> None:
    """Run the tests, `only` those whose names match. Raises InstallError, Failed."""
    _install_linters(report)
    programs = []
    for folder in install_missing(report):
        programs.append(str(folder))
    inherited = os.environ.get("PATH", os.defpath)
    path = os.pathsep.join([*programs, inherited])
    cores = os.cpu_count() or 1
    argv = ["pytest", f"--numprocesses={2 * cores}", "--dist=worksteal"]  # many tests wait
    if exhaustive:
        argv.append("--exhaustive")
    if only:
        argv.append(f"-k={only}")
    environ = os.environ | {"PATH": path}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each worker would compile all tests again
    _run_module(argv, environ)


def run_bench(report: Report, options: Mapping[str, str], write: bool) -> None:
    """Measure the recipes, with these options. Raises InstallError, Failed, BadOption."""
    _install_linters(report)
    argv = ["tests.bench"]
    for name, value in options.items():
        if value:
            argv.append(f"--{name}={value}")
    if write:
        argv.append("--write")
    _run_module(argv, os.environ, OPTION_REFUSED)


def draw_pictures(report: Report) -> None:
    """Draw the pictures of the documents. Raises InstallError, Failed."""
    _ensure_is_clone("pictures")
    programs = install_missing(report)
    from .pictures import draw_all  # imports what is installed now  # noqa: PLC0415

    draw_all(report, programs)


def run_linters(report: Report) -> None:
    """Check style and types. Raises InstallError, Failed."""
    _install_linters(report)
    for argv in LINTERS:
        _run_module(argv, os.environ)


def _ensure_is_clone(what: str) -> None:
    """Refuse what a copy of the recipes leaves out. Raises Failed."""
    if not PINS.is_file():
        raise Failed(f"this copy of the recipes has no {what}: use a clone of the recipes")


def _install_linters(report: Report) -> None:
    """Install what the tests and the linters need, if it is missing or its pins changed."""
    _ensure_is_clone("tests")
    stamp = Path(sys.prefix, ".dev-pins")
    pins = PINS.read_text()
    if stamp.exists() and stamp.read_text() == pins:
        return
    report(f"installing {PINS.name} once")
    if not install_requirements(PINS, "--no-deps"):
        what = f"{PINS.name} could not be installed"
        raise InstallError(f"{what}: see the message above, then run the same command again")
    stamp.write_text(pins)


def _run_module(
    argv: Sequence[str],
    environ: Mapping[str, str],
    refusal: int | None = None,
) -> None:
    """Run a module. Raises BadOption for the exit code `refusal`, Failed for any other but 0."""
    ended = subprocess.run(
        [sys.executable, "-m", *argv],
        cwd=PROJECT,
        env=environ,
        check=False,
    )
    if ended.returncode == refusal:
        raise BadOption("an option was refused: see above")
    if ended.returncode:
        raise Failed(f"{argv[0]} failed: see above")
