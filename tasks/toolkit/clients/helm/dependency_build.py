"""Build what a chart depends on in a helm home of its own: nobody needs `helm repo add` before.

`helm dependency build` takes what Chart.lock names, but must know each repository with an index.
`helm dependency update` knows them by itself, but takes the newest that Chart.yaml allows.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...console.output import status
from ...core.errors import Refused, ServiceError
from ..program import Program
from .chart import Chart
from .dependency import LOCK, Dependency, read_dependencies
from .dependency_advice import ADVICE, NeedsPlainHttp, OutOfSync, Unreachable
from .program import HelmProgram

NAME = r"[\w.][\w.-]*"
IN_PLACE = {"ok", "unpacked"}  # what `helm dependency list` says of a dependency in charts/
SHOWN = ("HELM_REPOSITORY_CONFIG", "HELM_REPOSITORY_CACHE")


@dataclass(frozen=True)
class DependencyBuild:
    """How dependencies were built: URLs of repositories by name, then `helm dependency` `command`.

    Without a command all are in the chart's folder charts/.
    """

    command: str = ""
    repositories: Mapping[str, str] = field(default_factory=dict)
    options: Sequence[str] = ()

    def commands(self, folder: str) -> list[list[str]]:
        """Return the arguments of helm that build them for the chart in a folder."""
        if not self.command:
            return []
        added = []
        for name, url in self.repositories.items():
            added.append(["repo", "add", name, url])
        return [*added, ["dependency", self.command, folder, *self.options]]


class DependencyBuilder:
    """Builds what a chart depends on with `program`, which is one of `helm`.

    A dry run does it too, and shows it unless `quiet`.
    """

    def __init__(
        self,
        helm: HelmProgram,
        program: Program,
        scratch: Path,
        *,
        quiet: bool,
    ) -> None:
        self._helm = helm
        self._quiet = quiet
        home = Path(tempfile.mkdtemp(prefix="helm-", dir=scratch))
        private = {
            "HELM_REPOSITORY_CONFIG": str(home / "repositories.yaml"),
            "HELM_REPOSITORY_CACHE": str(home / "repository"),
            "HELM_CONTENT_CACHE": str(home / "content"),
        }
        self._program = replace(
            program,
            env={**program.env, **private},
            advice=ADVICE,
            shown_variables=(*program.shown_variables, *SHOWN),
        )

    def build(self, chart: Chart, folder: Path) -> DependencyBuild:
        """Build the dependencies of a chart in its folder, unless they are there.

        Raises Refused, AccessDenied, ServiceError, BadInput.
        """
        if not chart.has_dependencies or self._are_in_place(folder):
            return DependencyBuild()
        repositories = self._repositories(chart, folder)
        for name, url in repositories.items():
            self._run("repo", "add", name, url)
        try:
            command, options = "build", self._build("build", folder)
        except OutOfSync:
            command, options = "update", self._build("update", folder)
            report_update(read_dependencies(folder, LOCK))
        return DependencyBuild(command, repositories, options)

    def _are_in_place(self, folder: Path) -> bool:
        """Return whether charts/ has all that Chart.yaml asks for, in the versions of the lock."""
        charts = folder / "charts"
        for dependency in read_dependencies(folder, LOCK):
            archive = charts / f"{dependency.name}-{dependency.version}.tgz"
            unpacked = charts / dependency.name / "Chart.yaml"
            if not archive.is_file() and not unpacked.is_file():
                return False
        listed = self._program.read("dependency", "list", str(folder)).stdout
        return parse_statuses(listed) <= IN_PLACE

    def _build(self, command: str, folder: Path) -> list[str]:
        """Run `helm dependency`, and return the options that it needed."""
        argv = ["dependency", command, str(folder)]
        options = self._helm.plain_http_option()
        try:
            self._run(*argv)
        except NeedsPlainHttp:
            if not options:
                raise
            self._run(*argv, *options)
            return options
        except Unreachable as error:  # helm says which on stdout
            declared = read_dependencies(folder, "Chart.yaml")
            urls = {one.repository for one in declared if one.has_index}
            what = f"helm cannot read {' or '.join(sorted(urls))}"
            raise ServiceError(what, error.advice) from error
        return []

    def _run(self, *argv: str) -> None:
        """Run helm, then show that: what fails is no part of a plan."""
        self._program.read(*argv)
        if not self._quiet:
            self._program.show(*argv)

    def _repositories(self, chart: Chart, folder: Path) -> dict[str, str]:
        """Return the URLs of the repositories that helm must know, by name. Raises Refused."""
        declared = read_dependencies(folder, "Chart.yaml")
        locked = read_dependencies(folder, LOCK)
        urls = {dependency.name: dependency.repository for dependency in locked}
        repositories = {}
        for dependency in declared:
            if dependency.alias:
                url = urls.get(dependency.name) or self._known_url(dependency.alias)
                ensure_named(dependency, url)
                repositories[dependency.alias] = url
        for dependency in declared:
            known = [url.rstrip("/") for url in repositories.values()]
            url = dependency.repository
            if locked and dependency.has_index and url.rstrip("/") not in known:
                repositories[f"{chart.name}-{dependency.name}"] = url
        return repositories

    def _known_url(self, name: str) -> str:
        """Return the URL of a repository that the user's helm has under a name, or ""."""
        listed = self._helm.own.read("repo", "list", "--output=json", check=False)
        return parse_repositories(listed.stdout).get(name, "")


def ensure_named(dependency: Dependency, url: str) -> None:
    """Refuse a repository of a dependency whose name or URL cannot be used. Raises Refused."""
    name = dependency.alias
    if url and re.fullmatch(NAME, name):
        return
    where = f"{dependency.name} is in the repository {dependency.repository}"
    advice = f"write its URL in Chart.yaml; or `helm repo add {name} URL`, as each user must too"
    raise Refused(f"{where}, whose URL is not known here", advice)


def parse_statuses(printed: str) -> set[str]:
    """Return what `helm dependency list` says of the dependencies."""
    rows = []
    for line in printed.split("\n"):
        rows.append(line.split("\t"))
    found = set()
    for row in rows[1:]:
        if len(row) > 3:
            found.add(row[3].strip())
    return found


def parse_repositories(printed: str) -> dict[str, str]:
    """Return the URLs that `helm repo list` printed as JSON, by name; none if it did not."""
    try:
        return {entry["name"]: entry["url"] for entry in json.loads(printed or "[]")}
    except (LookupError, TypeError, ValueError):
        return {}


def report_update(locked: Sequence[Dependency]) -> None:
    """Warn of the versions that were taken instead of those in Chart.lock."""
    taken = ", ".join(f"{dependency.name} {dependency.version}" for dependency in locked)
    what = "Chart.lock is out of sync with Chart.yaml, so what Chart.yaml allows is taken"
    status(f"{what}: {taken}", "warning")
