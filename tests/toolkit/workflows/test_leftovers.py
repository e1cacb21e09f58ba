"""What the run of a test tag left: it is removed only on demand, or reported with the command."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import CHART, PUSH_TO, WORKFLOW, World
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.workflows.leftovers import find_leftovers, handle_leftovers, removal_command

TAG = "v999.0.0-test"
VERSION = "999.0.0-test"
CANDIDATE = "v1.7.0-rc.1"
ELSEWHERE = "stianfro/charts"
INDEX = "application/vnd.oci.image.index.v1+json"


REMOVAL_COMMANDS = [
    (TAG, VERSION, "invoke prevention.test-tag --clean"),
    ("chart-v999.1.0-x", "999.1.0-x", "invoke prevention.test-tag --tag chart-v999.1.0-x --clean"),
    (CANDIDATE, "1.7.0-rc.1", "invoke publish.withdraw --version 1.7.0-rc.1 --delete"),
]


@pytest.mark.parametrize(("tag", "version", "command"), REMOVAL_COMMANDS)
def test_only_a_version_that_is_never_released_is_removed_as_a_tests(
    tag: str,
    version: str,
    command: str,
) -> None:
    assert removal_command(tag, version) == command


def push(world: World, folder: str) -> None:
    """Publish the chart under the version of TAG, as a run does."""
    script = f"""
        helm package {CHART} --version {VERSION} --destination dist
        helm push dist/*.tgz oci://{world.registry.host}/{folder} --plain-http \\
            --username stianfro --password {world.token}
    """
    ended = world.run("sh", "-ec", script)
    assert ended.returncode == 0, ended.stderr


def test_a_version_is_found_wherever_the_workflow_pushes_and_users_look_and_removed_on_demand(
    world: World,
    project: Project,
    log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    commit = world.commit("ci: push elsewhere", {WORKFLOW: (PUSH_TO, ELSEWHERE)})
    assert find_leftovers(project, TAG, commit) == []
    somebodys = world.registry.repositories[f"{ELSEWHERE}/threek8s"]
    somebodys.manifests["sha256:x"] = INDEX, b'{"manifests": []}'
    somebodys.tags[VERSION] = "sha256:x"
    assert find_leftovers(project, TAG, commit) == []
    assert f"{VERSION} is an image index, not a chart: it is left" in capsys.readouterr().err
    del somebodys.manifests["sha256:x"]
    push(world, PUSH_TO)
    push(world, ELSEWHERE)
    world.github.create_release(TAG, TAG, "A test.", draft=True)
    here = f"oci://{world.registry.host}"
    names = [
        f"{here}/{ELSEWHERE}/threek8s:{VERSION}",
        f"{here}/{PUSH_TO}/threek8s:{VERSION}",
        f"release {TAG}",
    ]
    found = find_leftovers(project, TAG, commit)
    assert [leftover.name for leftover in found] == names

    before = world.snapshot()
    handle_leftovers(log, found, clean=False)
    assert world.snapshot() == before
    printed = capsys.readouterr().err
    command = removal_command(TAG, VERSION)
    for name in names:
        assert f"! a run left {name}; to remove it: {command}\n" in printed

    handle_leftovers(log, found, clean=True)
    assert world.github.releases == []
    assert world.registry.snapshot() == {}
    printed = capsys.readouterr().err
    for name in names:
        assert f"✓ removed {name}\n" in printed


def test_the_release_of_a_tag_that_may_be_somebodys_is_deleted_by_gh(
    world: World,
    project: Project,
) -> None:
    world.github.create_release(CANDIDATE, CANDIDATE, "A candidate.", draft=True)
    (found,) = find_leftovers(project, CANDIDATE, "HEAD")
    purpose, command = found.advice.split(": ")
    assert purpose == "to remove it"
    assert command == f"gh release delete {CANDIDATE} --repo stianfro/threek8s"
    ended = world.run("sh", "-c", f"{command} --yes")
    assert ended.returncode == 0, ended.stderr
    assert world.github.releases == []
