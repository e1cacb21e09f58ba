"""What can go wrong, once for each trigger of "When to Rollback": how the world comes to it, and what a maintainer types then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .world import CHART, WORKFLOW, World

REDEPLOY = "gh workflow run publish-helm.yml --repo stianfro/threek8s --ref main -f chart_version={version} -f app_version=1.7.0"


@dataclass(frozen=True)
class Scenario:
    """A world gone wrong: its trigger, its story, how it comes about, and the commands that put it right."""

    trigger: str
    story: str
    happen: Callable[[World], None]
    version: str
    publish: str = "publish.all"

    @property
    def commands(self) -> list[tuple[str, int]]:
        """What the maintainer types, and the exit code: is it bad; the chain; the mended workflow; is all well; what was learned."""
        chain = f"invoke rollback.revert --pr 42 --merge {self.publish} verify.all support.incident support.notify"
        redeploy = REDEPLOY.format(version=self.version)
        return [
            ("invoke when.check", 1),
            (chain, 0),
            (redeploy, 0),
            ("invoke verify.all --strict", 0),
            ("invoke support.notify --resolved support.lessons --close", 0),
        ]


def _before(world: World) -> None:
    """Release 1.6.1, which is sound, and demand a check of every pull request from now on."""
    world.release("1.6.1", "1.6.0")
    world.github.required_checks = ["lint"]
    world.github.check_seconds = 1.0


def _publish(world: World) -> None:
    _before(world)
    here = f"oci://{world.registry.host}/stianfro"
    edits = {
        "PUSH_TO: " + f"{here}/threek8s/chart": f"PUSH_TO: {here}/charts",
        f"INSTALL_FROM: {here}/threek8s/chart/threek8s": f"INSTALL_FROM: {here}/charts",
    }
    old, new = ("\n  ".join(lines) for lines in (edits.keys(), edits.values()))
    world.merge_pull("move-registry-path", "ci: move the chart's registry path", {WORKFLOW: (old, new)}, 42)
    world.release("1.7.0", "1.6.1")


def _versions(world: World) -> None:
    _before(world)
    edits = {WORKFLOW: (' --app-version "${{ steps.version.outputs.app }}"', "")}
    world.merge_pull("app-version-from-chart", "ci: take the app version from Chart.yaml", edits, 42)
    world.release("1.7.0", "1.6.1", app_version="1.6.1")


def _install(world: World) -> None:
    _before(world)
    edits = {
        f"{CHART}/values.yaml": ("ingress:\n  enabled: false", "ingress:\n  enabled: true"),
        f"{CHART}/templates/ingress.yaml": (
            "{{ .Values.ingress.host | quote }}",
            '{{ required "ingress.host is needed" .Values.ingress.host | quote }}',
        ),
    }
    world.merge_pull("ingress-by-default", "feat: expose the dashboard by default", edits, 42)
    world.release("1.7.0", "1.6.1")
    world.github.open_issue(
        "helm install fails: ingress.host is needed", "`helm install threek8s` stops since 1.7.0, with no values of my own."
    )


SCENARIOS = {
    "publish": Scenario(
        "Helm chart fails to publish to the new registry path",
        "PR #42 moved the registry path; helm appended the chart's name, so that 1.7.0 stands where nobody looks and the workflow failed.",
        _publish,
        "1.7.0",
    ),
    "versions": Scenario(
        "Version synchronization breaks between app and chart",
        "PR #42 let the workflow take appVersion from Chart.yaml, which nobody bumps: chart 1.7.0 was published with app 1.6.1.",
        _versions,
        "1.7.1",
        "publish.all --version 1.7.1 --app-version 1.7.0",
    ),
    "install": Scenario(
        "Users report installation issues with the new path",
        "PR #42 made the ingress a default but its host mandatory: 1.7.0 was published, and nobody can install it without values.",
        _install,
        "1.7.1",
        "publish.all --version 1.7.1",
    ),
}
