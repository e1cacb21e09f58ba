"""What helm's tests share: the real program, a small chart, and the sandbox's registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tasks.sandbox import programs
from tasks.sandbox.environment import isolated_environment
from tasks.sandbox.registry import Registry
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.helm.cli import Helm
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.secret import Secret

TOKEN = "hush-hush"
CHART = "apiVersion: v2\nversion: 1.7.0\nappVersion: 1.7.0\n"
TEMPLATE = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {{ .Release.Name }}\n"


class Machine:
    """A folder with a chart, and helm with a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.chart = self.make_chart("threek8s")
        self.scratch = folder / "scratch"
        self.built = folder / "built"
        self.scratch.mkdir()
        self.built.mkdir()
        self.environ = isolated_environment(folder, programs.install_missing(print))
        self.environ["GH_TOKEN"] = TOKEN

    def make_chart(
        self,
        name: str,
        more: str = "",
        template: str = TEMPLATE,
    ) -> Path:
        """Write a chart of version 1.7.0 and return its folder."""
        chart = self.folder / "charts" / name
        templates = chart / "templates"
        templates.mkdir(parents=True)
        (chart / "Chart.yaml").write_text(f"name: {name}\n{CHART}{more}")
        (templates / "account.yaml").write_text(template)
        return chart

    def helm(
        self,
        dry_run: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> Helm:
        """Return a client for helm."""
        executor = Executor(dry_run=dry_run)
        runner = ProcessRunner(self.environ | dict(environ or {}), 60, executor)
        return Helm(runner, self.scratch, plain_http=True)

    def package(self, *options: str) -> Path:
        """Package the chart and return the archive."""
        return self.helm().package(self.chart, self.built, options=list(options))

    def logged_in(self, registry: Registry) -> Helm:
        """Return a client that is logged in."""
        helm = self.helm()
        assert helm.login.log_in(registry.host, "me", Secret(TOKEN)) is True
        return helm


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Provide helm and a chart."""
    return Machine(tmp_path)


@pytest.fixture
def registry() -> Iterator[Registry]:
    """Provide a registry that takes one token."""
    with Registry({TOKEN}) as served:
        yield served
