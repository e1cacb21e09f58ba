"""What drills are about: each trigger of "When to Rollback", and a change before its merge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .typed_commands import Commands, maintainer_commands, reviewer_commands
from .workspace import Edits
from .world import CHART, WORKFLOW, World

MOVING_BRANCH = "move-registry-path"
MOVING_TITLE = "ci: move the chart's registry path"


@dataclass(frozen=True)
class Judge:
    """A command by whose exit code all is well (0) or not (1), and what each means."""

    line: str
    well: str
    wrong: str


BY_TRIGGERS = Judge(
    "when.check",
    "no trigger of a rollback fires any more",
    "a trigger of a rollback still fires",
)
BY_REHEARSAL = Judge(
    "prevention.rehearse --ref origin/main",
    "the next release of main goes where users install from",
    "the next release of main would go wrong",
)


@dataclass(frozen=True)
class Scenario:
    """How a release goes wrong (`happen`), and the `version` that a recovery publishes.

    `symptom` is what people see of it, `story` what happened. The drill types `commands`, and
    `verified` is what they show in the end. Who practises by hand begins with `first` to do the
    `exercise`, and the `judge` tells whether that was done. Without a version nothing is published.
    """

    trigger: str
    symptom: str
    story: str
    happen: Callable[[World], None]
    version: str
    set_up: str = "letting a release go wrong"
    commands: Commands = maintainer_commands
    verified: str = "all of it, by the commands above"
    first: str = "when.check"
    exercise: str = "find out why, and recover"
    judge: Judge = BY_TRIGGERS


def _release_healthy_version(world: World) -> None:
    """Release 1.6.1, and require a check of every pull request from now on."""
    world.release("1.6.1", "1.6.0")
    world.github.required_checks = ["lint"]
    world.github.check_seconds = 1.0


def _move_registry_path(world: World) -> None:
    _release_healthy_version(world)
    edits = _moved_path(world.registry.host)
    world.merge_pull(MOVING_BRANCH, MOVING_TITLE, edits, 42)
    world.release("1.7.0", "1.6.1")


def _propose_registry_path(world: World) -> None:
    """Open the pull request that moves the registry path; the registry acts as ghcr.io."""
    world.as_ghcr()
    _release_healthy_version(world)
    world.open_pull(MOVING_BRANCH, MOVING_TITLE, _moved_path("ghcr.io"), 42)


def _moved_path(host: str) -> Edits:
    owner = f"oci://{host}/stianfro"
    old = f"PUSH_TO: {owner}/threek8s/chart\n  INSTALL_FROM: {owner}/threek8s/chart/threek8s"
    new = f"PUSH_TO: {owner}/charts\n  INSTALL_FROM: {owner}/charts"
    return {WORKFLOW: (old, new)}


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
        "v1.7.0 was released. Users look for chart 1.7.0, and `helm show chart` does not find it.",
        "PR #42 moved the registry path. helm appended the chart's name, so 1.7.0 was published "
        "where nobody looks, and the workflow failed.",
        _move_registry_path,
        "1.7.0",
    ),
    "versions": Scenario(
        "Version synchronization breaks between app and chart",
        "v1.7.0 was released. Users install chart 1.7.0, "
        "and still get the app of the release before.",
        "PR #42 let the workflow take appVersion from Chart.yaml, which nobody bumps. "
        "Chart 1.7.0 was published with app 1.6.1.",
        _read_app_version_from_chart,
        "1.7.101",
    ),
    "install": Scenario(
        "Users report installation issues with the new path",
        "v1.7.0 was released. An issue says: `helm install` stops with an error since 1.7.0.",
        "PR #42 enabled the ingress by default but made its host mandatory. "
        "1.7.0 was published, and nobody can install it without values.",
        _require_ingress_host,
        "1.7.101",
    ),
    "gate": Scenario(
        "A pull request would break the next release",
        "PR #42 moves the chart's registry path, and is to be merged.",
        "helm appends the chart's name to the path of PR #42, so the next version would be "
        "published where nobody looks. A rehearsal shows it before the merge.",
        _propose_registry_path,
        "",
        set_up="opening a pull request",
        commands=reviewer_commands,
        verified="PR #42 is not merged: nothing was published, and nothing is to be rolled back",
        first="prevention.rehearse --pr 42",
        exercise="find out whether it may be merged, or mend its branch",
        judge=BY_REHEARSAL,
    ),
}
