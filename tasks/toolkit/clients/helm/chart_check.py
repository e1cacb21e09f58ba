"""Check a chart before it is packaged or installed: `helm package` accepts broken templates."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

from ...console.waiting import run_parallel
from ...core.errors import Refused
from ..process import ProgramOutput
from ..program import Program
from .chart import Chart
from .dependency_build import DependencyBuild, DependencyBuilder


def build_and_check(
    builder: DependencyBuilder,
    program: Program,
    folder: Path,
    chart: Chart,
) -> DependencyBuild:
    """Build declared dependencies, then lint and render with `program`; return the build.

    Raises Refused, AccessDenied, ServiceError, BadInput.
    """
    build = builder.build(chart, folder)
    lint = partial(program.read, "lint", str(folder), check=False)
    render = partial(program.read, "template", "check", str(folder), check=False)
    commands = {"lint": lint, "template": render}
    outputs = run_parallel(list(commands.values()))
    for command, output in zip(commands, outputs, strict=True):
        if output.status:
            raise _refusal(command, chart, output)
    return build


def fingerprint(folder: Path) -> str:
    """Return a hash of the names and contents of the files in a folder."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(folder)}\0{content}\0".encode(errors="replace"))
    return digest.hexdigest()


def _refusal(command: str, chart: Chart, output: ProgramOutput) -> Refused:
    printed = (output.stdout + output.stderr).split("\n")
    errors = []
    for line in printed:
        if "error" in line.lower():
            errors.append(line.strip())
    reason = " ".join(errors[:2])
    what = f"helm {command} refuses {chart.name}: {reason}"
    return Refused(what, "fix the chart, or choose another commit or release of it")
