"""What may be due to the rehearsal is doubted, and nothing else is."""

from __future__ import annotations

import pytest

from tasks.sandbox.github.runs import Job
from tasks.sandbox.rehearsal.pushing import may_push_chart
from tasks.sandbox.rehearsal.unrunnable import WHOLE_JOB

from .recorded import CALLED, Recorded

STEPS = """\
jobs:
  publish:
    steps:
    - {name: Make files, uses: some/action@v1}
    - {run: helm package chart}
"""
CONDITIONAL = f"""\
jobs:
  tagged:
    if: github.ref_type == 'tag'
    steps: [{{run: helm push x oci://h/o}}]
  wanted:
    if: vars.PUBLISH == 'true'
    steps: [{{run: helm push x oci://h/o}}]
  called:
    if: inputs.publish
    uses: ./{CALLED}
"""
TIDYING = """\
jobs:
  sign:
    steps:
    - {name: Import, run: "gpg --import <<< ${{ secrets.KEY }}"}
    - {name: Tidy, if: always(), run: shred key}
  report: {needs: sign, if: always(), steps: [{run: cat report}]}
  lint: {steps: [{run: helm lint}]}
"""


def test_an_unknown_step_casts_doubt_on_the_later_ones_and_says_why() -> None:
    doubts = Recorded(STEPS).doubts({("publish", "0"): ["some/action is unknown here"]})
    (doubt,) = doubts["publish", "1"].failure
    assert "Make files" in doubt
    assert "some/action is unknown here" in doubt


@pytest.mark.parametrize(
    "reason",
    [
        "docker/build-push-action: images are not built in a rehearsal",
        "cosign is not on this machine",
    ],
)
def test_an_image_or_a_missing_installer_casts_no_doubt_on_a_later_failure(reason: str) -> None:
    doubts = Recorded(STEPS).doubts({("publish", "0"): [reason]})
    assert doubts["publish", "1"].failure == ()


def test_a_program_that_a_script_lacked_casts_doubt_as_it_may_have_made_files() -> None:
    doubts = Recorded(STEPS.replace("uses: some/action@v1", "run: flux build")).doubts(
        {("publish", "0"): ["flux is not on this machine"]}
    )
    assert doubts["publish", "1"].failure


def test_what_always_runs_is_doubted_after_a_failure_in_doubt() -> None:
    recorded = Recorded(TIDYING)
    recorded.end_all("failure")
    doubts = recorded.doubts({})
    assert "the secret KEY" in doubts["sign", "0"].failure[0]
    assert 'the step "Import" before it failed here' in doubts["sign", "1"].failure
    assert "the job sign, which it needs, failed here" in doubts["report", "0"].failure
    assert doubts["lint", "0"].failure == ()


def test_what_was_skipped_for_the_event_or_a_variable_may_run_on_github() -> None:
    recorded = Recorded(CONDITIONAL, "jobs: {push: {steps: [{run: x}]}}")
    recorded.end_all("skipped")
    doubts = recorded.doubts({})
    assert "another event" in doubts["tagged", "0"].says[0]
    assert "the variable PUBLISH" in doubts["wanted", "0"].says[0]
    assert "another event" in doubts["called / push", "0"].says[0]


def test_a_call_that_was_not_needed_is_doubted_for_its_condition() -> None:
    recorded = Recorded(CONDITIONAL)
    job = Job("called")
    job.complete("skipped")
    recorded.run.jobs = {job.name: job}
    assert "another event" in recorded.doubts({})["called", WHOLE_JOB].says[0]


def test_a_condition_of_what_ran_casts_no_doubt() -> None:
    recorded = Recorded(CONDITIONAL, "jobs: {push: {steps: [{run: x}]}}")
    recorded.end_all("success")
    assert recorded.doubts({})["wanted", "0"].says == ()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"run": "helm push x.tgz oci://h/o"}, True),
        ({"run": "./release"}, True),
        ({"run": "helm lint chart"}, False),
        ({"uses": "actions/checkout@v4"}, False),
        ({"uses": "docker/build-push-action@v6"}, False),
        ({"uses": "appany/helm-oci-chart-releaser@v0.5.0"}, True),
        ({"uses": "./.github/actions/push"}, True),
        ({}, True),
    ],
)
def test_a_step_may_push_a_chart_by_what_it_runs(spec: dict[str, str], expected: bool) -> None:
    assert may_push_chart(spec) == expected
