"""Changes are made, or in a dry run printed as one block of shell that can be pasted."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tasks.toolkit.clients.dry_run import Action, Executor, token_export
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.clients.program import Program
from tasks.toolkit.console.output import status
from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.core.printable import is_steering


def shell(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False)


def test_a_real_run_makes_the_change_and_prints_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    executor = Executor(dry_run=False)
    executor.add("echo no")
    assert executor.perform(Action(["echo no"], lambda: 7)) == 7
    assert executor.quietly(lambda: 8) == 8
    executor.finish(complete=True)
    assert not executor.has_planned
    assert capsys.readouterr().out == ""


def test_a_dry_run_prints_the_change_and_does_not_make_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    executor = Executor(dry_run=True)
    made: list[int] = []
    assert executor.quietly(lambda: made.append(1)) is None
    assert not executor.has_planned
    assert executor.perform(Action(["echo one", "echo two"], lambda: made.append(2))) is None
    assert executor.has_planned
    executor.finish(complete=True)
    assert made == []
    assert shell(capsys.readouterr().out).stdout == "one\ntwo\n"


def test_a_plan_stops_at_the_first_command_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    executor = Executor(dry_run=True)
    executor.add("echo one", "false", "echo two")
    executor.finish(complete=True)
    pasted = shell(capsys.readouterr().out)
    assert pasted.stdout == "one\n"
    assert pasted.returncode == 1


def test_a_shell_runs_nothing_of_an_incomplete_plan(capsys: pytest.CaptureFixture[str]) -> None:
    executor = Executor(dry_run=True)
    executor.add("echo one")
    executor.finish(complete=False)
    plan = capsys.readouterr().out
    assert "# aborted: incomplete plan, do not run" in plan
    pasted = shell(plan)
    assert pasted.stdout == ""
    assert pasted.returncode != 0


def test_what_comes_first_is_printed_once_and_only_with_a_plan(
    capsys: pytest.CaptureFixture[str],
) -> None:
    executor = Executor(dry_run=True)
    executor.preamble.append("name=world")
    executor.finish(complete=True)
    assert capsys.readouterr().out == ""
    executor.add('echo "hello $name"')
    executor.add('echo "bye $name"')
    executor.finish(complete=True)
    assert shell(capsys.readouterr().out).stdout == "hello world\nbye world\n"


def test_a_plan_deletes_the_scratch_folder_that_it_uses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    executor = Executor(dry_run=True)
    scratch = tmp_path / "a folder"
    executor.scratch = str(scratch)
    executor.add("echo one", f"mkdir -p '{scratch}'", f"touch '{scratch}'/file", "false")
    executor.finish(complete=True)
    plan = capsys.readouterr().out
    assert plan.count("trap") == 1
    assert shell(plan).returncode == 1
    assert not scratch.exists()


def test_a_plan_counts_its_changes_and_holds_what_there_is_to_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    executor = Executor(dry_run=True)
    executor.take_notes()
    with running_step("publish.push"):
        status("packaging the working copy", "warning")
        executor.perform(Action(["echo a"], lambda: None, "push"))
        executor.perform(Action(["echo b"], lambda: None, "push"))
        status("it is done\necho not this")
    executor.perform(Action(["echo c"], lambda: None, "merge"))
    executor.finish(complete=True)
    plan = capsys.readouterr()
    assert plan.err == ""
    assert plan.out.splitlines()[1:-2] == [
        "# plan: 2 pushes, 1 merge",
        "# publish.push: packaging the working copy",
        "echo a",
        "echo b",
        "# publish.push: it is done echo not this",
        "# invoke",
        "echo c",
    ]
    assert shell(plan.out).stdout == "a\nb\nc\n"


def test_without_changes_what_there_is_to_say_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    executor = Executor(dry_run=True)
    executor.take_notes()
    status("it is reverted already")
    executor.finish(complete=True)
    printed = capsys.readouterr()
    assert (printed.out, printed.err[20:]) == ("", "· it is reverted already\n")


def test_a_wait_in_a_plan_has_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    executor = Executor(dry_run=True)
    executor.bound_waits(0.01, 0.03)
    executor.add(executor.bounded("echo asked; false", "the merge"), "echo not this")
    executor.finish(complete=True)
    ended = shell(capsys.readouterr().out)
    assert (ended.returncode, ended.stdout) == (1, "asked\n" * 3)
    assert "waited 0.0 s for the merge; it did not happen" in ended.stderr


def test_a_text_of_others_does_not_end_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    executor = Executor(dry_run=True)
    executor.add("printf %s 'a\nEND_OF_PLAN\n)\necho owned'")
    executor.finish(complete=True)
    assert shell(capsys.readouterr().out).stdout == "a\nEND_OF_PLAN\n)\necho owned"


ENV_FILES = [
    "GITHUB_TOKEN=t0ken\n",
    "X=1\nGH_TOKEN='t0ken'\n",
    'GITHUB_TOKEN="t0ken"\nY=2\n',
]


@pytest.mark.parametrize("text", ENV_FILES)
def test_the_token_of_an_env_file_is_exported(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a folder" / ".env"
    file.parent.mkdir()
    file.write_text(text)
    script = token_export(file) + '\nprintf %s "$GITHUB_TOKEN"'
    assert shell(script).stdout == "t0ken"


def test_a_plan_with_hostile_names_is_pasted_as_it_was_planned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["x;touch owned", "$(touch owned)", "`touch owned`", "a'\nb", "\x1b[2J\r", "\u202e"]
    executor = Executor(dry_run=True)
    runner = ProcessRunner({"PATH": os.environ["PATH"]}, 10, executor)
    touch = Program(runner, ["touch"], {})
    touch.change(*[str(tmp_path / name) for name in names])
    executor.add("# a run on x\ntouch owned\r is watched")
    executor.finish(complete=True)
    plan = capsys.readouterr().out
    assert not [char for char in plan if is_steering(char) and char != "\n"]
    ended = subprocess.run(["/bin/sh", "-c", plan], cwd=tmp_path, check=False)
    assert ended.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
