"""Actions' stand-in executes what the workflow says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.sandbox.actions import Part, Run, evaluate, fill

CONTEXT = {"inputs": {"version": "1.7.0", "empty": ""}, "github": {"ref_name": "main"}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("inputs.version", "1.7.0"),
        ("inputs.empty || github.ref_name", "main"),
        ("inputs.nothing || 'none'", "none"),
        ("github.ref_name == 'main'", True),
        ("github.ref_name != 'main' || inputs.version", "1.7.0"),
        ("inputs.empty && 'x' || 'y'", "y"),
    ],
)
def test_an_expression_has_the_value_that_actions_gives_it(text: str, value: object) -> None:
    assert evaluate(text, CONTEXT) == value
    assert (
        fill(f"<${{{{ {text} }}}}>", CONTEXT)
        == f"<{str(value).lower() if isinstance(value, bool) else value}>"
    )


def test_a_function_that_is_not_known_here_fails_its_step_rather_than_pass_for_something() -> None:
    with pytest.raises(ValueError, match="hashFiles"):
        evaluate("hashFiles('x')", CONTEXT)


def executed(tmp_path: Path, jobs: str) -> Run:
    """Execute the jobs, given as YAML, and return the run."""
    parts = dict[str, Part]()
    for key, spec in yaml.safe_load(jobs).items():
        steps = {
            str(step.get("id", number)): Part(str(number), number, step)
            for number, step in enumerate(spec["steps"], 1)
        }
        parts[key] = Part(key, 1, spec, steps)
    context: dict[str, Any] = {
        "github": {},
        "inputs": {},
        "secrets": {"GITHUB_TOKEN": "hush"},
        "vars": {},
    }
    run = Run("run", 1, {}, parts, context=context)
    run.execute(tmp_path, tmp_path, {"PATH": "/usr/bin:/bin"})
    return run


def test_outputs_reach_later_steps_and_a_failure_skips_what_comes_after_and_what_needs_it(
    tmp_path: Path,
) -> None:
    run = executed(
        tmp_path,
        """
        last: {needs: [second], steps: [{run: "true"}]}
        first: {steps: [{id: a, run: 'echo x=1 >> "$GITHUB_OUTPUT"'}, {run: 'test "${{ steps.a.outputs.x }}" = 1'}]}
        second: {needs: first, steps: [{run: "echo ${{ secrets.GITHUB_TOKEN }}; exit 3"}, {run: "touch no"}]}
        """,
    )
    assert {key: job.conclusion for key, job in run.parts.items()} == {
        "first": "success",
        "second": "failure",
        "last": "skipped",
    }
    assert [step.conclusion for step in run.parts["second"].parts.values()] == [
        "failure",
        "skipped",
    ]
    assert run.parts["second"].parts["1"].log == "***\n"
    assert run.conclusion == "failure"
    assert list(tmp_path.iterdir()) == []
