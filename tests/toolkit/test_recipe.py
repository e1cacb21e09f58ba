"""Recipes: whatever ends one early, the system and the reader of its output too, is one line and an exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.world import World

from ..conftest import PROJECT, Person


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "line",
    [
        "invoke --dry publish.all | head -n 1",
        "invoke publish.all 2>&1 | true",
        "invoke verify.all | true",
    ],
)
def test_who_reads_no_further_ends_it_quietly_as_a_closed_pipe_does(
    world: World, line: str, unbuffered: str
) -> None:
    done = world.run(
        "bash", "-o", "pipefail", "-c", line, at=PROJECT, env={"PYTHONUNBUFFERED": unbuffered}
    )
    assert done.returncode == 141
    assert "✗" not in done.stderr and "Broken" not in done.stderr


def test_a_plan_of_recover_that_is_cut_off_claims_nothing_of_what_is_done(broken: World) -> None:
    done = broken.run(
        "bash", "-o", "pipefail", "-c", "invoke --dry recover --pr 42 | head -n 1", at=PROJECT
    )
    assert (done.returncode, done.stdout.count("\n"), "not done" in done.stderr) == (
        141,
        1,
        False,
    ), done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    ("to", "code", "lines"), [("", 3, ["stdout: No space left on device"]), ("2", 1, [])]
)
def test_output_that_cannot_be_written_is_one_line_and_an_exit_code(
    world: World, to: str, code: int, lines: list[str]
) -> None:
    done = world.run("sh", "-c", f"exec invoke verify.chart {to}>/dev/full", at=PROJECT)
    assert done.returncode == code
    assert [
        line.partition("✗ ")[2].partition(": see to")[0] for line in done.stderr.splitlines()
    ] == lines


def test_without_a_stdout_it_works_all_the_same(world: World) -> None:
    done = world.run("sh", "-c", "exec invoke publish.check >&-", at=PROJECT)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_of_the_repository_that_is_not_utf_8_is_one_line(
    world: World, person: Person
) -> None:
    (world.clone / ".github/workflows/publish-helm.yml").write_bytes(b"name: caf\xe9\n")
    assert "a text is not in UTF-8" in person.refused("prevention.branch", 3)
