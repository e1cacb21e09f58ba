"""A project in memory: its clients answer from lists and mappings, and no program is started."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.github.actions import Run
from tasks.toolkit.clients.github.issues import Issue
from tasks.toolkit.clients.github.pulls import PullRequest
from tasks.toolkit.clients.github.releases import Release
from tasks.toolkit.clients.helm.chart import Chart
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.clients.registry.manifest import Manifest
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.core.errors import AccessDenied, BadInput, RecipeError, ServiceError
from tasks.toolkit.core.secret import Secret
from tasks.toolkit.core.settings import load_settings
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project

NOW = datetime.now(UTC)
REGISTRY = "oci://registry.example/owner/charts"
USERS = f"{REGISTRY}/podinfo"  # where users install from
WORKFLOW_FILE = """
on: {workflow_dispatch: {inputs: {chart_version: {}, app_version: {}}}}
jobs: {a: {runs-on: x, steps: [{run: helm push}]}}
"""


def ago(**duration: float) -> datetime:
    return NOW - timedelta(**duration)


def release(version: str, published: datetime) -> Release:
    return Release(f"v{version}", published)


def run(
    number: int,
    branch: str,
    conclusion: str = "success",
    created: datetime = NOW,
    status: str = "completed",
) -> Run:
    url = f"https://github.com/owner/podinfo/actions/runs/{number}"
    return Run(number, status, conclusion, created, url, "release", branch, "Publish")


def pull(
    number: int, title: str = "feat: more", head: str = "more", merged: str = ""
) -> PullRequest:
    return PullRequest(
        number=number,
        title=title,
        body="",
        state="MERGED" if merged else "OPEN",
        url=f"https://github.com/owner/podinfo/pull/{number}",
        draft=False,
        head=head,
        merge_commit=merged,
        merged_at=NOW if merged else None,
    )


def issue(number: int, title: str, body: str = "", labels: Iterable[str] = ()) -> Issue:
    url = f"https://github.com/owner/podinfo/issues/{number}"
    return Issue(number, title, body, url, "OPEN", NOW, tuple(labels))


def chart_archive(files: Mapping[str, str]) -> bytes:
    """Return a chart's archive with these files."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"podinfo/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return made.getvalue()


class FakeRegistry:
    """What is published, by reference; `denies` refuses to answer, `fails` cannot be read."""

    def __init__(self) -> None:
        self.manifests: dict[str, Manifest] = {}
        self.archives: dict[str, bytes] = {}
        self.denies = False
        self.fails = False

    def _answer(self, reference: Reference) -> None:
        if self.denies:
            raise AccessDenied(f"{reference}: the registry answered 401", "make it public")
        if self.fails:
            raise ServiceError("registry.example could not be asked", "check the network")

    def publish(self, reference: str, content: str = "chart") -> Manifest:
        self.manifests[reference] = Manifest(content.encode(), "")
        return self.manifests[reference]

    def manifest(self, reference: Reference) -> Manifest | None:
        self._answer(reference)
        return self.manifests.get(str(reference))

    def tags(self, reference: Reference) -> list[str] | None:
        self._answer(reference)
        names = [name.rpartition(":") for name in self.manifests]
        return [tag for base, _, tag in names if base == reference.oci] or None

    def archive(self, reference: Reference, _manifest: Manifest) -> bytes:
        return self.archives[str(reference)]

    def ensure_may_push(self, _repository: str) -> None:
        if self.denies:
            raise AccessDenied("the registry refused the token: 403", "it lacks write:packages")


