"""How a release goes wrong in each repository of the sandbox, by the scenarios of the drill."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.world import World
from tasks.sandbox.worlds import PODINFO

RELEASE = ".github/workflows/release.yml"
PUBLISH = ".github/workflows/publish.yml"
ARGO_CD = "charts/argo-cd"
NO_VALUE = '{{ required "a host is needed" .Values.host | quote }}'
REPORT = "`helm install` stops since the last release, with no values of my own."


@dataclass(frozen=True)
class Story:
    """How a release goes wrong (`happen`), and which triggers fire.

    After the recovery users get `version`, and the last good release is `good`; `following` are
    the next version and the one before. With `fails_again`, the workflow cannot run on a revert,
    since it would release a version that there is already.
    """

    happen: Callable[[World], None]
    fired: Collection[str]
    version: str
    good: str
    following: tuple[str, str]
    fails_again: bool = False


def _podinfo_is_published_elsewhere(world: World) -> None:
    world.release("6.13.1", "6.13.0")
    edit = ("/stefanprodan/charts $HELM", "/stefanprodan/podinfo/chart $HELM")
    world.merge_pull("registry-path", "Move the chart", {RELEASE: edit}, 42)
    world.release("6.14.0", "6.13.1")


def _podinfo_loses_its_v(world: World) -> None:
    world.release("6.13.1", "6.13.0")
    edit = ("charts/podinfo\n", 'charts/podinfo --app-version "$GITHUB_REF_NAME"\n')
    world.merge_pull("app-version", "Take the app version from the tag", {RELEASE: edit}, 42)
    world.release("6.14.0", "6.13.1")


def _podinfo_cannot_be_installed(world: World) -> None:
    world.release("6.13.1", "6.13.0")
    file = f"{PODINFO}/templates/deployment.yaml"
    edit = ("  replicas: ", f"  # {NO_VALUE}\n  replicas: ")
    world.merge_pull("host", "Require a host", {file: edit}, 42)
    world.release("6.14.0", "6.13.1")
    world.github.open_issue("helm install fails: a host is needed", REPORT)


def _charts_are_not_pushed(world: World) -> None:
    world.release("9.0.1", "9.0.0")
    edit = (".cr-release-packages/*.tgz", ".cr-packages/*.tgz")
    world.merge_pull("packages", "ci: name the folder", {PUBLISH: edit}, 42)
    world.release("9.1.0", "9.0.1")


def _version_of_a_chart_goes_down(world: World) -> None:
    world.release("9.0.1", "9.0.0")
    world.release("9.1.0", "9.0.1")
    edit = ("version: 9.1.0\nappVersion: v3.2.0", "version: 9.0.2\nappVersion: v3.2.1")
    world.merge_pull("stale", "fix(argo-cd): the app", {f"{ARGO_CD}/Chart.yaml": edit}, 42)
    world.github.settle()


def _one_chart_cannot_be_installed(world: World) -> None:
    world.release("9.0.1", "9.0.0")
    value = ("  replicas: ", f"  host: {NO_VALUE}\n  replicas: ")
    edits = {
        f"{ARGO_CD}/Chart.yaml": ("version: 9.0.1", "version: 9.1.0"),
        f"{ARGO_CD}/templates/configmap.yaml": value,
    }
    world.merge_pull("host", "feat(argo-cd): require a host", edits, 42)
    world.github.settle()
    world.github.open_issue("argo-cd: helm install fails: a host is needed", REPORT)


STORIES = {  # by the fixture of the repository, and the drill's scenario
    ("world", "publish"): Story(
        SCENARIOS["publish"].happen, {"publish", "versions"}, "1.7.0", "v1.6.1", ("1.8.0", "1.7.0")
    ),
    ("world", "versions"): Story(
        SCENARIOS["versions"].happen, {"versions"}, "1.7.101", "v1.6.1", ("1.8.0", "1.7.0")
    ),
    ("world", "install"): Story(
        SCENARIOS["install"].happen, {"users"}, "1.7.101", "v1.6.1", ("1.8.0", "1.7.0")
    ),
    ("podinfo", "publish"): Story(
        _podinfo_is_published_elsewhere,
        {"publish", "versions"},
        "6.14.0",
        "6.14.0",
        ("6.15.0", "6.14.0"),
    ),
    ("podinfo", "versions"): Story(
        _podinfo_loses_its_v, {"versions"}, "6.14.1", "6.13.1", ("6.15.0", "6.14.0")
    ),
    ("podinfo", "install"): Story(
        _podinfo_cannot_be_installed, {"users"}, "6.14.1", "6.13.1", ("6.15.0", "6.14.0")
    ),
    ("charts", "publish"): Story(
        _charts_are_not_pushed,
        {"publish", "versions"},
        "9.1.0",
        "argo-cd-9.1.0",
        ("9.2.0", "9.1.0"),
    ),
    ("charts", "versions"): Story(
        _version_of_a_chart_goes_down,
        {"versions"},
        "9.1.0",
        "argo-cd-9.1.0",
        ("9.2.0", "9.1.0"),
        fails_again=True,
    ),
    ("charts", "install"): Story(
        _one_chart_cannot_be_installed,
        {"users"},
        "9.1.100",
        "argo-cd-9.0.1",
        ("9.2.0", "9.0.1"),
        fails_again=True,
    ),
}
