"""Recipes: whatever ends one early is one line and an exit code, its reader included."""

from __future__ import annotations

import inspect
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

import tasks
from tasks.sandbox.world import World
from tasks.toolkit.console.output import status
from tasks.toolkit.console.signals import SIGNALS
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.core.invocation import current_step, running_step
from tasks.toolkit.incident.context import Incident
from tasks.toolkit.incident.exits import exit_cleanly
from tasks.toolkit.incident.recipe import recipe

from ...conftest import PROJECT, Person


@pytest.fixture(autouse=True)
def _same_signal_handlers() -> Iterator[None]:
    """Give pytest its handlers back, since a recipe installs its own."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def run_in_shell(
    world: World,
    line: str,
    **env: str,
) -> tuple[int, str, str]:
    """Type a line in a shell; return its exit code, stdout and stderr."""
    bash = ["bash", "-o", "pipefail", "-c"]
    ended = world.run(*bash, line, at=PROJECT, env=env)
    return ended.returncode, ended.stdout, ended.stderr


LINES_INTO_A_CLOSED_PIPE = [
    "invoke --dry publish.all | true",
    "invoke publish.all 2>&1 | true",
    "invoke verify.all | true",
]


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("line", LINES_INTO_A_CLOSED_PIPE)
@pytest.mark.thorough
def test_a_closed_output_pipe_ends_a_recipe_quietly(
    world: World,
    line: str,
    unbuffered: str,
) -> None:
    code, _, stderr = run_in_shell(world, line, PYTHONUNBUFFERED=unbuffered)
    assert code == 141
    assert "✗" not in stderr
    assert "Broken" not in stderr


@pytest.mark.thorough
def test_a_plan_of_recover_that_is_cut_off_claims_nothing_of_what_is_done(broken: World) -> None:
    code, stdout, stderr = run_in_shell(broken, "invoke --dry recover --pr 42 | head -n 1")
    assert code in (0, 141)  # a short plan fits into the pipe
    assert stdout.count("\n") == 1, stderr
    assert "stopped" not in stderr
    assert "left:" not in stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    ("stream", "code", "failures"),
    [("", 3, ["stdout: No space left on device"]), ("2", 1, [])],
)
@pytest.mark.thorough
def test_output_that_cannot_be_written_is_one_line_and_an_exit_code(
    world: World,
    stream: str,
    code: int,
    failures: list[str],
) -> None:
    line = f"exec invoke verify.chart {stream}>/dev/full"
    ended = world.run("sh", "-c", line, at=PROJECT)
    assert ended.returncode == code
    lines = ended.stderr.splitlines()
    found = [re.sub(r".*✗ (.*): fix that.*", r"\1", line) for line in lines]
    assert found == failures


def test_a_recipe_works_without_a_stdout(world: World) -> None:
    ended = world.run("sh", "-c", "exec invoke publish.check >&-", at=PROJECT)
    assert ended.returncode == 0
    assert ended.stderr == ""


def test_a_file_of_the_repository_that_is_not_utf_8_is_checked_like_any_other(
    world: World,
    person: Person,
) -> None:
    (world.clone / ".github/workflows/publish-helm.yml").write_bytes(b"name: caf\xe9\n")
    assert "✗ form failed" in person("prevention.branch", 1).stdout


# Without a sandbox: the decorator, and the one place that catches.


STEPS = [
    (tasks.rollback.revert, "rollback.revert"),
    (tasks.publish.everything, "publish.all"),
    (tasks.support.incident_issue, "support.incident"),
    (tasks.shortcuts.recover, "recover"),
    (tasks.shortcuts.doctor, "doctor"),
]


@pytest.mark.parametrize(("task", "step"), STEPS)
def test_a_task_knows_its_step_as_it_is_typed(task: object, step: str) -> None:
    assert getattr(task, "step", "") == step


def test_only_a_recipe_that_acts_can_wait_for_another_run() -> None:
    @recipe(acts=True)
    def act(incident: Incident, tag: str = "") -> None:
        """Act."""

    @recipe()
    def look(incident: Incident) -> None:
        """Look."""

    assert list(inspect.signature(act.body).parameters) == ["incident", "tag", "wait", "json"]
    assert list(inspect.signature(look.body).parameters) == ["incident", "json"]


@pytest.mark.parametrize(("error", "code"), [(Refused, 1), (BadInput, 2)])
def test_an_error_is_one_line_under_its_step_and_an_exit_code(
    error: type[Refused],
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(Exit) as caught, exit_cleanly("publish.push"):
        raise error("the tag is taken", "give another")
    assert caught.value.code == code
    assert capsys.readouterr().err == "publish.push        ✗ the tag is taken: give another\n"


def test_the_steps_status_lines_carry_its_name_and_nest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with exit_cleanly("recover"):
        with running_step("rollback.revert"):
            status("merged #43", "done")
        status("done", "done")
    assert current_step() == "invoke"
    assert capsys.readouterr().err.splitlines() == [
        "rollback.revert     ✓ merged #43",
        "recover             ✓ done",
    ]


def test_recipes_of_an_invocation_share_one_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV_FILE", "/dev/null")
    seen: list[tuple[Incident, str]] = []

    @recipe(name="look")
    def look(incident: Incident) -> None:
        """Look."""
        seen.append((incident, current_step()))

    context = Context()
    look(context)
    look(context)
    (first, step), (second, _) = seen
    assert first is second is Incident.of(context)
    assert step.endswith(".look")
