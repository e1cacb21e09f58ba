"""A workflow file: its inputs, its faults, and the references in its scripts."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.github.workflow_file import Workflow, lint, reported_problems
from tasks.toolkit.clients.process import ProcessRunner, ProgramOutput
from tasks.toolkit.core.errors import BadInput, ProgramFailed

ON = "on: {workflow_dispatch: {}}"
JOBS = "jobs: {a: {runs-on: x, steps: [{run: a}]}}"
CHART = "oci://ghcr.io/owner/charts"
CONTEXT = {
    "github.repository": "Owner/name",
    "github.repository_owner": "Owner",
    "github.event.repository.name": "name",
}


def workflow(text: str) -> Workflow:
    """Parse a workflow that has valid `on` and `jobs` where the text has none."""
    lines = [text]
    if not text.startswith("on:"):
        lines.append(ON)
    if "jobs:" not in text:
        lines.append(JOBS)
    return Workflow.parse("\n".join(lines), "it")


# parse


def test_the_key_on_is_no_boolean() -> None:
    assert list(workflow("on: push").triggers) == ["push"]
    assert list(workflow("on: [push, release]").triggers) == ["push", "release"]
    assert workflow("on: {push: {tags: [v*]}}").triggers == {"push": {"tags": ["v*"]}}
    assert workflow("on: 5").triggers == {}


@pytest.mark.parametrize("text", ["", "- a", "text", "5"])
def test_what_is_no_mapping_is_no_workflow(text: str) -> None:
    with pytest.raises(BadInput, match=r"x\.yml is not a workflow: it needs `on` and `jobs`"):
        Workflow.parse(text, "x.yml")


def test_what_is_not_yaml_is_named_with_its_line() -> None:
    with pytest.raises(BadInput, match=r"x\.yml is not YAML, line 2"):
        Workflow.parse("on: push\njobs: {", "x.yml")


# inputs

INPUTS = """
on:
  workflow_dispatch:
    inputs:
      version: {required: true}
      level: {required: true, default: info}
      note: {required: false}
      empty:
