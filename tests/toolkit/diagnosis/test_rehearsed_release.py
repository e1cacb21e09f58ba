"""What a rehearsal runs is what the next release of each repository would be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from typing import Any

import pytest

from tasks.sandbox.world import CHART, WORKFLOW, World
from tasks.sandbox.worlds import PODINFO, ChartsWorld
from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.diagnosis.rehearsed_release import RehearsedRelease, plan_release
from tasks.toolkit.recovery.automation import CONFIG, MANIFEST

from .staging import make_project

CALLER = ".github/workflows/release-please.yml"
CHANGELOG = "CHANGELOG.md"
CHART_FILE = f"{CHART}/Chart.yaml"
SETS_VERSION = ' --version "${{ steps.version.outputs.chart }}"'
OWN_FILES = {MANIFEST, CHANGELOG, CHART_FILE}


def plan(world: World, way: str = "", chart: str = "", **settings: str) -> RehearsedRelease:
    """Return the release of what is checked out."""
    project = make_project(world, **settings)
    if chart:
        project = project.find_chart(chart)
    return plan_release(project, world.git("rev-parse", "HEAD"), way)


def release(world: World, version: str, previous: str) -> None:
    """Release a version without its workflow."""
    world.github.actions.disabled = True
    world.release(version, previous)
    world.git("fetch", "--quiet", "--tags")


def change(world: World, message: str, path: str = f"{CHART}/values.yaml") -> None:
    """Commit a change of a file."""
    file = world.clone / path
    file.write_text(f"{file.read_text()}\n# {message}\n")
    world.commit(message)


def configure(world: World, **options: Any) -> None:
    """Commit other options of the package of release-please."""
    config = json.dumps({"packages": {".": options}})
    (world.clone / CONFIG).write_text(config)
    world.commit("ci: configure release-please")


def apply(world: World, planned: RehearsedRelease) -> None:
    """Make the release's own commit."""
    for path, text in planned.edits.items():
        (world.clone / path).write_text(text)
    world.commit(planned.message)


def test_release_please_releases_through_the_workflow_that_calls(world: World) -> None:
    planned = plan(world)
    assert (planned.path, planned.event, planned.ref) == (CALLER, "push", "refs/heads/main")
    assert (planned.tag, planned.version) == ("v1.6.1", "1.6.1")
    assert planned.message == "chore(main): release 1.6.1"
    assert planned.edits.keys() == OWN_FILES
    assert json.loads(planned.edits[MANIFEST]) == {".": "1.6.1"}
    assert "\nversion: 1.6.1\nappVersion: 1.6.1" in planned.edits[CHART_FILE]
    assert planned.inputs == {}
    assert planned.how == (
        "release-please.yml calls publish-helm.yml, on the push of the release commit to main"
    )


def test_the_next_version_is_that_of_the_commits_since_the_release(world: World) -> None:
    release(world, "1.7.0", "1.6.0")
    change(world, "feat: more")
    planned = plan(world)
    assert (planned.tag, planned.version, planned.app_version) == ("v1.8.0", "1.8.0", "1.8.0")


def test_the_release_commit_itself_is_released_as_it_is(world: World) -> None:
    release(world, "1.7.0", "1.6.0")
    apply(world, plan(world))
    planned = plan(world)
    assert (planned.version, planned.edits, planned.message) == ("1.7.1", {}, "")
    assert planned.how.endswith("on the push of the commit to main")


def test_a_version_that_exists_is_not_released_again(world: World) -> None:
    release(world, "1.7.0", "1.6.0")
    release(world, "1.7.1", "1.7.0")
    world.git("switch", "--quiet", "--detach", "v1.7.0")
    assert plan(world).version == "1.7.2"


def test_a_version_that_nobody_bumps_stays(world: World) -> None:
    entry = {"type": "yaml", "path": CHART_FILE, "jsonpath": "$.appVersion"}
    configure(world, **{"release-type": "simple", "extra-files": [entry]})
    planned = plan(world)
    assert planned.version == "1.6.1"
    assert "\nversion: 1.6.0\nappVersion: 1.6.1" in planned.edits[CHART_FILE]


def test_the_tags_of_a_first_release_are_as_release_please_is_configured(world: World) -> None:
    configure(world, component="chart", **{"include-v-in-tag": False})
    planned = plan(world)
    assert (planned.tag, planned.app_version) == ("chart-1.6.1", "")


def test_the_first_release_of_release_please_has_its_own_version(world: World) -> None:
    world.commit("ci: start anew", {MANIFEST: ("1.6.0", "0.0.0")})
    planned = plan(world)
    assert planned.version == "1.0.0"
    assert json.loads(planned.edits[MANIFEST]) == {".": "1.0.0"}


