"""The sandbox: a remote and a clone, GitHub on a unix socket, a registry, a maintainer's shell."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

from .environment import isolated_environment, recipe_settings, write_config
from .github import GitHub, Web
from .registry import Registry
from .repository_files import (
    WORKFLOWS,
    allow_plain_http,
    announce_release,
    copy_repository,
    replace_registry,
)
from .workspace import Edits, Workspace

SLUG = "stianfro/threek8s"
CHART = "helm/threek8s"
WORKFLOW = f"{WORKFLOWS}/publish-helm.yml"
PUSH_TO = "stianfro/threek8s/chart"


class World(Workspace):
    """A sandbox in a temporary folder, which the end of the `with` block deletes.

    `remote` is the bare repository, `clone` the maintainer's working copy, `env` the variables
    of the maintainer's shell. The folders `programs` go before PATH. Without a `registry` one is
    made on `port`, or on any free one. Raises OSError if that port is taken. The repository and
    its clone are copied from the folder `start`, if those of a world on this port are there.

    The repository has the shape of threek8s: release-please makes its releases.
    """

    slug = SLUG
    branch = "main"
    merge_method = "squash"
    push_to = PUSH_TO
    settings: ClassVar[dict[str, str]] = {}  # of the recipes, beside those of each sandbox

    def __init__(
        self,
        programs: Sequence[Path] = (),
        registry: Registry | None = None,
        port: int = 0,
        start: Path | None = None,
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self.remote = self.folder / "remote.git"
        self.clone = self.folder / self.slug.split("/")[1]
        self.home = self.folder / "home"
        self.socket = self.folder / "github.sock"
        self.token = f"ghp_{secrets.token_hex(18)}"
        job_token = f"ghs_{secrets.token_hex(18)}"
        if registry and registry.password:
            self.token = registry.password
            job_token = registry.password
        self.registry = registry or Registry({self.token, job_token}, port)
        self.env = isolated_environment(self.home, programs)
        self.env |= recipe_settings(self.clone, self.token, self.registry, self.push_to)
        self.env |= self.settings
        self._make_repository(start)
        runners = self.folder / "runners"
        runners.mkdir()
        self.github = GitHub(
            self.remote,
            self.slug,
            self.token,
            self.socket,
            runners,
            self.env,
        )
        self.github.actions.job_token = job_token
        self.github.packages = self.registry
        self.web = Web(self.github.repository)
        self.env["GITHUB_SERVER_URL"] = self.web.url

    def __enter__(self) -> Self:
        self.registry.start()
        self.github.start()
        self.web.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.web.server.stop()
        self.github.stop()
        self.registry.stop()
        self._temporary.cleanup()

    def _make_repository(self, start: Path | None) -> None:
        url = f"https://github.com/{self.slug}.git"
        write_config(self.home, url, self.remote, self.socket)
        if start:
            for repository in (self.remote, self.clone):
                shutil.copytree(start / repository.name, repository, symlinks=True)
            return
        branch = f"--initial-branch={self.branch}"
        self.git("init", "--quiet", "--bare", branch, str(self.remote), at=self.folder)
        self.git("clone", "--quiet", url, str(self.clone), at=self.folder)
        self.git("symbolic-ref", "HEAD", f"refs/heads/{self.branch}")
        self._write_files()
        replace_registry(self.clone, "ghcr.io", self.registry.host)
        if self.registry.plain_http:
            allow_plain_http(self.clone, self.env["PATH"])
        self.commit("feat: the chart and its workflow")
        self.git("push", "--quiet", "-u", "origin", self.branch)
        self.git("remote", "set-head", "origin", self.branch)

    def _write_files(self) -> None:
        """Write the files of the first commit."""
        copy_repository("threek8s", self.clone)

    @property
    def reference(self) -> str:
        """What users install from: where `helm push` puts the chart."""
        return f"oci://{self.registry.host}/{PUSH_TO}/threek8s"

    def as_ghcr(self) -> None:
        """Let the registry act as ghcr.io, which a proxy leads to; its own API cannot delete."""
        self.registry.allows_delete = False
        self.registry.access.act_as_ghcr()
        self.env["REGISTRY"] = f"oci://ghcr.io/{self.push_to}"
        self.env["http_proxy"] = f"http://{self.registry.host}"
        self.env["no_proxy"] = "127.0.0.1"
        replace_registry(self.clone, self.registry.host, "ghcr.io")
        self.commit("ci: publish to GHCR")
        self.git("push", "--quiet", "origin", self.branch)

    def snapshot(self) -> dict[str, object]:
        """Return the refs and all that GitHub and the registry hold, to be compared."""
        return {
            "refs": self.git("for-each-ref", at=self.remote),
            "github": self.github.snapshot(),
            "registry": self.registry.snapshot(),
        }

    def open_pull(
        self,
        branch: str,
        title: str,
        edits: Edits,
        number: int = 0,
    ) -> int:
        """Commit `edits` on `branch`, open a pull request, and return its number."""
        self.git("switch", "--quiet", "--create", branch)
        self.commit(title, edits)
        self.git("push", "--quiet", "origin", branch)
        self.git("switch", "--quiet", self.branch)
        if number:
            self.github.next_number = number
        return self.github.open_pull(branch, self.branch, title).number

    def merge_pull(
        self,
        branch: str,
        title: str,
        edits: Edits,
        number: int = 0,
    ) -> int:
        """Open and merge a pull request with `edits`, and return its number."""
        number = self.open_pull(branch, title, edits, number)
        self.github.merge(number, self.merge_method)
        self.git("pull", "--quiet")
        return number

    def release(
        self,
        version: str,
        previous: str,
        *,
        app_version: str = "",
    ) -> str:
        """Push the commit of a release, whose run makes the release; return its conclusion.

        `app_version`, if given, goes to Chart.yaml instead of `version`. Where Actions are
        disabled, the release is made by hand.
        """
        file = f"{CHART}/Chart.yaml"
        old = (self.clone / file).read_text()
        new = old.replace(f"\nversion: {previous}\n", f"\nversion: {version}\n")
        new = re.sub("appVersion: .*", f"appVersion: {app_version or version}", new)
        notes = announce_release(self.clone, version, previous)
        self.commit(f"chore(main): release {version}", {file: (old, new)})
        self.git("push", "--quiet", "origin", "main")
        tag = f"v{version}"
        if self.github.actions.disabled:
            self.git("push", "--quiet", "origin", f"HEAD:refs/tags/{tag}")
            self.github.create_release(tag, tag, notes)
        conclusion = self.github.settle()
        self.git("fetch", "--quiet", "--tags")
        return conclusion
