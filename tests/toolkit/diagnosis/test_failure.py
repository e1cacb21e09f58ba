"""Why a run failed: its steps, whether the chart was pushed before, and what the log says."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import World
from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.diagnosis.failure import (
    Failure,
    chart_steps,
    find_failure,
)
from tasks.toolkit.diagnosis.failure_log import (
    failed_sections,
    last_line,
    mentioned_files,
    read_log,
)
from tasks.toolkit.incident.project import Project
from tasks.toolkit.workflows.deployments import Deployments

from .staging import add_release, fail_step
from .values import run

PUSH = "Push unless it is published already"
LOG = """\
2025-09-25T16:00:00.0000000Z ##[group]Run ./scripts/login.sh
2025-09-25T16:00:01.0000000Z ##[endgroup]
2025-09-25T16:00:01.0000000Z Login Succeeded
2025-09-25T16:00:02.0000000Z ##[group]Run helm lint ./helm/podinfo
2025-09-25T16:00:02.0000000Z \x1b[36;1mhelm lint ./helm/podinfo\x1b[0m
2025-09-25T16:00:02.0000000Z ##[endgroup]
2025-09-25T16:00:03.0000000Z [ERROR] podinfo/templates/job.yaml: \x1b[31mparse error\x1b[0m
2025-09-25T16:00:03.0000000Z ##[error]Process completed with exit code 1.
2025-09-25T16:00:04.0000000Z ##[group]Run echo always
2025-09-25T16:00:04.0000000Z ##[endgroup]
"""


def test_the_part_of_the_log_that_counts_is_that_of_the_failed_step() -> None:
    (section,) = failed_sections(LOG)
    assert section.startswith("##[group]Run helm lint ./helm/podinfo\n")
    assert last_line(section) == "[ERROR] podinfo/templates/job.yaml: parse error"
    assert failed_sections("nothing\nof a step\n") == []
    assert last_line("") == ""
    assert last_line("Error: denied\nexit status 1\n") == "Error: denied"


def test_without_output_the_error_of_the_runner_is_the_last_line() -> None:
    (section,) = failed_sections("##[group]Run x\n##[endgroup]\n##[error]Unable to find x\n")
    assert last_line(section) == "Unable to find x"


PATHS = {"scripts/push.sh", "helm/podinfo/templates/job.yaml", "helm/podinfo/Chart.yaml", "x"}
MENTIONED = [
    ("Run ./scripts/push.sh", {"scripts/push.sh"}),
    ("/home/runner/work/podinfo/podinfo/scripts/push.sh: line 3", {"scripts/push.sh"}),
    ("podinfo/templates/job.yaml:12: nil", {"helm/podinfo/templates/job.yaml"}),
    ("helm/podinfo/Chart.yaml.", {"helm/podinfo/Chart.yaml"}),
    ("x, other/templates/job.yaml and helm/podinfo", set()),
]


@pytest.mark.parametrize(("section", "expected"), MENTIONED)
def test_files_are_named_as_in_the_working_copy_or_as_helm_does(
    section: str, expected: set[str]
) -> None:
    found = mentioned_files(section, PATHS, "helm/podinfo/", "podinfo", "podinfo")
    assert found == expected


WORKFLOW = """
on: push
jobs:
  release:
    steps:
      - uses: azure/setup-helm@v5
      - run: helm lint charts/podinfo
      - name: Publish ${{ matrix.chart }}
        run: |
          helm package charts/podinfo
          helm push podinfo.tgz oci://ghcr.io/owner/charts
      - name: Verify
        run: helm show chart oci://ghcr.io/owner/charts/podinfo
      - name: Pages
        uses: stefanprodan/helm-gh-pages@v1
      - name: Sign
        run: cosign sign ghcr.io/owner/charts/podinfo
"""


def names(patterns: list[object]) -> list[str]:
    return [str(getattr(pattern, "pattern", "")).replace("\\", "") for pattern in patterns]


def test_the_steps_of_a_workflow_that_handle_the_chart_are_known() -> None:
    steps = chart_steps(Workflow.parse(WORKFLOW, "release.yml"))
    assert names([*steps.pushing]) == ["Publish .*", "Pages"]
    assert names([*steps.others]) == ["Verify"]
    assert names([*steps.on_chart]) == ["Run helm lint charts/podinfo"]


def failure_of(project: Project) -> Failure:
    (release,) = project.releases.newest()
    found = find_failure(project, release, Deployments(project).of(release, [release]))
    assert found
    return found


AFTER = [
    ("create-release: Create the release", (PUSH,), True),
    ("publish: Verify", (PUSH,), False),
    (f"publish: {PUSH}", (), False),
    ("lint: Lint", (), False),
]


@pytest.mark.parametrize(("step", "passed", "expected"), AFTER)
@pytest.mark.thorough
def test_what_fails_after_the_push_and_is_not_about_the_chart_is_another_failure(
    world: World,
    project: Project,
    step: str,
    passed: tuple[str, ...],
    expected: bool,
) -> None:
    add_release(world, "1.7.0", "1.6.0", hours=1, conclusion="failure")
    (there,) = world.github.runs
    fail_step(there, step, after=passed, log="Error: no\n")
    failure = failure_of(project)
    assert failure.steps == (step,)
    assert failure.has_pushed is expected
    assert failure.is_about_chart is step.endswith("Lint")
    assert str(failure).startswith(f"failed step: {step}")
    assert str(failure).endswith("after the chart was pushed") is expected
    assert last_line(read_log(project, failure)) == "Error: no"


def test_a_run_without_a_known_failed_step_has_not_pushed(world: World, project: Project) -> None:
    add_release(world, "1.7.0", "1.6.0", hours=1, conclusion="failure")
    failure = failure_of(project)
    assert failure.steps == ()
    assert not failure.has_pushed
    assert read_log(project, failure) == ""
    assert find_failure(project, project.releases.newest()[0], run(7, "v1.7.0")) is None
