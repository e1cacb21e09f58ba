"""The shared context: settings, journal and clients, made at the first recipe of an invocation and handed to each that follows."""

from __future__ import annotations

import atexit
import os
import re
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path

from invoke.context import Context

from ..clients import process
from ..clients.dry_run import token_export
from ..clients.git.repository import Git, NoRepository, find_root, remove_worktree
from ..clients.github.client import GitHub
from ..clients.github.workflow_file import Workflow
from ..clients.helm.chart import Chart
from ..clients.helm.cli import Helm
from ..clients.registry.api import Registry
from ..clients.registry.reference import Reference
from ..clients.scratch import Scratch
from ..console import output, waiting
from ..console.signals import interrupt
from ..console.waiting import Pending
from ..core.errors import BadInput, ServiceError
from ..core.secret import Secret
from ..core.settings import dotenv_file, load_settings, missing_setting
from .log import Record

PROJECT = Path(__file__).resolve().parents[3]
TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
A_HOOKS = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
)  # which mean its own clone


class Incident(Record):
    """What the recipes of one invocation share. Settings that were not given are derived here, each when first needed."""

    def __init__(self, context: Context, environ: Mapping[str, str], cwd: Path) -> None:
        self.settings, self.warnings = load_settings(environ, PROJECT, cwd)
        self.dry = bool(context.config.run.dry)
        # No program inherits a token; the one that needs it is given it.
        bare = {name: value for name, value in environ.items() if name not in (*TOKENS, *A_HOOKS)}
        self.commands = process.ProcessRunner(
            context, bare, self.settings.command_timeout, self.dry
        )
        if self.settings.github_token:
            self.commands.secrets.append(self.settings.github_token)
        try:
            self._scratch = Scratch(partial(remove_worktree, self.commands))
        except OSError as error:
            raise ServiceError(
                f"no temporary folder can be written ({error.strerror})",
                "free some space, or set TMPDIR",
            ) from error
        self.commands.inherited.append(self._scratch.descriptor)
        self.commands.plan.scratch = str(self.scratch)
        if self.settings.github_token and not any(
            environ.get(name) for name in TOKENS
        ):  # the shell that takes a plan has none
            self.commands.plan.first.append(token_export(dotenv_file(environ, PROJECT)))
        atexit.register(self._end)

    def _end(self) -> None:
        interrupt.raised = True  # there is nothing more to interrupt
        self._scratch.clean()
        try:
            self.commands.plan.end(whole=True)
        except OSError:  # there is nobody to be told any more
            output.discard_closed_streams()

    @classmethod
    def of(cls, context: Context) -> Incident:
        """Return the invocation's incident, kept on Invoke's config; the first call makes it. Raises SettingError, BadInput."""
        found = context.config.get("incident")
        if not isinstance(found, cls):
            found = cls(context, os.environ, Path.cwd())
            context.config.incident = found
            for warning in found.warnings:
                output.status("settings", warning, "look")
        return found

    def __copy__(self) -> Incident:
        """Be the same one: Invoke copies what its config holds each time it merges."""
        return self

    def hold(self, wait: bool = False) -> None:
        """Be the one operator on this machine, and sweep what one left who was killed."""
        super().hold(wait)
        self._scratch.sweep()

    @property
    def scratch(self) -> Path:
        """A folder that is deleted when the process ends."""
        return self._scratch.path

    def wait(self, step: str, probe: Callable[[], waiting.T | Pending], advice: str) -> waiting.T:
        """Ask `probe` until it answers, as often and as long as the settings say. Raises TookTooLong."""
        return waiting.poll_until(
            step,
            probe,
            interval=self.settings.poll_interval,
            limit=self.settings.wait_timeout,
            advice=advice,
        )

    @cached_property
    def git(self) -> Git:
        """Git in the person's clone."""
        return Git(self.commands, self.root, self.scratch, self.settings.github_token)

    @cached_property
    def root(self) -> Path:
        """The top folder of the person's clone."""
        return find_root(self.commands, self.settings.repo_dir)

    @cached_property
    def branch(self) -> str:
        """The default branch: as set, as the clone says, or, where there is none, GitHub."""
        try:
            return self.settings.default_branch or self.git.default_branch()
        except NoRepository:
            return self.github.default_branch()

    @cached_property
    def slug(self) -> str:
        """The repository, owner/name: as set, or as the clone's `origin` says."""
        if self.settings.github_repository:
            return self.settings.github_repository
        found = re.search(r"[/:]([^/:]+/[^/]+?)(\.git)?/?$", self.git.remote())
        if not found:
            raise missing_setting("GITHUB_REPOSITORY")
        return found[1]

    @cached_property
    def github(self) -> GitHub:
        """GitHub, by gh, for the repository."""
        return GitHub(self.commands, self.slug, self.settings.github_token)

    @cached_property
    def helm(self) -> Helm:
        """helm, with a private registry config."""
        return Helm(self.commands, self.scratch, self.settings.plain_http)

    @cached_property
    def login(self) -> tuple[str, Secret]:
        """The registry's user and token. Raises SettingError when neither the settings nor gh have a token."""
        token = self.settings.github_token or self.github.token()
        if not token:
            raise missing_setting("GITHUB_TOKEN")
        self.commands.secrets.append(token)
        return self.settings.github_user or self.slug.partition("/")[0], token

    def registry(self, reference: Reference, *, anonymous: bool) -> Registry:
        """The API of the registry that holds `reference`, asked with the login or as anybody."""
        login = None if anonymous else self.login
        return Registry(
            reference.host,
            plain_http=self.settings.plain_http,
            login=login,
            limit=self.settings.command_timeout,
        )

    @cached_property
    def target(self) -> Reference:
        """Where `helm push` goes; it appends the chart's name."""
        if not self.settings.registry:
            raise missing_setting("REGISTRY")
        return Reference.parse(self.settings.registry)

    @property
    def told(self) -> Reference:
        """What users are told to install from: CHART_REF, else what `helm push` makes of REGISTRY."""
        if self.settings.chart_ref:
            return Reference.parse(self.settings.chart_ref)
        return self.target.chart(self.known.get("name") or self.chart.name)

    def places(self, version: str = "", name: str = "") -> list[Reference]:
        """Return where the chart, or a version of it, is published: where `helm push` puts it, and what users are told."""
        pushed = self.target.chart(name or self.chart.name)
        told = Reference.parse(self.settings.chart_ref) if self.settings.chart_ref else pushed
        return sorted({place.at(version) for place in (pushed, told)}, key=str)

    @property
    def chart(self) -> Chart:
        """The chart in the person's clone, as it is there. Raises BadInput."""
        return self.helm.chart(self.root / self.chart_dir)

    def chart_at(self, commit: str, name: str = "") -> Chart:
        """Return the chart at a commit, which `name` stands for if it cannot be used. Raises BadInput."""
        file = f"{self.chart_dir}/Chart.yaml"
        return Chart.parse(self.git.file(commit, file), f"{file} at {name}" if name else file)

    @property
    def workflow_file(self) -> str:
        """The path of the workflow's file inside the repository."""
        return f".github/workflows/{self.settings.workflow}"

    def workflow_at(self, commit: str) -> Workflow:
        """Return the workflow at a commit. Raises BadInput."""
        return Workflow.parse(self.git.file(commit, self.workflow_file), self.workflow_file)

    @cached_property
    def chart_dir(self) -> str:
        """The chart's folder inside the repository: as set, or the only one there is. Raises BadInput."""
        if self.settings.chart_dir:
            folder, top = (self.root / self.settings.chart_dir).resolve(), self.root.resolve()
            if not folder.is_relative_to(top):
                what = f"CHART_DIR {self.settings.chart_dir!r} leaves the repository"
                raise BadInput(what, "give a folder inside it, such as helm/threek8s")
            return str(folder.relative_to(top))  # to be found in any commit's tree
        charts = self.git.charts()
        if len(charts) != 1:
            found = f"there are {len(charts)} charts in {self.root}" + (
                f": {', '.join(charts)}" if charts else ""
            )
            raise BadInput(
                found, "set CHART_DIR to the one to publish, for example CHART_DIR=helm/threek8s"
            )
        return charts[0]
