"""The project that is rolled back: settings, repository, chart, and the clients for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from copy import copy
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from ..clients.github.workflow_calls import WORKFLOWS
from ..clients.helm.chart import Chart
from ..clients.process import ProcessRunner
from ..clients.registry.api import Registry
from ..clients.registry.reference import Reference
from ..console.waiting import Pending, poll_until
from ..core.invocation import working_on_chart
from ..core.once import Once
from ..core.settings import Settings
from ..core.tag_pattern import CHART_PLACEHOLDER
from .chart_history import ChartHistory
from .charts import ChartList, ListedChart, ensure_of_each_chart
from .releases import ChartReleases
from .workspace import OfWorkspace, Workspace

T = TypeVar("T")


class Project:
    """A repository with its chart, and its clients; `scratch` is deleted at the end.

    Of a repository with several charts there is one project for each, which is `listed`, and one
    for all of them, which has no chart of its own. Those of `charts` share what they read.
    """

    root = OfWorkspace(lambda workspace: workspace.root)
    state = OfWorkspace(lambda workspace: workspace.state)
    git = OfWorkspace(lambda workspace: workspace.git)
    github = OfWorkspace(lambda workspace: workspace.github)
    helm = OfWorkspace(lambda workspace: workspace.helm)
    slug = OfWorkspace(lambda workspace: workspace.slug)
    default_branch = OfWorkspace(lambda workspace: workspace.default_branch)
    watches = OfWorkspace(lambda workspace: workspace.watches)
    login = OfWorkspace(lambda workspace: workspace.login)
    push_reference = OfWorkspace(lambda workspace: workspace.push_reference)

    def __init__(
        self,
        settings: Settings,
        runner: ProcessRunner,
        scratch: Path,
    ) -> None:
        self.settings = settings
        self.runner = runner
        self.scratch = scratch
        self.workspace = Workspace(settings, runner, scratch)
        self._chart_list = ChartList(self.workspace, settings.chart_dir)
        self._listed: ListedChart | None = None
        self._once: Once | None = None
        self._lock = threading.RLock()

    def wait(self, probe: Callable[[], T | Pending], advice: str) -> T:
        """Call `probe` until it answers, as the settings say. Raises TookTooLong."""
        return poll_until(
            probe,
            interval=self.settings.poll_interval,
            limit=self.settings.wait_timeout,
            advice=advice,
        )

    def registry(self, reference: Reference, *, anonymous: bool = False) -> Registry:
        """Return the registry of `reference`; one session for each host, with and without login."""
        return self.workspace.registry(reference, anonymous=anonymous)

    @property
    def label(self) -> str:
        """The name of the chart, if it is one of several; else nothing."""
        return self._listed.label if self._listed else ""

    def charts(self) -> list[Project]:
        """Return the project of each chart, sorted; they share what they read from now on."""
        if self._listed or not self._chart_list.has_several:
            return [self]
        once = Once()
        return [self._of(listed, once) for listed in self._chart_list.listed]

    def sharing_reads(self) -> Project:
        """Return this project; what it reads from now on is of one moment, and read once."""
        return self if self._once else self._of(self._listed, Once())

    def find_chart(self, given: str) -> Project:
        """Return the project of the chart that `--chart` names. Raises BadInput."""
        listed = self._chart_list.find(given)
        return self._of(listed) if listed else self

    def ensure_one_chart(self) -> None:
        """Raise BadInput if several charts are listed, and this is not the project of one."""
        if self._listed is None and self._chart_list.has_several:
            self._chart_list.only()

    def _of(self, listed: ListedChart | None, once: Once | None = None) -> Project:
        project = copy(self)
        project._listed = listed
        project._once = once
        vars(project).pop("_releases", None)  # of another chart
        return project

    def ask_once(
        self,
        key: Hashable,
        question: Callable[[], T],
        *,
        changes: bool = False,
    ) -> T:
        """Return the answer to a question that several checks or charts have in common.

        One that `changes` is asked again every POLL_INTERVAL, once a run is waited for.
        """
        if self._once is None:
            return question()
        return self._once.ask(key, question, changes=changes)

    def note_wait(self) -> None:
        """Ask again from now on for what changes while a run is waited for."""
        if self._once:
            self._once.max_age = self.settings.poll_interval

    def fetch_tip(self) -> str:
        """Fetch the default branch from origin, and return its commit. Raises BadInput."""
        branch = self.default_branch
        return self.ask_once("tip", partial(self.git.fetch, branch), changes=True)

    def install_reference(self, name: str = "") -> Reference:
        """Return what users install from: CHART_REF, or where `helm push` puts the chart `name`.

        Without a name it is that of the chart in the clone. Raises SettingError.
        """
        text = self.settings.chart_ref
        if not text:
            return self.push_reference.with_chart(name or self.chart_name)
        if self._listed:
            ensure_of_each_chart(text)
        if CHART_PLACEHOLDER in text:
            text = text.replace(CHART_PLACEHOLDER, name or self.chart_name)
        return Reference.parse(text)

    def published_references(self, version: str = "", name: str = "") -> list[Reference]:
        """Return where the chart is published: where it is pushed, and where users install from."""
        name = name or self.chart_name
        pushed = self.push_reference.with_chart(name)
        installed = self.install_reference(name)
        references = {pushed.with_version(version), installed.with_version(version)}
        return sorted(references, key=str)

    @property
    def chart(self) -> Chart:
        """The chart in the user's clone. Raises BadInput."""
        return self.helm.read_chart(self.root / self.chart_dir)

    @property
    def chart_name(self) -> str:
        """The name of the chart in the user's clone. Raises BadInput."""
        return self._listed.name if self._listed else self.chart.name

    @property
    def chart_dir(self) -> str:
        """The chart's folder inside the repository: as set, or the only one. Raises BadInput."""
        return self._listed.folder if self._listed else self._chart_list.only()

    @property
    def releases(self) -> ChartReleases:
        """The releases of the chart, and the relation of their tags to its version."""
        with self._lock:
            return self._releases

    @cached_property
    def _releases(self) -> ChartReleases:
        name = self._listed.name if self._listed else self._chart_list.name_of(self.chart_dir)
        history = ChartHistory(self.git, name, self.chart_dir)
        charts = frozenset(self._chart_list.names.values())
        return ChartReleases(self.git, self.github, self.settings, history, charts, self._once)

    def chart_at(self, commit: str, label: str = "") -> Chart:
        """Return the chart at a commit; errors name the commit by its `label`. Raises BadInput."""
        file = f"{self.chart_dir}/Chart.yaml"
        where = f"{file} at {label}" if label else file
        return Chart.parse(self.git.files.read(commit, file), where)

    @property
    def workflow_path(self) -> str:
        """The path of the workflow's file inside the repository."""
        return f"{WORKFLOWS}/{self.settings.workflow}"


def each_chart(charts: Sequence[Project]) -> Iterator[Project]:
    """Yield charts, each while it is the one that is worked on."""
    for chart in charts:
        with working_on_chart(chart.label):
            yield chart
