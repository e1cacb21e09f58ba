"""The world to rehearse in: a bare remote and a clone, GitHub on a unix socket, a registry on loopback, a person's environment."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from types import TracebackType

from .github import GitHub
from .registry import Registry
from .web import Web

SLUG, CHART, WORKFLOW = "stianfro/threek8s", "helm/threek8s", ".github/workflows/publish-helm.yml"
PUSH_TO = "stianfro/threek8s/chart"
KEPT = ("PATH", "LANG", "LC_ALL", "TERM", "COLUMNS", "TMPDIR", "TZ")  # of the caller's environment; nothing else reaches the world


class World:
    """One world, under a temporary folder; a context manager that takes it down. `programs` go before PATH; `registry` may be another.

    `remote` is the bare repository, `clone` the person's, `github` and `registry` the services, `env` what the person's shell has set.
    """

    def __init__(self, programs: Sequence[Path] = (), registry: Registry | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        self.token = (registry.password if registry else "") or f"ghp_{secrets.token_hex(18)}"
        self.remote, self.clone, self.home = (self.folder / name for name in ("remote.git", "threek8s", "home"))
        self.home.mkdir()
        self.registry = registry or Registry({"stianfro": self.token})
        self.env = self._environment(programs)
        self._make_repository()
        checkouts = self.folder / "runners"
        checkouts.mkdir()
        self.github = GitHub(self.remote, SLUG, self.token, self.folder / "github.sock", checkouts, self.env)
        self.github.packages = self.registry
        self.web = Web(self.github)
        self.env["GITHUB_SERVER_URL"] = self.web.url

    def __enter__(self) -> World:
        self.registry.start()
        self.github.start()
        self.web.server.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.web.server.stop()
        self.github.stop()
        self.registry.stop()
        self._folder.cleanup()

    @property
    def reference(self) -> str:
        """What users install from: where `helm push` puts the chart."""
        return f"oci://{self.registry.host}/{PUSH_TO}/threek8s"

    def as_ghcr(self) -> None:
        """Let the registry be GHCR to everybody here: by its name, which a proxy leads to it, and deleting nothing by its own API."""
        self.registry.deletes, self.registry.gate.host = False, "ghcr.io"
        self.env.update(REGISTRY=f"oci://ghcr.io/{PUSH_TO}", http_proxy=f"http://{self.registry.host}", no_proxy="127.0.0.1")
        self.commit("ci: publish to GHCR", {WORKFLOW: (self.registry.host, "ghcr.io")})
        self.git("push", "--quiet", "origin", "main")

    def _environment(self, programs: Sequence[Path]) -> dict[str, str]:
        authority = {"SSL_CERT_FILE": self.registry.authority} if self.registry.authority else {}
        path = [Path(sys.executable).parent, *programs, os.environ.get("PATH", os.defpath)]
        return {name: os.environ[name] for name in KEPT if name in os.environ} | {
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "GH_CONFIG_DIR": str(self.home / "gh"),
            "GH_NO_UPDATE_NOTIFIER": "1",
            "GH_PROMPT_DISABLED": "1",
            "GH_TELEMETRY": "false",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "KUBECONFIG": str(self.home / "no-cluster"),
            "ENV_FILE": os.devnull,
            "REPO_DIR": str(self.clone),
            "GITHUB_TOKEN": self.token,
            "GITHUB_USER": "stianfro",
            "REGISTRY": f"oci://{self.registry.host}/{PUSH_TO}",
            "PLAIN_HTTP": str(self.registry.plain_http),
            **authority,
            "POLL_INTERVAL": "0.2",
            "WAIT_TIMEOUT": "60",
        }

    def _make_repository(self) -> None:
        (self.home / "gh").mkdir()
        (self.home / "gh" / "config.yml").write_text(f"http_unix_socket: {self.folder / 'github.sock'}\n")
        url = f"https://github.com/{SLUG}.git"
        (self.home / ".gitconfig").write_text(
            "[user]\n\tname = Maintainer\n\temail = maintainer@example.com\n[init]\n\tdefaultBranch = main\n"
            f'[url "{self.remote}"]\n\tinsteadOf = {url}\n'
        )
        self.git("init", "--quiet", "--bare", str(self.remote), at=self.folder)
        self.git("clone", "--quiet", url, str(self.clone), at=self.folder)
        shutil.copytree(Path(__file__).parent / "repository", self.clone, dirs_exist_ok=True)
        for file in (self.clone / "README.md", self.clone / WORKFLOW):
            text = file.read_text().replace("ghcr.io", self.registry.host)
            told = self.registry.plain_http and not _finds_out(shutil.which("helm", path=self.env["PATH"]) or "")
            file.write_text(text.replace('HELM_OPTIONS: ""', "HELM_OPTIONS: --plain-http") if told else text)
        self.commit("feat: the chart and its workflow")
        self.git("push", "--quiet", "-u", "origin", "main")
        self.git("remote", "set-head", "origin", "main")

    # What the people of this world do

    def run(self, *argv: str, at: Path | None = None, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program as the person would, in the clone unless `at` is given; the output is captured."""
        return subprocess.run(argv, cwd=at or self.clone, env={**self.env, **(env or {})}, text=True, capture_output=True, check=False)

    def git(self, *args: str, at: Path | None = None) -> str:
        """Run git, in the clone unless `at` is given, and return what it printed; it must succeed."""
        done = self.run("git", *args, at=at)
        if done.returncode:
            raise RuntimeError(f"git {' '.join(args)}: {done.stderr}")
        return done.stdout.strip()

    def snapshot(self) -> dict[str, object]:
        """Return what can be compared before and after: the remote's refs, what GitHub and the registry hold."""
        refs = self.git("for-each-ref", "--format=%(refname) %(objectname)", at=self.remote).splitlines()
        return {"refs": refs, "github": self.github.snapshot(), "registry": self.registry.snapshot()}

    def happened(self, since: datetime) -> dict[str, dict[datetime, str]]:
        """Return what was done since a time, by the runbook's step: at what time, and what, in words."""
        pulls, pushed, runs = self.github.pulls.values(), self.registry.pushed, self.github.runs
        found: dict[str, list[tuple[datetime | None, str]]] = {
            "revert": [(pull.merged_at, f'#{pull.number} "{pull.title}": merged as {pull.merge_sha[:12]}') for pull in pulls],
            "publish": [(at, f"{repository}:{tag}\n{digest}") for at, repository, tag, digest in pushed],
            "re-deploy": [(run.completed_at, f"workflow run {run.id} on {run.head_branch}: {run.conclusion}") for run in runs],
        }
        return {step: {at: what for at, what in events if at and at > since} for step, events in found.items()}

    def commit(self, message: str, edits: Mapping[str, tuple[str, str]] | None = None) -> str:
        """Replace text in files (`{path: (old, new)}`), commit everything in the clone, and return the commit."""
        for path, (old, new) in (edits or {}).items():
            text = (self.clone / path).read_text()
            if old not in text:
                raise ValueError(f"{path} does not hold {old!r}")
            (self.clone / path).write_text(text.replace(old, new))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def merge_pull(self, branch: str, title: str, edits: Mapping[str, tuple[str, str]], number: int = 0) -> int:
        """Commit `edits` on `branch`, open a pull request, merge it, and return its number, which may be chosen."""
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

    def release(self, version: str, previous: str, *, app_version: str = "") -> str:
        """Bump the chart as release-please does, tag and publish the release, wait for the workflow; return its conclusion.

        `app_version`, if given, is what is left in Chart.yaml instead of `version`.
        """
        old, new = (f"version: {chart}\nappVersion: {app}" for chart, app in ((previous, previous), (version, app_version or version)))
        self.commit(f"chore(main): release {version}", {f"{CHART}/Chart.yaml": (old, new)})
        self.git("tag", f"v{version}")
        self.git("push", "--quiet", "origin", "main", f"v{version}")
        self.github.create_release(f"v{version}", f"v{version}", f"What is new in {version}.\n")
        return self.github.settle()


@cache
def _finds_out(helm: str) -> bool:
    """Tell whether a helm finds out by itself that loopback speaks plain HTTP: helm 3 does, and 3.17 has no option for it at login."""
    return bool(helm) and subprocess.run([helm, "version", "--short"], capture_output=True, check=False).stdout.startswith(b"v3")
