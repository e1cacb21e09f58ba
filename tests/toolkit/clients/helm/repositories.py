"""Chart repositories for the tests of dependencies: with an index over HTTP on loopback."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

TEMPLATE = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {{ .Chart.Name }}\n"


def write_chart(folder: Path, name: str, more: str = "", version: str = "1.0.0") -> None:
    """Write a chart with one object."""
    templates = folder / "templates"
    templates.mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n{more}")
    (templates / "account.yaml").write_text(TEMPLATE)


class ChartRepository:
    """A repository that `helm repo index` makes of a folder; charts are packaged with `environ`.

    `before_answer` is called before each answer.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder / "served"
        self.folder.mkdir(parents=True)
        self._source = folder / "source"
        self._environ = environ
        self.before_answer: Callable[[], object] = lambda: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> Callable[..., SimpleHTTPRequestHandler]:
        repository = self

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                repository.before_answer()
                super().do_GET()

            def log_message(self, *_: object) -> None:
                pass

        return partial(Handler, directory=str(self.folder))

    def publish(self, name: str, version: str) -> None:
        """Publish a version of a chart."""
        chart = self._source / name
        write_chart(chart, name, version=version)
        self._helm("package", str(chart), "--destination", str(self.folder))
        self._helm("repo", "index", str(self.folder), "--url", self.url)

    def withdraw(self, name: str, version: str) -> None:
        """Delete a version of a chart."""
        (self.folder / f"{name}-{version}.tgz").unlink()
        self._helm("repo", "index", str(self.folder), "--url", self.url)

    def lock(self, chart: Path) -> None:
        """Write the Chart.lock of a chart, as its maintainer does."""
        self._helm("dependency", "update", str(chart))
        for file in (chart / "charts").iterdir():
            file.unlink()
        (chart / "charts").rmdir()

    def _helm(self, *argv: str) -> None:
        subprocess.run(
            ["helm", *argv],
            env=self._environ,
            check=True,
            capture_output=True,
        )
