"""Sandboxes of other shapes: tags that people push, and six charts in one repository."""

from __future__ import annotations

import re
from typing import ClassVar

from .repository_files import copy_repository, write_charts
from .world import World

PODINFO = "charts/podinfo"
CHARTS = {  # versions and appVersions of the first commit, which are independent
    "argo-cd": ("9.0.0", "v3.2.0"),
    "argo-events": ("2.4.0", "v1.9.0"),
    "argo-rollouts": ("2.40.0", "v1.8.0"),
    "argo-workflows": ("0.45.0", "v3.7.0"),
    "argocd-apps": ("2.0.0", ""),
    "argocd-image-updater": ("0.14.0", "v0.17.0"),
}


class PodinfoWorld(World):
    """A sandbox in the shape of podinfo: merge commits, and a workflow for pushed tags only."""

    slug = "stefanprodan/podinfo"
    branch = "master"
    merge_method = "merge"
    push_to = "stefanprodan/charts"
    settings: ClassVar[dict[str, str]] = {"CHART_DIR": PODINFO, "WORKFLOW": "release.yml"}

    @property
    def reference(self) -> str:
        """What users install from."""
        return f"oci://{self.registry.host}/{self.push_to}/podinfo"

    def _write_files(self) -> None:
        copy_repository("podinfo", self.clone)

    def release(self, version: str, previous: str, *, app_version: str = "") -> str:
        """Merge the pull request of a release and push its tag; return its run's conclusion."""
        old = f"version: {previous}\nappVersion: v{previous}"
        new = f"version: {version}\nappVersion: {app_version or f'v{version}'}"
        edits = {f"{PODINFO}/Chart.yaml": (old, new)}
        self.merge_pull(f"release-{version}", f"Release {version}", edits)
        self.git("tag", "--annotate", "--message", version, version)
        self.git("push", "--quiet", "origin", version)
        if self.github.actions.disabled:
            self.github.create_release(version, version, f"What is new in {version}.")
        return self.github.settle()


class ChartsWorld(World):
    """A sandbox with six charts, of which chart-releaser releases each that changed on main."""

    slug = "argoproj/argo-helm"
    push_to = "argoproj/argo-helm"
    settings: ClassVar[dict[str, str]] = {
        "CHART_DIR": ",".join(f"charts/{name}" for name in CHARTS),
        "WORKFLOW": "publish.yml",
    }

    @property
    def reference(self) -> str:
        """What users install the first chart from."""
        return self.reference_of("argo-cd")

    def reference_of(self, chart: str) -> str:
        """Return what users install a chart from."""
        return f"oci://{self.registry.host}/{self.push_to}/{chart}"

    def _write_files(self) -> None:
        copy_repository("charts", self.clone)
        write_charts(self.clone, CHARTS)

    def release(
        self,
        version: str,
        previous: str,
        *,
        app_version: str = "",
        chart: str = "argo-cd",
    ) -> str:
        """Merge a pull request with a chart's next version; return the conclusion of its run.

        Where Actions are disabled, the release is made by hand.
        """
        file = f"charts/{chart}/Chart.yaml"
        old = (self.clone / file).read_text()
        new = old.replace(f"\nversion: {previous}\n", f"\nversion: {version}\n")
        if app_version:
            new = re.sub("appVersion: .*", f"appVersion: {app_version}", new)
        name = f"{chart}-{version}"
        self.merge_pull(name, f"feat({chart}): {version}", {file: (old, new)})
        if self.github.actions.disabled:
            self.github.create_release(name, name, chart)
        conclusion = self.github.settle()
        self.git("fetch", "--quiet", "--tags")
        return conclusion
