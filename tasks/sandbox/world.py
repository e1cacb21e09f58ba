"""The sandbox: a remote and a clone, GitHub on a unix socket, a registry, a maintainer's shell."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Self

from .environment import isolated_environment, recipe_settings, write_config
from .github import GitHub, Web
from .registry import Registry

SLUG = "stianfro/threek8s"
CHART = "helm/threek8s"
WORKFLOW = ".github/workflows/publish-helm.yml"
PUSH_TO = "stianfro/threek8s/chart"
Edits = Mapping[str, tuple[str, str]]  # old and new text by path


class World:
    """A sandbox in a temporary folder, which the end of the `with` block deletes.

    `remote` is the bare repository, `clone` the maintainer's working copy, `env` the variables
    of the maintainer's shell. The folders `programs` go before PATH. Without a `registry` one is
    made on `port`, or on any free one. Raises OSError if that port is taken.
    """

    def __init__(
        self,
        programs: Sequence[Path] = (),
        registry: Registry | None = None,
        port: int = 0,
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self.remote = self.folder / "remote.git"
        self.clone = self.folder / "threek8s"
        self.home = self.folder / "home"
        self.socket = self.folder / "github.sock"
        self.token = f"ghp_{secrets.token_hex(18)}"
        job_token = f"ghs_{secrets.token_hex(18)}"
        if registry and registry.password:
            self.token = registry.password
            job_token = registry.password
        self.registry = registry or Registry({self.token, job_token}, port)
        self.env = isolated_environment(self.home, programs)
        self.env |= recipe_settings(self.clone, self.token, self.registry, PUSH_TO)
        self._make_repository()
        checkouts = self.folder / "runners"
        checkouts.mkdir()
        self.github = GitHub(
            self.remote,
            SLUG,
            self.token,
            self.socket,
            checkouts,
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

    def _make_repository(self) -> None:
        url = f"https://github.com/{SLUG}.git"
        write_config(self.home, url, self.remote, self.socket)
        self.git("init", "--quiet", "--bare", str(self.remote), at=self.folder)
        self.git("clone", "--quiet", url, str(self.clone), at=self.folder)
        shutil.copytree(Path(__file__).parent / "repository", self.clone, dirs_exist_ok=True)
        helm = shutil.which("helm", path=self.env["PATH"])
        if self.registry.plain_http and not _is_helm_3(helm):
            workflow = self.clone / WORKFLOW
            text = workflow.read_text()
            text = text.replace('HELM_OPTIONS: ""', "HELM_OPTIONS: --plain-http")
            workflow.write_text(text)
        host = "ghcr.io", self.registry.host
        self.commit("feat: the chart and its workflow", {"README.md": host, WORKFLOW: host})
        self.git("push", "--quiet", "-u", "origin", "main")
        self.git("remote", "set-head", "origin", "main")

    @property
    def reference(self) -> str:
        """What users install from: where `helm push` puts the chart."""
        return f"oci://{self.registry.host}/{PUSH_TO}/threek8s"

    def as_ghcr(self) -> None:
        """Let the registry act as ghcr.io, which a proxy leads to; its own API cannot delete."""
        self.registry.allows_delete = False
        self.registry.access.act_as_ghcr()
        self.env["REGISTRY"] = f"oci://ghcr.io/{PUSH_TO}"
        self.env["http_proxy"] = f"http://{self.registry.host}"
        self.env["no_proxy"] = "127.0.0.1"
        self.commit("ci: publish to GHCR", {WORKFLOW: (self.registry.host, "ghcr.io")})
        self.git("push", "--quiet", "origin", "main")

    def snapshot(self) -> dict[str, object]:
        """Return the refs and all that GitHub and the registry hold, to be compared."""
        return {
            "refs": self.git("for-each-ref", at=self.remote),
            "github": self.github.snapshot(),
            "registry": self.registry.snapshot(),
        }

    def run(
        self,
        *argv: str,
        at: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as the maintainer would, in the clone or `at` a folder."""
        return subprocess.run(
            argv,
            cwd=at or self.clone,
            env={**self.env, **(env or {})},
            text=True,
            capture_output=True,
            check=False,
        )

    def git(self, *args: str, at: Path | None = None) -> str:
        """Return what git prints, in the clone or `at` a folder. Raises RuntimeError."""
        ended = self.run("git", *args, at=at)
        if ended.returncode:
            raise RuntimeError(f"git {' '.join(args)}: {ended.stderr}")
        return ended.stdout.strip()

    def commit(self, message: str, edits: Edits | None = None) -> str:
        """Replace text in files, commit everything, return the commit."""
        for path, (old, new) in (edits or {}).items():
            file = self.clone / path
            text = file.read_text()
            if old not in text:
                raise ValueError(f"{path} does not hold {old!r}")
            file.write_text(text.replace(old, new))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def merge_pull(
        self,
        branch: str,
        title: str,
        edits: Edits,
        number: int = 0,
    ) -> int:
        """Commit `edits` on `branch`, open and merge a pull request, and return its number."""
        self.git("switch", "--quiet", "--create", branch)
        self.commit(title, edits)
        self.git("push", "--quiet", "origin", branch)
        self.git("switch", "--quiet", "main")
        if number:
            self.github.next_number = number
        pull = self.github.open_pull(branch, "main", title)
        self.github.merge(pull.number)
        self.git("pull", "--quiet")
        return pull.number

    def release(
        self,
        version: str,
        previous: str,
        *,
        app_version: str = "",
    ) -> str:
        """Bump the chart as release-please does, publish the release, return its run's conclusion.

        `app_version`, if given, goes to Chart.yaml instead of `version`.
        """
        tag = f"v{version}"
        old = f"version: {previous}\nappVersion: {previous}"
        new = f"version: {version}\nappVersion: {app_version or version}"
        edits = {f"{CHART}/Chart.yaml": (old, new)}
        self.commit(f"chore(main): release {version}", edits)
        self.git("tag", tag)
        self.git("push", "--quiet", "origin", "main", tag)
        self.github.create_release(tag, tag, f"What is new in {version}.\n")
        return self.github.settle()


@cache
def _is_helm_3(helm: str | None) -> bool:
    """Tell whether helm is of version 3: it needs no option for plain HTTP on loopback."""
    if not helm:
        return False
    argv = [helm, "version", "--short"]
    return subprocess.check_output(argv, text=True).startswith("v3")
