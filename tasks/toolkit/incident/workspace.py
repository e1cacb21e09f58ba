"""A repository and the clients for it, each made when it is first needed; its charts share them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from ..clients.git.clones import RepositoryMissing
from ..clients.git.identity import identify_job
from ..clients.git.repository import Repository
from ..clients.github.client import GitHub
from ..clients.github.publishers import advise_any_workflow, advise_workflow
from ..clients.github.workflow_calls import WORKFLOWS
from ..clients.github.workflow_file import parse_workflows
from ..clients.helm.cli import Helm
from ..clients.process import ProcessRunner
from ..clients.registry.api import Registry
from ..clients.registry.reference import Reference
from ..clients.registry.session import RegistrySession
from ..core.errors import RecipeError
from ..core.secret import Secret
from ..core.settings import Settings, missing_setting
from .origin import ensure_own_origin
from .recipes_place import find_host
from .state_folder import find_state
from .watches import Watches

T = TypeVar("T")


class Workspace:
    """The repository that the settings name; `scratch` is deleted at the end."""

    def __init__(
        self,
        settings: Settings,
        runner: ProcessRunner,
        scratch: Path,
    ) -> None:
        self._settings = settings
        self._runner = runner
        self._scratch = scratch
        self._registries: dict[tuple[str, bool], Registry] = {}
        self._registries_lock = threading.RLock()
        self.watches = Watches()

    @cached_property
    def root(self) -> Path:
        """The top folder of the user's clone. Raises RepositoryMissing."""
        return find_host(self._runner, self._settings.repo_dir)

    @cached_property
    def state(self) -> Path:
        """The incidents' folder, if it is our own. Raises RepositoryMissing, Refused."""
        return find_state(self._runner, self._settings.state_dir, lambda: self.root)

    @cached_property
    def git(self) -> Repository:
        """Git in the user's clone."""
        identify_job(self._runner, self.root)
        return Repository(
            self._runner,
            self.root,
            self._scratch,
            self._settings.github_token,
            cache(lambda: ensure_own_origin(self.git, self.github, self._settings)),
        )

    @cached_property
    def github(self) -> GitHub:
        """GitHub, through gh, for this repository."""
        token = self._settings.github_token
        return GitHub(self._runner, self.slug, token, self._advise_workflow)

    def _advise_workflow(self, missing: str) -> str:
        """Return what to set WORKFLOW to: what the clone has on the default branch of origin."""
        with suppress(RecipeError):
            branch = self.git.recorded_default_branch()
            tip = self.git.resolve(f"origin/{branch}" if branch else "HEAD")
            texts = self.git.files.in_folder(tip, WORKFLOWS)
            return advise_workflow(parse_workflows(texts), self.slug, missing)
        return advise_any_workflow(missing)

    @cached_property
    def helm(self) -> Helm:
        """Helm, with a registry config of its own."""
        return Helm(self._runner, self._scratch, self._settings.plain_http)

    @cached_property
    def slug(self) -> str:
        """The repository, owner/name: as set, or as `origin` says. Raises SettingError."""
        if self._settings.github_repository:
            return self._settings.github_repository
        url = self.git.origin.url()
        match = re.search(r"[/:]([^/:]+/[^/]+?)(\.git)?/?$", url)
        if not match:
            raise missing_setting("GITHUB_REPOSITORY")
        return match[1]

    @cached_property
    def default_branch(self) -> str:
        """The default branch: as set, as the clone says, or without a clone as GitHub says."""
        try:
            return self._settings.default_branch or self.git.default_branch()
        except RepositoryMissing:
            return self.github.default_branch()

    @cached_property
    def login(self) -> tuple[str, Secret]:
        """The registry's user and token: from the settings or gh. Raises SettingError."""
        token = self._settings.github_token or self.github.token()
        if not token:
            raise missing_setting("GITHUB_TOKEN")
        user = self._settings.github_user
        if not user:
            user, _, _ = self.slug.partition("/")
        self._runner.keep_secret(token, user)
        return user, token

    def registry(self, reference: Reference, *, anonymous: bool = False) -> Registry:
        """Return the registry of `reference`; one session for each host, with and without login."""
        key = reference.host, anonymous
        with self._registries_lock:
            if key not in self._registries:
                session = RegistrySession(
                    reference.host,
                    plain_http=self._settings.plain_http,
                    login=None if anonymous else self.login,
                    limit=self._settings.command_timeout,
                    retries=self._runner.retries,
                )
                self._registries[key] = Registry(session, self._runner.executor)
            return self._registries[key]

    @cached_property
    def push_reference(self) -> Reference:
        """Where `helm push` goes; it appends the chart's name. Raises SettingError."""
        if not self._settings.registry:
            raise missing_setting("REGISTRY")
        return Reference.parse(self._settings.registry)


class HasWorkspace(Protocol):
    """What works in a workspace."""

    workspace: Workspace


class OfWorkspace(Generic[T]):
    """An attribute of a project that is its workspace's, as `read` returns it."""

    def __init__(self, read: Callable[[Workspace], T]) -> None:
        self._read = read

    def __get__(self, project: HasWorkspace, _: object = None) -> T:
        """Return the attribute of a project."""
        return self._read(project.workspace)
