"""Check a chart before it is packaged or installed: `helm package` accepts broken templates."""

from __future__ import annotations

from pathlib import Path

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
    for command in (["lint"], ["template", "check"]):
        output = program.read(*command, str(folder), check=False)
        if output.status:
            raise _refusal(command[0], chart, output)
    return build


def _refusal(command: str, chart: Chart, output: ProgramOutput) -> Refused:
    printed = (output.stdout + output.stderr).split("\n")
    errors = []
    for line in printed:
        if "error" in line.lower():
            errors.append(line.strip())
    reason = " ".join(errors[:2])
    what = f"helm {command} refuses {chart.name}: {reason}"
    return Refused(what, "fix the chart, or choose another commit or release of it")
