"""helm: charts on disk, and publishing them. Helm 3 and 4 behave the same to the caller."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path

from ...core.errors import BadInput, Refused, ServiceError
from ...core.secret import Secret
from ...core.yaml_file import read_yaml_text
from ..process import ProcessRunner
from ..registry.reference import Reference
from .chart import NOT_A_CHART_ARCHIVE, Chart, archived_chart_file
from .installation import Installer
from .program import HelmProgram


class Helm:
    """helm, with a login of its own that ends with this process."""

    def __init__(
        self,
        runner: ProcessRunner,
        scratch: Path,
        plain_http: bool,
    ) -> None:
        self.logged_in = False
        self._executor = runner.executor
        self._scratch = scratch
        self._helm = HelmProgram(runner, scratch, plain_http)
        self._shown_archives: dict[Path, Path] = {}  # of a dry run: where a real run has them

    @property
    def version(self) -> tuple[int, int]:
        """The major version, 3 or 4, and the minor version."""
        return self._helm.version

    @cached_property
    def installer(self) -> Installer:
        """What installs charts."""
        return Installer(self._helm)

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

    def check_chart(
        self,
        folder: Path,
        chart: Chart,
        shown_folder: Path | None = None,
    ) -> None:
        """Build declared dependencies, lint and render: `helm package` accepts broken templates.

        A dry run does it too; it shows the build, in `shown_folder` if `folder` is a copy of that.
        Raises Refused.
        """
        if chart.has_dependencies:
            if self._executor.dry_run:
                self._helm.own.change("dependency", "build", str(shown_folder or folder))
            self._check(chart, "dependency", "build", str(folder))
        self._check(chart, "lint", str(folder))
        self._check(chart, "template", "check", str(folder))

    def _check(self, chart: Chart, *command: str) -> None:
        output = self._helm.own.read(*command, check=False)
        if not output.status:
            return
        printed = (output.stdout + output.stderr).split("\n")
        errors = [line.strip() for line in printed if "error" in line.lower()]
        reason = " ".join(errors[:2])
        what = f"helm {command[0]} refuses {chart.name}: {reason}"
        raise Refused(what, "fix the chart, or choose another commit or release of it")

    def package(
        self,
        folder: Path,
        destination: Path,
        *,
        options: list[str],
        epoch: int = 0,
        shown_folder: Path | None = None,
    ) -> Path:
        """Package the chart in `folder` and return the archive.

        With `epoch` (seconds since 1970) Helm 4 makes the same bytes of the same tree each time.
        A dry run packages into scratch; it shows `destination`, and `shown_folder` if `folder` is
        a copy of that.
        """
        env = {"SOURCE_DATE_EPOCH": str(epoch)} if epoch else {}
        if not self._executor.dry_run:
            return self._package(folder, destination, options, env)
        source = str(shown_folder or folder)
        self._helm.own.change(
            "package",
            source,
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

    def login(
        self,
        host: str,
        user: str,
        token: Secret,
    ) -> bool:
        """Log in to the registry at `host`; return False if only planned. Raises AccessDenied.

        helm reads the token from stdin; a dry run shows `gh auth token` there.
        """
        output = self._helm.own.change(
            "registry",
            "login",
            host,
            f"--username={user}",
            "--password-stdin",
            *self._helm.plain_http_option("login"),
            stdin=token.reveal(),
            dry_run_form="gh auth token | {}",
        )
        self.logged_in = True
        return output is not None

    def logout(self, host: str) -> bool:
        """Forget the login; it is no error if there is none. Return False if only planned."""
        output = self._helm.own.change("registry", "logout", host, check=False)
        self._helm.config.unlink(missing_ok=True)
        self.logged_in = False
        return output is not None

    def push(self, archive: Path, registry: Reference) -> tuple[Reference, str] | None:
        """Push `archive`; return the reference and digest that helm prints, None if only planned.

        Raises NotCaughtUp, AccessDenied, ServiceError.
        """
        shown = self._shown_archives.get(archive, archive)
        options = self._helm.plain_http_option()
        output = self._helm.own.change("push", str(shown), registry.oci, *options)
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
