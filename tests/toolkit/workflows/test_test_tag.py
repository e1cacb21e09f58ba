"""A test tag: it is gone here and at origin afterwards, whatever happens in between."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import WORKFLOW, World
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.workflows.test_tag import MADE_BY_US, ReleaseTest

TAG = "v999.0.0-test"
OTHER = "chart-v999.0.1-test"
LINT = 'run: helm lint "$CHART"'


@pytest.fixture(autouse=True)
def _no_runs(world: World) -> None:
    """Let no workflow run, unless a test wants that."""
    world.github.actions.disabled = True


@pytest.fixture
def release_test(project: Project, log: IncidentLog) -> ReleaseTest:
    """Give the test of HEAD under TAG."""
    return ReleaseTest(project, log, TAG, "")


def push_tag(
    world: World,
    name: str,
    message: str = MADE_BY_US,
) -> None:
    world.git("tag", "--annotate", f"--message={message}", name)
    world.git("push", "--quiet", "origin", name)


def push_tag_with_slow_run(world: World, name: str) -> None:
    """Push a tag whose run is in progress until the sandbox ends."""
    world.github.actions.disabled = False
    world.commit("ci: wait", {WORKFLOW: (LINT, "run: sleep 60")})
    push_tag(world, name)
    world.github.sync()


def tags(world: World) -> tuple[list[str], list[str]]:
    """Return the tags here and at origin."""
    here = world.git("tag")
    at_origin = world.git("tag", at=world.remote)
    return here.split(), at_origin.split()


def status_lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what was printed since the last call, without the step."""
    printed = capsys.readouterr().err
    return [line.split(maxsplit=1)[1] for line in printed.splitlines()]


@pytest.mark.parametrize("tag", ["v1.7.0", "latest", "999.0.0-test", "v999.0-test", "v1.0.0-"])
def test_only_the_tag_of_a_pre_release_is_accepted(
    project: Project,
    log: IncidentLog,
    tag: str,
) -> None:
    with pytest.raises(BadInput, match="is not the tag of a pre-release"):
        ReleaseTest(project, log, tag, "")


def test_the_tag_exists_on_both_sides_while_the_block_runs(
    world: World,
    release_test: ReleaseTest,
) -> None:
    with release_test.tagged() as is_pushed:
        assert is_pushed
        assert tags(world) == ([TAG], [TAG])
    assert tags(world) == ([], [])


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_tag_is_deleted_when_the_block_fails(
    world: World,
    release_test: ReleaseTest,
    error: type[BaseException],
) -> None:
    with pytest.raises(error), release_test.tagged():
        raise error
    assert tags(world) == ([], [])


def test_an_interrupt_reports_the_run_that_continues_without_its_tag(
    world: World,
    release_test: ReleaseTest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.github.actions.disabled = False
    with pytest.raises(KeyboardInterrupt), release_test.tagged():
        world.github.sync()
        raise KeyboardInterrupt
    repository = "--repo stianfro/threek8s"
    assert status_lines(capsys)[-2:] == [
        f"! run 1 continues without its tag; to end it: gh run cancel 1 {repository}",
        "→ to remove what it publishes, once it has ended: invoke prevention.test-tag --clean",
    ]


def test_an_interrupt_before_a_run_is_seen_says_that_one_may_still_start(
    release_test: ReleaseTest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(KeyboardInterrupt), release_test.tagged():
        raise KeyboardInterrupt
    command = f"gh run list --branch {TAG} --repo stianfro/threek8s"
    assert status_lines(capsys)[-1] == f"! a run may still start; to see it: {command}"


@pytest.mark.thorough
def test_a_run_that_was_watched_to_its_end_is_not_reported(
    world: World,
    release_test: ReleaseTest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.github.actions.disabled = False
    with pytest.raises(KeyboardInterrupt), release_test.tagged():
        release_test.expected.watch()
        raise KeyboardInterrupt
    printed = capsys.readouterr().err
    assert "run 1 started" in printed
    assert "continues without its tag" not in printed
    assert "may still start" not in printed


def test_tags_that_earlier_tests_left_are_deleted(world: World, release_test: ReleaseTest) -> None:
    push_tag(world, TAG)
    push_tag(world, OTHER)
    push_tag(world, "v999.0.2-test", "Somebody's")
    release_test.prepare(clean=False)
    assert tags(world) == (["v999.0.2-test"], ["v999.0.2-test"])


def test_somebody_elses_tag_is_refused(world: World, release_test: ReleaseTest) -> None:
    push_tag(world, TAG, "Somebody's")
    with pytest.raises(Refused, match="here and origin"):
        release_test.prepare(clean=True)
    assert tags(world) == ([TAG], [TAG])


def test_a_tag_is_left_alone_while_its_run_is_in_progress(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    push_tag_with_slow_run(world, OTHER)
    with pytest.raises(Refused, match="gh run cancel 1 --repo stianfro/threek8s"):
        ReleaseTest(project, log, OTHER, "").prepare(clean=True)
    ReleaseTest(project, log, TAG, "").prepare(clean=True)
    assert tags(world) == ([OTHER], [OTHER])


def test_what_has_a_version_that_may_be_released_is_removed_only_with_a_tag_of_ours(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    tag = "v1.7.0-rc.1"
    release_test = ReleaseTest(project, log, tag, "")
    world.github.create_release(tag, tag, "By hand.", draft=True)
    with pytest.raises(Refused, match=f"release {tag} exists already"):
        release_test.prepare(clean=True)
    assert len(world.github.releases) == 1
    push_tag(world, tag)
    release_test.prepare(clean=True)
    assert world.github.releases == []
