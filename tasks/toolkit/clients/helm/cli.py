"""helm: charts on disk, and publishing them. Helm 3 and 4 behave the same to the caller."""

from __future__ import annotations

import re
from functools import cached_property, partial
from pathlib import Path

from ...core.errors import BadInput, RecipeError, Refused, ServiceError
from ...core.once import Once
from ...core.yaml_file import read_yaml_text
from ..process import OnStart, ProcessRunner
from ..registry.reference import Reference
from .chart import NOT_A_CHART_ARCHIVE, Chart, archived_chart_file
from .chart_check import build_and_check, fingerprint
from .dependency_build import DependencyBuild, DependencyBuilder
from .installation import Installer
from .local_chart import LocalCharts
from .login import Login
from .program import HelmProgram


class Helm:
    """helm, with a login of its own that ends with this process."""

    def __init__(
        self,
        runner: ProcessRunner,
        scratch: Path,
        plain_http: bool,
    ) -> None:
        self._executor = runner.executor
        self._scratch = scratch
        self._helm = HelmProgram(runner, scratch, plain_http)
        self._checked = Once()
        self.login = Login(self._helm)
        self._shown_archives: dict[Path, Path] = {}  # of a dry run: where a real run has them

    @property
    def version(self) -> tuple[int, int]:
        """The major version, 3 or 4, and the minor version."""
        return self._helm.version

    def ensure_installed(self) -> None:
        """Raise ProgramMissing if helm is not on PATH."""
        self._helm.own.read("version", "--short")

    @cached_property
    def installer(self) -> Installer:
        """What installs charts."""
        return Installer(self._helm)

    @cached_property
    def local_charts(self) -> LocalCharts:
        """What a maintainer does with charts on disk."""
        return LocalCharts(self._helm, self._scratch)

    def read_chart(self, folder: Path) -> Chart:
        """Return the chart in `folder`. Raises BadInput."""
        file = folder / "Chart.yaml"
        if not file.is_file():
            advice = "set CHART_DIR to the chart's folder, for example CHART_DIR=helm/threek8s"
            raise BadInput(f"{folder} holds no chart (no Chart.yaml)", advice)
        return Chart.parse(read_yaml_text(file), str(file))

    def read_archive(self, archive: Path) -> Chart:
        """Return the chart in a packaged archive. Raises BadInput."""
        try:
            text = archived_chart_file(archive.read_bytes())
        except NOT_A_CHART_ARCHIVE as error:
            what = f"{archive} is not a packaged chart ({error})"
            raise BadInput(what, "give the archive that publish.package made") from error
        return Chart.parse(text, f"{archive}: Chart.yaml")

    def check_chart(self, folder: Path, chart: Chart) -> None:
        """Build declared dependencies in `folder`, lint and render.

        A dry run does it too, and shows the build. A chart without dependencies is checked once,
        wherever it is. Raises Refused, ServiceError, BadInput.
        """
        program = self._helm.own
        builder = DependencyBuilder(self._helm, program, self._scratch, quiet=False)
        check = partial(build_and_check, builder, program, folder, chart)
        if chart.has_dependencies:
            check()
            return
        try:
            self._checked.ask(fingerprint(folder), check)
        except Refused:
            raise
        except RecipeError:  # it may be over by now
            check()

    def check_as_user(
        self,
        folder: Path,
        chart: Chart,
        *,
        quiet: bool = False,
    ) -> DependencyBuild:
        """Check a chart like check_chart, as somebody whose helm has no logins and repositories.

        Return how the dependencies were built. A dry run shows that unless `quiet`.
        """
        program = self._helm.anonymous
        builder = DependencyBuilder(self._helm, program, self._scratch, quiet=quiet)
        return build_and_check(builder, program, folder, chart)

    def package(
        self,
        folder: Path,
        destination: Path,
        *,
        options: list[str],
        epoch: int = 0,
    ) -> Path:
        """Package the chart in `folder` and return the archive.

        With `epoch` (seconds since 1970) Helm 4 makes the same bytes of the same tree each time.
        A dry run packages into scratch; it shows `destination`.
        """
        env = {"SOURCE_DATE_EPOCH": str(epoch)} if epoch else {}
        if not self._executor.dry_run:
            return self._package(folder, destination, options, env)
        self._helm.own.change(
            "package",
            str(folder),
            *options,
            "--destination",
            str(destination),
            env=env,
        )
        archive = self._package(folder, self._scratch, options, env)
        self._shown_archives[archive] = destination / archive.name
        return archive

    def rehearse_package(self, folder: Path, options: list[str]) -> Path:
        """Package the chart in `folder` into scratch, to compare it; a dry run does not show it."""
        return self._package(folder, self._scratch, options, {})

    def _package(
        self,
        folder: Path,
        destination: Path,
        options: list[str],
        env: dict[str, str],
    ) -> Path:
        output = self._helm.own.read(
            "package",
            str(folder),
            *options,
            "--destination",
            str(destination),
            env=env,
        )
        _, _, archive = output.stdout.rpartition("saved it to: ")
        return Path(archive.strip())

    def push(
        self,
        archive: Path,
        registry: Reference,
        on_start: OnStart | None = None,
    ) -> tuple[Reference, str] | None:
        """Push `archive`; return the reference and digest that helm prints, None if only planned.

        `on_start` is given what ends helm early. Raises NotCaughtUp, AccessDenied, ServiceError.
        """
        shown = self._shown_archives.get(archive, archive)
        argv = ["push", str(shown), registry.oci, *self._helm.plain_http_option()]
        output = self._helm.own.change(*argv, kind="push", on_start=on_start)
        if output is None:
            return None
        # Helm 4.3 prints it on stdout, others on stderr.
        return parse_pushed(output.stdout + output.stderr)


def parse_pushed(printed: str) -> tuple[Reference, str]:
    """Return the reference and digest that `helm push` printed. Raises ServiceError."""
    reference = re.search(r"^Pushed: (\S+)", printed, re.MULTILINE)
    digest = re.search(r"^Digest: (\S+)", printed, re.MULTILINE)
    if not reference or not digest:
        what = "helm push did not print what it pushed"
        raise ServiceError(what, "run the same command again: it checks first")
    return Reference.parse(reference[1]), digest[1]
