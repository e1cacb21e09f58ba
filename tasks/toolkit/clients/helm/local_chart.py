"""What a maintainer does with a chart in a folder: lint it, render it, try it in a cluster."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import (
    Advice,
    BadInput,
    CheckFailed,
    ProgramFailed,
    ServiceError,
    TookTooLong,
)
from ..process import ProgramOutput
from .chart import Chart
from .dependency_build import DependencyBuilder
from .installation import CLUSTER_LIMIT
from .program import NETWORK, UNREACHABLE, HelmProgram

# What says nothing of the chart.
CLUSTER_TROUBLE = rf"openapi|forbidden: User|nauthorized|{NETWORK}"
NO_TEMPLATE = "could not find template"
GRACE = 30.0  # seconds that helm has to end by itself after its own limit
TROUBLE_ADVICE: Advice = ((CLUSTER_TROUBLE, ServiceError, "check the access to the cluster"),)


@dataclass(frozen=True)
class Rendering:
    """A chart in a folder or an archive, as the release that is made of it with a values file."""

    chart: Path
    release: str
    namespace: str
    values: str = ""
    assignments: Sequence[str] = ()

    @property
    def arguments(self) -> list[str]:
        """The arguments of helm. Raises BadInput for values that helm cannot take."""
        options = [self.release, str(self.chart), f"--namespace={self.namespace}"]
        if self.values:
            file = Path(self.values).absolute()
            if not file.is_file():
                what = f"--values {self.values} is not a file"
                raise BadInput(what, "give a YAML file of values")
            options.append(f"--values={file}")
        for assignment in self.assignments:
            if "=" not in assignment:
                raise BadInput(f"--set {assignment!r} has no `=`", "for example --set replicas=2")
            options.append(f"--set={assignment}")
        return options


class LocalCharts:
    """helm, as the maintainer of a chart runs it."""

    def __init__(self, helm: HelmProgram, scratch: Path) -> None:
        self._helm = helm
        self._scratch = scratch

    def build_dependencies(
        self,
        folder: Path,
        chart: Chart,
        *,
        quiet: bool,
    ) -> None:
        """Build the dependencies of a chart in its folder, unless they are there; a dry run too.

        A dry run shows that unless `quiet`. Raises Refused, AccessDenied, ServiceError, BadInput.
        """
        builder = DependencyBuilder(self._helm, self._helm.own, self._scratch, quiet=quiet)
        builder.build(chart, folder)

    def lint(self, folder: Path, *, strict: bool) -> ProgramOutput:
        """Return what `helm lint` prints, and its exit status."""
        options = ["--strict"] if strict else []
        return self._helm.own.read("lint", str(folder), *options, check=False)

    def render(self, rendering: Rendering, *, only: str = "") -> str:
        """Return the manifests, of the template `only` or of all.

        Raises CheckFailed if the chart does not render, BadInput.
        """
        options = [f"--show-only={only}"] if only else []
        output = self._helm.own.read("template", *rendering.arguments, *options, check=False)
        if NO_TEMPLATE in output.stderr:
            what = f"--show-only {only!r} is no template, or it renders nothing"
            raise BadInput(what, "give one such as templates/service.yaml")
        _ensure_passed("template", output)
        return output.stdout

    def try_in_cluster(self, rendering: Rendering) -> str:
        """Let the cluster check the objects, and change nothing.

        Return why no cluster answered, or nothing. Raises CheckFailed if it does not accept them.
        """
        argv = ["upgrade", "--install", "--dry-run=server", *rendering.arguments]
        try:
            output = self._helm.own.read(*argv, check=False, limit=CLUSTER_LIMIT)
        except TookTooLong as error:
            return error.what
        if UNREACHABLE in output.stderr:
            return _failure("upgrade", output).what
        if re.search(CLUSTER_TROUBLE, output.stderr):
            raise _failure("upgrade", output).explained(TROUBLE_ADVICE)
        _ensure_passed("upgrade", output)
        return ""

    def install(self, rendering: Rendering, seconds: float) -> bool:
        """Install or upgrade the release, and wait until it is ready; return False if planned."""
        argv = ["upgrade", "--install", "--wait", f"--timeout={seconds:.0f}s"]
        output = self._helm.own.change(*argv, *rendering.arguments, limit=seconds + GRACE)
        return output is not None


def _ensure_passed(command: str, output: ProgramOutput) -> None:
    if output.status == 0:
        return
    what = _failure(command, output).what
    raise CheckFailed(what, "fix the chart or its values, then run the same command again")


def _failure(command: str, output: ProgramOutput) -> ProgramFailed:
    return ProgramFailed(["helm", command], output.status, output.stderr)
