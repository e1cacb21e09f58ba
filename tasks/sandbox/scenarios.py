"""One scenario for each trigger of "When to Rollback": what goes wrong, and what puts it right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .world import CHART, WORKFLOW, World


@dataclass(frozen=True)
class Scenario:
    """How a release goes wrong (`happen`), and the `version` that a recovery publishes.

    `symptom` is what people see of it, `story` what happened.
    """

    trigger: str
    symptom: str
    story: str
    happen: Callable[[World], None]
    version: str


def _release_healthy_version(world: World) -> None:
    """Release 1.6.1, and require a check of every pull request from now on."""
    world.release("1.6.1", "1.6.0")
    world.github.required_checks = ["lint"]
    world.github.check_seconds = 1.0


def _move_registry_path(world: World) -> None:
    _release_healthy_version(world)
    owner = f"oci://{world.registry.host}/stianfro"
    old = f"PUSH_TO: {owner}/threek8s/chart\n  INSTALL_FROM: {owner}/threek8s/chart/threek8s"
    new = f"PUSH_TO: {owner}/charts\n  INSTALL_FROM: {owner}/charts"
    title = "ci: move the chart's registry path"
    world.merge_pull("move-registry-path", title, {WORKFLOW: (old, new)}, 42)
    world.release("1.7.0", "1.6.1")


def _read_app_version_from_chart(world: World) -> None:
    _release_healthy_version(world)
    file = '"type": "yaml", "path": "helm/threek8s/Chart.yaml"'
    bump = f',\n        {{{file}, "jsonpath": "$.appVersion"}}'
    edits = {
        WORKFLOW: (' --app-version "${{ steps.version.outputs.app }}"', ""),
        "release-please-config.json": (bump, ""),
    }
    title = "ci: take the app version from Chart.yaml"
    world.merge_pull("app-version-from-chart", title, edits, 42)
    world.release("1.7.0", "1.6.1", app_version="1.6.1")


def _require_ingress_host(world: World) -> None:
    _release_healthy_version(world)
    old = "{{ .Values.ingress.host | quote }}"
    new = '{{ required "ingress.host is needed" .Values.ingress.host | quote }}'
    edits = {
        f"{CHART}/values.yaml": ("ingress:\n  enabled: false", "ingress:\n  enabled: true"),
        f"{CHART}/templates/ingress.yaml": (old, new),
    }
    world.merge_pull("ingress-by-default", "feat: expose the dashboard by default", edits, 42)
    world.release("1.7.0", "1.6.1")
    report = "`helm install threek8s` stops since 1.7.0, with no values of my own."
    world.github.open_issue("helm install fails: ingress.host is needed", report)


SCENARIOS = {
    "publish": Scenario(
        "Helm chart fails to publish to the new registry path",
        "Users look for chart 1.7.0, and `helm show chart` does not find it.",
        "PR #42 moved the registry path. helm appended the chart's name, so 1.7.0 was published "
        "where nobody looks, and the workflow failed.",
        _move_registry_path,
        "1.7.0",
    ),
    "versions": Scenario(
        "Version synchronization breaks between app and chart",
        "Users install chart 1.7.0, and still get the app of the release before.",
        "PR #42 let the workflow take appVersion from Chart.yaml, which nobody bumps. "
        "Chart 1.7.0 was published with app 1.6.1.",
        _read_app_version_from_chart,
        "1.7.101",
    ),
    "install": Scenario(
        "Users report installation issues with the new path",
        "An issue says: `helm install` stops with an error since 1.7.0.",
        "PR #42 enabled the ingress by default but made its host mandatory. "
        "1.7.0 was published, and nobody can install it without values.",
        _require_ingress_host,
        "1.7.101",
    ),
}