class FakeGit:
    """The commits of a clone: `files` by commit and path, `contained` pairs of tip and commit."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], str] = {}
        self.contained: set[tuple[str, str]] = set()
        self.tags = SimpleNamespace(fetch=lambda: None)
        self.history = SimpleNamespace(
            contains=lambda tip, commit: (tip, commit) in self.contained,
            last_change=lambda *_: "abc1234 chore: hurry",
        )

    def fetch(self, branch: str) -> str:
        return branch

    def resolve(self, name: str) -> str:
        return name.rpartition("/")[2]

    def read_file(self, commit: str, path: str) -> str:
        return self.files.get((commit, path), "")

    def differing_files(self, _commit: str, other: str, _folder: str) -> list[str]:
        return [path for commit, path in self.files if commit == other]

    def add_chart(self, commit: str, version: str, app_version: str = "") -> None:
        text = f"name: podinfo\nversion: {version}\nappVersion: {app_version or version}\n"
        self.files[commit, "chart/Chart.yaml"] = text


class FakeInstaller:
    """Charts that anybody gets, by version; `error` is raised instead."""

    def __init__(self) -> None:
        self.charts: dict[str, Chart] = {}
        self.error: RecipeError | None = None

    def show(self, _reference: Reference, version: str = "") -> Chart:
        if self.error:
            raise self.error
        return self.charts[version]

    def try_install(self, _chart: str, _version: str, _release: str, _namespace: str) -> str:
        if self.error:
            raise self.error
        return "5 objects"


class FakeGitHub:
    """What GitHub has; `fails` cannot be read."""

    def __init__(self) -> None:
        self.published: list[Release] = []
        self.recent_runs: list[Run] = []
        self.merged: list[tuple[PullRequest, list[str]]] = []
        self.reverts: dict[int, PullRequest] = {}
        self.opened: list[Issue] = []
        self.state = "active"
        self.login_permission = "WRITE"
        self.error: RecipeError | None = None
        self.releases = SimpleNamespace(newest=self._newest)
        self.pulls = SimpleNamespace(
            merged_since=lambda _: self.merged,
            revert_of=lambda bad: self.reverts.get(bad.number),
        )
        self.issues = SimpleNamespace(opened_since=lambda _: self.opened)
        self.actions = SimpleNamespace(
            workflow=self._workflow,
            deployments=lambda *_: self.recent_runs,
            deployment_of=lambda *_: next(iter(self.recent_runs), None),
            dispatch_command=self._dispatch_command,
        )

    def permission(self) -> str:
        return self.login_permission

    def _newest(self) -> list[Release]:
        if self.error:
            raise self.error
        return self.published

    def _workflow(self, file: str) -> tuple[str, str]:
        if not self.state:
            raise BadInput(f"owner/podinfo has no workflow {file}", "set WORKFLOW")
        return "Publish", self.state

    def _dispatch_command(self, file: str, ref: str, values: dict[str, str]) -> list[str]:
        return ["workflow", "run", file, ref, *(f"{name}={values[name]}" for name in values)]


class FakeProject(Project):
    """A project whose clients are fakes; users and the login ask different registries."""

    def __init__(self, folder: Path, **settings: str) -> None:
        values = {"REGISTRY": REGISTRY, "GITHUB_TOKEN": "secret", "CHART_DIR": "chart"} | settings
        values = {"GITHUB_REPOSITORY": "owner/podinfo", "DEFAULT_BRANCH": "main"} | values
        values = {"WAIT_TIMEOUT": "900", "POLL_INTERVAL": "0.01"} | values
        runner = ProcessRunner({}, 10, Executor(dry_run=False))
        loaded, _ = load_settings(values, folder, folder)
        super().__init__(loaded, runner, folder)
        self.users = FakeRegistry()
        self.owner = FakeRegistry()
        self.owner.manifests = self.users.manifests
        self.fake_git = FakeGit()
        self.fake_github = FakeGitHub()
        self.installer = FakeInstaller()
        fakes: dict[str, Any] = {
            "root": folder,
            "login": ("me", Secret("secret")),
            "git": self.fake_git,
            "github": self.fake_github,
            "helm": SimpleNamespace(version=(4, 3), installer=self.installer),
        }
        self.__dict__ |= fakes
        self.fake_git.files["main", self.workflow_path] = WORKFLOW_FILE

    @property
    def chart(self) -> Chart:
        return Chart("podinfo", "1.6.1", "1.6.1")

    def registry(self, _reference: Reference, *, anonymous: bool = False) -> Any:
        return self.users if anonymous else self.owner

    def publish(self, version: str, app_version: str = "", content: str = "chart") -> Manifest:
        """Publish a version where users install from."""
        self.installer.charts[version] = Chart("podinfo", version, app_version or version)
        return self.users.publish(f"{USERS}:{version}", content)

    def add_release(self, version: str, published: datetime) -> Release:
        """Publish a release on GitHub, with its Chart.yaml at the tag and on the default branch."""
        made = release(version, published)
        self.fake_github.published.insert(0, made)
        self.fake_git.add_chart(made.tag, version)
        self.fake_git.add_chart("main", version)
        return made


def empty_log(state: Path) -> IncidentLog:
    """Return the log of no incident."""
    executor = Executor(dry_run=False)
    return IncidentLog(executor, str, lambda: state, lambda: state / "triggers.jsonl")
