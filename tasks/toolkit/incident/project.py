"""The project that is rolled back: settings, repository, chart, and the clients for them.

What the settings leave out is derived here, each value when it is first needed.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

from ..clients.git.clones import RepositoryMissing, find_root
from ..clients.git.repository import Repository
from ..clients.github.client import GitHub
from ..clients.github.workflow_file import Workflow
from ..clients.helm.chart import Chart
from ..clients.helm.cli import Helm
from ..clients.process import ProcessRunner
from ..clients.registry.api import Registry
from ..clients.registry.reference import Reference
from ..clients.registry.session import RegistrySession
from ..console.waiting import Pending, poll_until
from ..core.secret import Secret
from ..core.settings import Settings, missing_setting
from .chart_history import ChartHistory
from .charts import chart_name, folder_inside, only_folder
from .origin import ensure_own_origin
from .releases import ChartReleases
from .state_folder import find_state

T = TypeVar("T")


class Project:
    """A repository with a chart, and its clients; `scratch` is deleted at the end."""

    def __init__(
        self,
        settings: Settings,
        runner: ProcessRunner,
        scratch: Path,
    ) -> None:
        self.settings = settings
        self.runner = runner
        self.scratch = scratch
        self._registries: dict[tuple[str, bool], Registry] = {}
        self._lock = threading.RLock()

    def wait(self, probe: Callable[[], T | Pending], advice: str) -> T:
        """Call `probe` until it answers, as the settings say. Raises TookTooLong."""
        return poll_until(
            probe,
            interval=self.settings.poll_interval,
            limit=self.settings.wait_timeout,
            advice=advice,
        )

    @cached_property
    def root(self) -> Path:
        """The top folder of the user's clone. Raises RepositoryMissing."""
        return find_root(self.runner, self.settings.repo_dir)

    @cached_property
    def state(self) -> Path:
        """The incidents' folder, if it is our own. Raises RepositoryMissing, Refused."""
        return find_state(self.runner, self.settings.state_dir, lambda: self.root)

    @cached_property
    def git(self) -> Repository:
        """Git in the user's clone."""
        check = cache(lambda: ensure_own_origin(self.git, self.github, self.settings))
        token = self.settings.github_token
        return Repository(self.runner, self.root, self.scratch, token, check)

    @cached_property
    def github(self) -> GitHub:
        """GitHub, through gh, for this repository."""
        return GitHub(self.runner, self.slug, self.settings.github_token)

    @cached_property
    def helm(self) -> Helm:
        """Helm, with a registry config of its own."""
        return Helm(self.runner, self.scratch, self.settings.plain_http)

    @cached_property
    def slug(self) -> str:
        """The repository, owner/name: as set, or as `origin` says. Raises SettingError."""
        if self.settings.github_repository:
            return self.settings.github_repository
        url = self.git.origin_url()
        match = re.search(r"[/:]([^/:]+/[^/]+?)(\.git)?/?$", url)
        if not match:
            raise missing_setting("GITHUB_REPOSITORY")
        return match[1]

    @cached_property
    def default_branch(self) -> str:
        """The default branch: as set, as the clone says, or without a clone as GitHub says."""
        try:
            return self.settings.default_branch or self.git.default_branch()
        except RepositoryMissing:
            return self.github.default_branch()

    @cached_property
    def login(self) -> tuple[str, Secret]:
        """The registry's user and token: from the settings or gh. Raises SettingError."""
        token = self.settings.github_token or self.github.token()
        if not token:
            raise missing_setting("GITHUB_TOKEN")
        self.runner.secrets.append(token)
        user = self.settings.github_user
        if not user:
            user, _, _ = self.slug.partition("/")
        return user, token

    def registry(self, reference: Reference, *, anonymous: bool = False) -> Registry:
        """Return the registry of `reference`; one session for each host, with and without login."""
        key = reference.host, anonymous
        with self._lock:
            if key not in self._registries:
                session = RegistrySession(
                    reference.host,
                    plain_http=self.settings.plain_http,
                    login=None if anonymous else self.login,
                    limit=self.settings.command_timeout,
                    retries=self.runner.retries,
                )
                self._registries[key] = Registry(session, self.runner.executor)
            return self._registries[key]

    @cached_property
    def push_reference(self) -> Reference:
        """Where `helm push` goes; it appends the chart's name. Raises SettingError."""
        if not self.settings.registry:
            raise missing_setting("REGISTRY")
        return Reference.parse(self.settings.registry)

    def install_reference(self, name: str = "") -> Reference:
        """Return what users install from: CHART_REF, or where `helm push` puts the chart `name`.

        Without a name it is that of the chart in the clone.
        """
        if self.settings.chart_ref:
            return Reference.parse(self.settings.chart_ref)
        return self.push_reference.with_chart(name or self.chart.name)

    def published_references(self, version: str = "", name: str = "") -> list[Reference]:
        """Return where the chart is published: where it is pushed, and where users install from."""
        name = name or self.chart.name
        pushed = self.push_reference.with_chart(name)
        installed = self.install_reference(name)
        references = {pushed.with_version(version), installed.with_version(version)}
        return sorted(references, key=str)

    @property
    def chart(self) -> Chart:
        """The chart in the user's clone. Raises BadInput."""
        return self.helm.read_chart(self.root / self.chart_dir)

    @cached_property
    def chart_dir(self) -> str:
        """The chart's folder inside the repository: as set, or the only one. Raises BadInput."""
        if self.settings.chart_dir:
            return folder_inside(self.root, self.settings.chart_dir)
        return only_folder(self.root, self.git.chart_folders())

    @property
    def releases(self) -> ChartReleases:
        """The releases of the chart, and the relation of their tags to its version."""
        with self._lock:
            return self._releases

    @cached_property
    def _releases(self) -> ChartReleases:
        charts = frozenset(chart_name(self.root, folder) for folder in self.git.chart_folders())
        name = chart_name(self.root, self.chart_dir)
        history = ChartHistory(self.git, name, self.chart_dir)
        return ChartReleases(self.git, self.github, self.settings, history, charts)

    def chart_at(self, commit: str, label: str = "") -> Chart:
        """Return the chart at a commit; errors name the commit by its `label`. Raises BadInput."""
        file = f"{self.chart_dir}/Chart.yaml"
        where = f"{file} at {label}" if label else file
        return Chart.parse(self.git.read_file(commit, file), where)

    @property
    def workflow_path(self) -> str:
        """The path of the workflow's file inside the repository."""
        return f".github/workflows/{self.settings.workflow}"

    def workflow_at(self, commit: str) -> Workflow:
        """Return the workflow at a commit. Raises BadInput."""
        text = self.git.read_file(commit, self.workflow_path)
        return Workflow.parse(text, self.workflow_path)