def test_a_chart_has_a_version_of_its_own_beside_release_please(world: World) -> None:
    entry = {"type": "yaml", "path": CHART_FILE, "jsonpath": "$.appVersion"}
    configure(world, **{"release-type": "simple", "extra-files": [entry]})
    world.commit("ci: package as it is", {WORKFLOW: (SETS_VERSION, "")})
    world.commit("feat: start", {CHART_FILE: ("version: 1.6.0\n", "version: 0.5.0\n")})
    for before, version in (("1.6.0", "1.7.0"), ("1.7.0", "1.8.0"), ("1.8.0", "1.9.0")):
        edits = {
            MANIFEST: (before, version),
            CHART_FILE: (f"appVersion: {before}", f"appVersion: {version}"),
        }
        world.commit(f"chore(main): release {version}", edits)
        world.git("tag", f"v{version}")
        world.git("push", "--quiet", "origin", "main", f"v{version}")
    planned = plan(world)
    assert (planned.tag, planned.version, planned.app_version) == ("v1.9.1", "0.5.0", "1.9.1")
    assert planned.message == "chore(main): release 1.9.1"


def test_a_tag_is_pushed_by_hand(world: World) -> None:
    planned = plan(world, "tag")
    assert (planned.path, planned.event, planned.ref) == (WORKFLOW, "push", "refs/tags/v1.6.1")
    assert planned.edits.keys() == OWN_FILES
    assert planned.how == "a push of the tag v1.6.1"


def test_a_run_by_hand_gets_the_versions(world: World) -> None:
    release(world, "1.7.0", "1.6.0")
    planned = plan(world, "dispatch")
    inputs = {"chart_version": "1.7.1", "app_version": "1.7.1"}
    assert (planned.path, planned.event) == (WORKFLOW, "workflow_dispatch")
    assert (planned.ref, planned.inputs) == ("refs/heads/main", inputs)
    assert planned.how == "a run by hand with chart_version=1.7.1, app_version=1.7.1"
    assert planned.edits.keys() == OWN_FILES


def test_without_a_rule_a_run_by_hand_gets_the_app_version_of_the_chart(world: World) -> None:
    assert plan(world, "dispatch").inputs == {"chart_version": "1.6.1", "app_version": "1.6.1"}


def test_without_a_caller_the_publication_of_a_release_comes_first(world: World) -> None:
    (world.clone / CALLER).unlink()
    world.commit("ci: release by hand")
    planned = plan(world)
    assert (planned.path, planned.event, planned.ref) == (WORKFLOW, "release", "refs/tags/v1.6.1")
    assert planned.how == "the publication of the release v1.6.1"


def test_without_an_event_of_a_release_it_is_run_by_hand(world: World) -> None:
    events = '  push:\n    tags: ["v*", "chart-v*"]\n  release:\n    types: [published]\n'
    (world.clone / CALLER).unlink()
    world.commit("ci: by hand only", {WORKFLOW: (events, "")})
    assert plan(world, "release").event == "workflow_dispatch"
    with pytest.raises(BadInput, match=r"the tag v1\.6\.1 does not start publish-helm\.yml"):
        plan(world, "tag")


def test_the_release_of_podinfo_is_a_tag_that_people_push(podinfo: World) -> None:
    release(podinfo, "6.9.0", _version(podinfo))
    release(podinfo, "6.9.1", "6.9.0")
    planned = plan(podinfo)
    file = f"{PODINFO}/Chart.yaml"
    assert (planned.event, planned.ref) == ("push", "refs/tags/6.9.2")
    assert (planned.version, planned.app_version) == ("6.9.2", "v6.9.2")
    assert planned.edits.keys() == {file}
    assert "version: 6.9.2\nappVersion: v6.9.2" in planned.edits[file]
    assert plan(podinfo, "tag") == planned
    with pytest.raises(BadInput, match=r"release\.yml cannot be run by hand"):
        plan(podinfo, "dispatch")


def test_a_commit_that_has_the_next_version_is_released_as_it_is(podinfo: World) -> None:
    release(podinfo, "6.9.0", _version(podinfo))
    file = f"{PODINFO}/Chart.yaml"
    podinfo.commit("Prepare", {file: ("6.9.0", "6.10.0")})
    planned = plan(podinfo)
    assert (planned.tag, planned.edits, planned.message) == ("6.10.0", {}, "")


def test_tags_may_name_another_version_than_that_of_the_chart(podinfo: World) -> None:
    file = f"{PODINFO}/Chart.yaml"
    version = _version(podinfo)
    podinfo.commit("Start", {file: (f"version: {version}\n", "version: 50.0.0\n")})
    for number in (1, 2, 3):
        edits = {file: (f"version: 50.0.{number - 1}\n", f"version: 50.0.{number}\n")}
        podinfo.commit(f"Release {number}", edits)
        podinfo.git("tag", f"7.{number}.0")
        podinfo.git("push", "--quiet", "origin", "HEAD", f"7.{number}.0")
    planned = plan(podinfo)
    assert (planned.tag, planned.version) == ("7.3.1", "50.0.4")
    assert "\nversion: 50.0.4\n" in planned.edits[file]


FIRST_TAGS = [
    ('"*"', "", "v6.9.0"),
    ('"[0-9]+.[0-9]+.[0-9]+"', "", "6.9.0"),
    ("v*", "", "v6.9.0"),
    ("chart-*", "", "chart-6.9.0"),
    ("podinfo-v*", "", "podinfo-v6.9.0"),
    ("v*", "release/{version}", "release/6.9.0"),
]