"""


def test_inputs_are_those_of_a_run_by_hand() -> None:
    given_inputs = Workflow.parse(INPUTS, "it")
    assert list(given_inputs.inputs or {}) == ["version", "level", "note", "empty"]
    assert given_inputs.required_inputs == ["version"]
    values = {"version": "1.7.0", "note": "", "other": "x"}
    assert given_inputs.accepted_values(values) == {"version": "1.7.0"}


@pytest.mark.parametrize("text", ["on: push", "on: [push]", "on: {push: {}, workflow_call: {}}"])
def test_a_workflow_that_cannot_be_run_by_hand_has_no_inputs(text: str) -> None:
    automatic = workflow(text)
    assert automatic.inputs is None
    assert automatic.required_inputs == []
    assert automatic.accepted_values({"version": "1"}) == {}


@pytest.mark.parametrize("text", ["on: workflow_dispatch", "on: {workflow_dispatch: }", ON])
def test_a_workflow_may_be_run_by_hand_without_inputs(text: str) -> None:
    assert workflow(text).inputs == {}


# faults

FAULTS = {
    "on: ": "it has no `on`",
    "jobs: {}": "it has no `jobs`",
    "on: 5": "`on` is not an event, a list of events or a mapping",
    "on: [push, {a: b}]": "`on` is not an event, a list of events or a mapping",
    "on: {workflow_dispatch: by hand}": "workflow_dispatch is not a mapping",
    "on: {workflow_dispatch: {inputs: [a]}}": "`inputs` is not a mapping",
    "on: {workflow_dispatch: {inputs: {v: x}}}": "input v is not a mapping",
    "env: x": "`env` of the workflow is not a mapping",
    "jobs: [a]": "`jobs` is not a mapping",
    "jobs: {a: }": "job a is empty",
    "jobs: {a: text}": "job a is not a mapping",
    "jobs: {a: {steps: [{run: a}]}}": "job a has no `runs-on`",
    "jobs: {a: {runs-on: x}}": "job a has no `steps`",
    "jobs: {a: {runs-on: x, steps: abc}}": "`steps` of job a is not a list",
    "jobs: {a: {uses: ./x.yml, needs: b}}": "job a needs b, which does not exist",
    "jobs: {a: {uses: x, needs: 5}}": "`needs` of job a is not a job or a list of jobs",
    "jobs: {a: {uses: x, needs: [[a]]}}": "`needs` of job a is not a job or a list of jobs",
    "jobs: {a: {uses: x, env: [x]}}": "`env` of job a is not a mapping",
    "jobs: {a: {runs-on: x, steps: [{run: a, uses: b}]}}": (
        "step 1 of job a needs either `run` or `uses`"
    ),
    "jobs: {a: {runs-on: x, steps: [{run: a}, {name: b}]}}": (
        "step 2 of job a needs either `run` or `uses`"
    ),
    "jobs: {a: {runs-on: x, steps: [abc]}}": "step 1 of job a needs either `run` or `uses`",
    "jobs: {a: {runs-on: x, steps: [{run: a, env: x}]}}": (
        "`env` of step 1 of job a is not a mapping"
    ),
}


@pytest.mark.parametrize("text", FAULTS)
def test_whatever_its_structure_a_workflow_is_judged(text: str) -> None:
    faulty = workflow(text)
    assert faulty.faults() == [FAULTS[text]]
    assert faulty.references({}) == (set(), set())
    assert faulty.accepted_values({}) == {}


VALID = [
    ON,
    "on: push",
    "on: [push, release]",
    "on: {workflow_dispatch: {inputs: {v: }}}",
    "env: ${{ fromJSON(inputs.env) }}",
    "env: {a: b}",
    "jobs: {a: {uses: ./x.yml, needs: [b, '1']}, b: {uses: ./y.yml}, 1: {uses: ./z.yml}}",
    "jobs: {a: {runs-on: x, steps: [{uses: b, env: '${{ x }}'}]}}",
]


@pytest.mark.parametrize("text", VALID)
def test_a_valid_workflow_has_no_faults(text: str) -> None:
    assert workflow(text).faults() == []


VALUES: Any = st.recursive(
    st.sampled_from([None, True, 5, "", "a", "${{ a }}"]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "on",
                    "jobs",
                    "env",
                    "steps",
                    "needs",
                    "run",
                    "inputs",
                    "a",
                    5,
                ]
            ),
            children,
            max_size=3,
        )
    ),
)


DOCUMENTS = st.dictionaries(st.sampled_from(["on", "jobs", "env", "x"]), VALUES)


@given(DOCUMENTS)
def test_no_structure_is_an_error(document: dict[str, Any]) -> None:
    on = document.get("on")
    triggers = on if isinstance(on, dict) else {}
    some = Workflow(triggers, document)
    for fault in some.faults():
        assert isinstance(fault, str)
    some.references(CONTEXT)
    _ = some.inputs, some.required_inputs


# references


def references(script: str, **env: str) -> tuple[set[str], set[str]]:
    """Return what a script pushes to and uses."""
    step = {"run": script, "env": env}
    job = {"steps": [step]}
    document = {"jobs": {"a": job}}
    return Workflow({}, document).references(CONTEXT)


SCRIPTS = [
    ('out=$(helm show chart "$FROM")', "used"),
    ('out="$(helm show chart "$FROM")"', "used"),
    ("out=`helm show chart $FROM`", "used"),
    ("helm show chart $FROM>out", "used"),
    ("helm show chart $FROM | grep version", "used"),
    ("helm upgrade --install x ${FROM}/", "used"),
    ("cd x && helm template x $FROM --version 1.0.0", "used"),
    ('helm pull "$FROM" --version ">=1.0.0"', "used"),
    ("helm pull \\\n  $FROM", "used"),
    ("helm pull ${{ env.FROM }}", "used"),
    ("helm pull ${{env.FROM}}:1.0.0", "used"),
    ("(helm push dist/*.tgz $FROM)", "pushed"),
    ("sudo helm push dist/*.tgz $FROM; true", "pushed"),
    ("if ! helm push x $FROM; then false; fi", "pushed"),
    ("helm push --username push --password x x.tgz $FROM", "pushed"),
    ("helm --debug push ${file##*/} $FROM --plain-http", "pushed"),
    ("TO=$FROM\nhelm push x $TO", "pushed"),
    ('export TO="$FROM"; helm push x $TO/', "pushed"),
    ("helm cm-push x $FROM", ""),
    ("helm show chart x --username push", ""),
    ("# as before (it is slow), helm push dist/*.tgz $FROM", ""),
    ("helm lint x # then helm push x $FROM", ""),
    ("helm registry login $FROM", ""),
    ("echo $FROM", ""),
    ("docker push $FROM", ""),
]


@pytest.mark.parametrize(("script", "how"), SCRIPTS)
def test_a_reference_ends_where_the_shell_ends_it(script: str, how: str) -> None:
    found = references(script, FROM=CHART)
    expected = {
        "pushed": ({CHART}, set()),
        "used": (set(), {CHART}),
        "": (set(), set()),
    }
    assert found == expected[how]


REFERENCES = [
    ("oci://ghcr.io/${{ github.repository }}", "oci://ghcr.io/Owner/name"),
    ("oci://ghcr.io/${{github.repository_owner}}/x", "oci://ghcr.io/Owner/x"),
    ("oci://ghcr.io/$GITHUB_REPOSITORY", "oci://ghcr.io/Owner/name"),
    ("oci://ghcr.io/${GITHUB_REPOSITORY,,}", "oci://ghcr.io/owner/name"),
    ("oci://${REGISTRY}/x", "oci://registry.example/x"),
    ("oci://${{ env.REGISTRY }}/x", "oci://registry.example/x"),
    ("oci://ghcr.io/$UNKNOWN", "oci://ghcr.io/$UNKNOWN"),
    ("oci://ghcr.io/${{ vars.WHERE }}", "oci://ghcr.io/${vars.WHERE}"),
    ("oci://ghcr.io/${{ vars.A == vars.B }}", "oci://ghcr.io/${vars.A==vars.B}"),
    ("oci://localhost:5000/x", "oci://localhost:5000/x"),
    ("oci://${REGISTRY:-ghcr.io}/x", "oci://registry.example/x"),
    ("oci://${EMPTY:-ghcr.io}/x", "oci://ghcr.io/x"),
    ("oci://${UNKNOWN:-ghcr.io}/x", "oci://${UNKNOWN:-ghcr.io}/x"),
    ("oci://${REGISTRY%.*}/x", "oci://${REGISTRY%.*}/x"),
    ("oci://${{ vars.A || 'ghcr.io' }}/x", "oci://${vars.A..ghcr.io..}/x"),
    ("oci://${{ env.EMPTY || 'ghcr.io' }}/x", "oci://ghcr.io/x"),
    ("oci://ghcr.io/$(whoami)/x", "oci://ghcr.io/${command}/x"),
    ("$(cat remote)", "${command}"),
    ("$REMOTE", "$REMOTE"),
]


@pytest.mark.parametrize(("reference", "expected"), REFERENCES)
def test_variables_are_replaced_where_they_are_known(
    reference: str,
    expected: str,
) -> None:
    script = f"helm push x.tgz {reference}"
    pushed, _ = references(script, REGISTRY="registry.example", EMPTY="")
    assert pushed == {expected}


ASSIGNMENTS = [
    ("TO=oci://ghcr.io/x", "oci://ghcr.io/x"),
    ("  TO='oci://ghcr.io/x'  # where", "oci://ghcr.io/x"),
    ('NAME=x\nTO="oci://ghcr.io/${NAME}"', "oci://ghcr.io/x"),
    ("NAME=${GITHUB_REPOSITORY_OWNER,,}; TO=oci://ghcr.io/$NAME", "oci://ghcr.io/owner"),
    ("TO=oci://ghcr.io/x\nTO=oci://ghcr.io/y", "$TO"),
    ("TO=oci://ghcr.io/x\nTO+=/y", "$TO"),
    ("TO=oci://$(whoami)/x", "$TO"),
    ('TO="$(cat remote)"', "$TO"),
    ("TO=oci://ghcr.io/x env", "$TO"),
]


@pytest.mark.parametrize(("assignment", "expected"), ASSIGNMENTS)
def test_a_variable_has_the_value_that_the_script_gives_it(assignment: str, expected: str) -> None:
    pushed, _ = references(f"{assignment}\nhelm push x $TO", TO="oci://ghcr.io/env")
    assert pushed == {expected}


def test_a_tag_is_no_part_of_the_reference_that_is_used() -> None:
    _, used = references("helm pull oci://localhost:5000/x:1.0.0\nhelm pull oci://localhost:5000/y")
    assert used == {"oci://localhost:5000/x", "oci://localhost:5000/y"}


def test_the_nearest_environment_counts() -> None:
    step = {"run": "helm push x $A/$B/$C", "env": {"C": "step"}}
    job = {"steps": [step], "env": {"B": "job", "C": "job"}}
    env = {"A": "oci://host", "B": "workflow", "C": "workflow"}
    document = {"jobs": {"a": job}, "env": env}
    pushed, _ = Workflow({}, document).references({})
    assert pushed == {"oci://host/job/step"}


def test_an_action_that_pushes_counts_as_its_command() -> None:
    inputs = {"registry": "${{ env.HOST }}", "repository": "${{ github.repository_owner }}/helm"}
    step = {"uses": "appany/helm-oci-chart-releaser@v0.5.0", "with": inputs}
    document = {"jobs": {"a": {"steps": [step]}}, "env": {"HOST": "ghcr.io"}}
    pushed, _ = Workflow({}, document).references({"github.repository_owner": "owner"})
    assert pushed == {"oci://ghcr.io/owner/helm"}


def test_a_variable_may_be_made_of_another_expression() -> None:
    pushed, _ = references("helm push x $A", A="oci://ghcr.io/${{ github.repository }}/charts")
    assert pushed == {"oci://ghcr.io/Owner/name/charts"}


# lint


def test_without_actionlint_nothing_is_reported(tmp_path: Path) -> None:
    runner = ProcessRunner({"PATH": str(tmp_path)}, 10, Executor(dry_run=True))
    assert lint(runner, ON) is None


if_installed = pytest.mark.skipif(
    not shutil.which("actionlint"),
    reason="actionlint is not installed",
)


@if_installed
def test_actionlint_reports_what_is_wrong() -> None:
    runner = ProcessRunner(os.environ, 10, Executor(dry_run=False))
    jobs = JOBS.replace("runs-on: x", "runs-on: ubuntu-latest")
    assert lint(runner, f"{ON}\n{jobs}\n") == []
    problems = lint(runner, f"{ON}\njobs: {{}}\n")
    assert problems
    assert problems[0].startswith("2:")


def test_the_problems_of_actionlint_are_its_lines() -> None:
    printed = ProgramOutput(1, "<stdin>:1:1: one\n<stdin>:3:7: two\n", "")
    assert reported_problems(["actionlint"], printed) == ["1:1: one", "3:7: two"]
    assert reported_problems(["actionlint"], ProgramOutput(0, "", "")) == []


def test_an_actionlint_that_fails_is_an_error() -> None:
    failed = ProgramOutput(2, "", "no such option")
    with pytest.raises(ProgramFailed, match=r"actionlint.*: no such option"):
        reported_problems(["actionlint"], failed)
