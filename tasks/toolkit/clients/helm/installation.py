"""Install a chart with helm: for trial as any user would, and into the user's cluster."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from pathlib import Path

from ...core.errors import RecipeError, ServiceError, TookTooLong
from ..registry.reference import Reference
from .chart import Chart
from .cluster import may_have_cluster
from .program import UNREACHABLE, HelmProgram

MOST_METADATA = 1 << 20  # characters; one that is cut off is no JSON
CLUSTER_LIMIT = 30.0  # seconds; a cluster that has not answered by then counts as unreachable


class Installer:
    """Installs charts; a registry is read without a login, as any user reads it."""

    def __init__(self, helm: HelmProgram) -> None:
        self._helm = helm
        self._may_have_cluster: bool | None = None  # until it is looked for
        self._first_try = threading.Lock()

    def show(self, reference: Reference, version: str = "") -> Chart:
        """Return the chart that users get; without `version` the newest. Raises RecipeError."""
        options = self._registry_options(version)
        output = self._helm.anonymous.read("show", "chart", reference.oci, *options)
        return Chart.parse(output.stdout, f"{reference} in the registry")

    def try_install(
        self,
        chart: str,
        version: str,
        release: str,
        namespace: str,
    ) -> str:
        """Install the chart of a reference or folder with `--dry-run`, as any user.

        Return, in words, how many objects it has, and whether a cluster accepts them. Without a
        cluster they are only rendered. Raises RecipeError.
        """
        options = self._options(chart, version, release, namespace)
        printed = self._try_if_there_is_one(options)
        if printed is not None:
            return f"{count_objects(printed)} objects, accepted by the cluster"
        objects = self.render(chart, version, release, namespace)
        rendered = "rendered locally; no cluster was reachable to validate them"
        return f"{objects} objects, {rendered}"

    def render(
        self,
        chart: str,
        version: str,
        release: str,
        namespace: str,
    ) -> int:
        """Return how many objects a chart has, as any user renders it. Raises RecipeError."""
        options = self._options(chart, version, release, namespace)
        output = self._helm.anonymous.read("template", *options)
        return count_objects(output.stdout)

    def _options(
        self,
        chart: str,
        version: str,
        release: str,
        namespace: str,
    ) -> list[str]:
        return [release, chart, *self._registry_options(version), f"--namespace={namespace}"]

    def _try_if_there_is_one(self, options: Sequence[str]) -> str | None:
        """Try in a cluster, unless none is reachable; threads wait for what the first one finds."""
        with self._first_try:
            if self._may_have_cluster is None:
                self._may_have_cluster = may_have_cluster(self._helm.environ)
                return self._try_in_cluster(options) if self._may_have_cluster else None
        return self._try_in_cluster(options) if self._may_have_cluster else None

    def _try_in_cluster(self, options: Sequence[str]) -> str | None:
        """Return what helm prints, None if no cluster is reachable. Raises RecipeError."""
        argv = ["install", "--dry-run=server", *options]
        try:
            return self._helm.anonymous.read(*argv, limit=CLUSTER_LIMIT).stdout
        except RecipeError as error:
            if not _has_no_cluster(error):
                raise
        self._may_have_cluster = False
        return None

    def _registry_options(self, version: str) -> list[str]:
        options = self._helm.plain_http_option()
        if version:
            options.append(f"--version={version}")
        return options

    def installed_release(self, name: str, namespace: str) -> tuple[str, str, str] | None:
        """Return chart, version and status of a release in the user's cluster, or None.

        Raises RecipeError when that cannot be told.
        """
        try:
            output = self._helm.own.read(
                "get",
                "metadata",
                name,
                f"--namespace={namespace}",
                "--output=json",
            )
        except RecipeError as error:
            if "release: not found" in str(error):
                return None
            raise
        return parse_release(output.stdout)

    def install(
        self,
        folder: Path,
        release: str,
        namespace: str,
    ) -> bool:
        """Install the chart in `folder` into the user's cluster; return False if only planned."""
        output = self._helm.own.change(
            "install",
            release,
            str(folder),
            f"--namespace={namespace}",
            kind="installation",
        )
        return output is not None


def parse_release(printed: str) -> tuple[str, str, str]:
    """Return chart, version and status of the release that helm printed. Raises ServiceError."""
    try:
        release = json.loads(printed[:MOST_METADATA])
        return str(release["chart"]), str(release["version"]), str(release["status"])
    except (LookupError, RecursionError, TypeError, ValueError) as error:
        what = "helm get metadata printed no chart, version and status"
        raise ServiceError(what, "run it yourself to see what it prints") from error


def _has_no_cluster(error: RecipeError) -> bool:
    return isinstance(error, TookTooLong) or UNREACHABLE in str(error)


def count_objects(manifests: str) -> int:
    """Return how many objects helm printed."""
    kinds = re.findall(r"^kind: ", manifests, re.MULTILINE)
    return len(kinds)