@pytest.mark.parametrize(("filters", "pattern", "tag"), FIRST_TAGS)
def test_the_first_tag_is_as_the_settings_or_the_workflow_take_it(
    podinfo: World, filters: str, pattern: str, tag: str
) -> None:
    dispatched = f"tags: [{filters}]\n  workflow_dispatch:"
    edits = {
        ".github/workflows/release.yml": ('tags: ["*"]', dispatched),
        f"{PODINFO}/Chart.yaml": (f"version: {_version(podinfo)}\n", "version: 6.9.0\n"),
    }
    podinfo.commit("ci: other tags", edits)
    planned = plan(podinfo, TAG_PATTERN=pattern, APP_VERSION_RULE="v{version}")
    assert (planned.tag, planned.app_version) == (tag, "v6.9.0")


def test_chart_releaser_names_its_tags_after_the_chart(podinfo: World) -> None:
    edits = {
        ".github/workflows/release.yml": ('tags: ["*"]', "branches: [master] # cr upload"),
    }
    podinfo.commit("ci: use chart-releaser", edits)
    assert plan(podinfo).tag == f"podinfo-{_version(podinfo)}"


def test_one_of_several_charts_has_its_name_in_the_tag(charts: ChartsWorld) -> None:
    edits = {".github/workflows/publish.yml": ("helm/chart-releaser-action", "owner/releaser")}
    charts.commit("ci: release otherwise", edits)
    assert plan(charts, chart="argo-cd").tag == "argo-cd-9.0.0"


def _version(world: World) -> str:
    """Return the version of the chart in the sandbox of podinfo."""
    return make_project(world).chart.version


def test_a_version_that_the_workflow_sets_is_not_written(podinfo: World) -> None:
    file = f"{PODINFO}/Chart.yaml"
    version = _version(podinfo)
    workflow = ".github/workflows/release.yml"
    sets = "helm package charts/podinfo --version $GITHUB_REF_NAME"
    edits = {file: (f"version: {version}", "version: 0.0.0")}
    edits[workflow] = ("helm package charts/podinfo", sets)
    podinfo.commit("ci: set the version", edits)
    for tag in ("1.0.0", "1.1.0"):
        podinfo.git("commit", "--quiet", "--allow-empty", "--message", tag)
        podinfo.git("tag", tag)
    podinfo.git("push", "--quiet", "origin", "HEAD", "1.0.0", "1.1.0")
    planned = plan(podinfo)
    assert (planned.version, planned.edits) == ("1.1.1", {})


def test_chart_releaser_releases_the_push_to_the_default_branch(charts: ChartsWorld) -> None:
    release(charts, "9.1.0", "9.0.0")
    planned = plan(charts, chart="argo-cd")
    assert (planned.event, planned.ref) == ("push", "refs/heads/main")
    assert (planned.tag, planned.version, planned.app_version) == ("argo-cd-9.1.1", "9.1.1", "")
    assert "version: 9.1.1\nappVersion: v3.2.0" in planned.edits["charts/argo-cd/Chart.yaml"]
    assert planned.how == "the push of the release commit to main"
    first = plan(charts, chart="argocd-apps")
    assert (first.tag, first.edits) == ("argocd-apps-2.0.0", {})


def test_one_of_several_charts_must_be_meant(charts: ChartsWorld) -> None:
    with pytest.raises(BadInput, match="--chart"):
        plan(charts)


def test_no_login_no_github_and_no_origin_are_needed(world: World) -> None:
    release(world, "1.7.0", "1.6.0")
    change(world, "feat: more")
    expected = plan(world)
    shutil.rmtree(world.remote)
    world.socket.unlink()
    without_login: Mapping[str, str] = {"GITHUB_TOKEN": "", "GH_TOKEN": ""}
    assert plan(world, **without_login) == expected
    assert expected.version == "1.8.0"


def test_a_clone_without_tags_and_origin_is_enough(world: World) -> None:
    release(world, "1.7.0", "1.6.0")
    change(world, "feat: more")
    shutil.rmtree(world.clone / ".git")
    world.git("init", "--quiet", "--initial-branch=main")
    world.commit("feat: all at once")
    assert plan(world, GITHUB_REPOSITORY=world.slug).version == "1.7.1"


def test_what_cannot_be_rehearsed_is_refused(world: World) -> None:
    with pytest.raises(BadInput, match="release, tag, dispatch"):
        plan(world, "push")
    with pytest.raises(BadInput, match=r"has no \.github/workflows/other\.yml"):
        plan(world, WORKFLOW="other.yml")
    with pytest.raises(BadInput, match=r"has no helm/other/Chart\.yaml"):
        plan(world, CHART_DIR="helm/other")


@pytest.mark.thorough
def test_the_planned_release_is_published(world: World) -> None:
    planned = plan(world)
    apply(world, planned)
    world.git("push", "--quiet", "origin", "main")
    assert world.github.settle() == "success"
    assert planned.tag in world.git("tag", at=world.remote).split()
    published = world.registry.repositories["stianfro/threek8s/chart/threek8s"]
    assert planned.version in published.tags
