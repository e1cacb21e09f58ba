"""Programs: argument lists, a time limit, no child left behind, and no secret shown."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tasks.toolkit.clients import missing_programs
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.process import ProcessRunner, ProgramOutput
from tasks.toolkit.clients.program import Program
from tasks.toolkit.console.signals import INTERRUPTED, SIGNALS, interrupt, shutting_down
from tasks.toolkit.console.waiting import run_parallel
from tasks.toolkit.core.errors import ProgramFailed, ProgramMissing, Refused, TookTooLong
from tasks.toolkit.core.secret import Secret

from ...plans import planned

PROJECT = Path(__file__).parents[3]
NASTY = ["a;id", "$(id)", "`id`", "'", '"', "-x", "a b", "", "a\nb", "é"]


def program(*argv: str, dry_run: bool = False, echo: bool = False) -> Program:
    """Return a program of a runner that knows the secret `hush-hush`."""
    executor = Executor(dry_run=dry_run)
    environ = {"PATH": os.environ["PATH"]}
    secret = Secret("hush-hush")
    runner = ProcessRunner(environ, 10, executor, echo, [secret])
    return Program(
        runner,
        list(argv),
        env={"SHOWN": "a b", "HIDDEN": "x"},
        shown_variables=("SHOWN", "ABSENT"),
    )


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    if not Path("/proc").is_dir():
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def wait_for_text(file: Path) -> str:
    """Return the text of a file as soon as it has one."""
    deadline = time.monotonic() + 10
    while not file.exists() or not file.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return file.read_text()


def test_a_program_of_the_drill_is_not_to_be_installed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing_programs, "TOOLS", tmp_path)
    assert missing_programs.how_to_get("helm").startswith("install helm from https://")
    (tmp_path / "v37").mkdir()
    (tmp_path / "v37" / "helm").touch(mode=0o700)
    advice = missing_programs.how_to_get("helm")
    assert advice.startswith("`invoke doctor` prints the line for the drill's helm, or install")


def test_no_argument_reaches_a_shell() -> None:
    show = "import sys; print(sys.argv[1:])"
    assert program(sys.executable).read("-c", show, *NASTY).stdout.strip() == repr(NASTY)


def test_a_dry_run_reads_but_prints_a_change_in_a_form_that_a_shell_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a file, $(id)"
    echo = program("echo", dry_run=True)
    assert echo.text("read") == "read"
    touch = program("touch", dry_run=True)
    assert touch.change(str(file)) is None
    assert not file.exists()
    touch.runner.executor.finish(complete=True)
    plan = capsys.readouterr().out
    subprocess.run(["/bin/sh", "-c", plan], check=True)
    assert file.exists()


def test_a_plan_has_the_variables_that_matter_and_the_form_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printenv = program("sh", "-c", 'echo "$SHOWN-$HIDDEN-$(cat)"', dry_run=True)
    assert printenv.change(dry_run_form="echo piped | {}", stdin="given") is None
    printenv.runner.executor.finish(complete=True)
    plan = capsys.readouterr().out
    assert "HIDDEN=" not in plan
    pasted = subprocess.run(["/bin/sh", "-c", plan], capture_output=True, text=True, check=True)
    assert pasted.stdout == "a b--piped\n"
    made = program("sh", "-c", 'echo "$SHOWN-$HIDDEN-$(cat)"').change(stdin="given")
    assert made
    assert made.stdout == "a b-x-given\n"


def test_scratch_files_are_prepared_in_a_dry_run_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    planner = program("touch", dry_run=True)
    planner.prepare(str(file))
    assert file.exists()
    assert f"touch {file}" in planned(capsys)
    program("touch").prepare(str(file))
    assert capsys.readouterr().out == ""


def test_a_programs_input_arrives_complete_and_at_once() -> None:
    text = "é\r\n" * 50_000
    output = program("sha256sum").read(stdin=text)
    assert output.stdout.split()[0] == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.thorough
def test_a_program_over_its_limit_is_ended_with_its_children(tmp_path: Path) -> None:
    file = tmp_path / "child"
    script = f"sleep 60 & echo $! > {file}; trap '' TERM; wait; sleep 60"
    with pytest.raises(TookTooLong, match=r"gave no answer for 0\.3 s"):
        program("sh").read("-c", script, limit=0.3)
    child = int(file.read_text())
    time.sleep(0.1)
    assert not is_alive(child)


@pytest.mark.parametrize("check", [True, False])
def test_a_program_that_ends_as_soon_as_it_is_asked_to_was_over_its_limit_too(check: bool) -> None:
    with pytest.raises(TookTooLong, match=r"gave no answer for 0\.1 s"):
        program("sleep").read("60", limit=0.1, check=check)


def test_a_failure_ends_the_programs_of_the_other_calls(tmp_path: Path) -> None:
    started = tmp_path / "started"

    def fail() -> ProgramOutput:
        wait_for_text(started)
        raise Refused("it is wrong")

    script = f"echo $$ > {started}; sleep 60"
    sleep = partial(program("sh").read, "-c", script)
    calls: list[Callable[[], ProgramOutput]] = [fail, sleep]
    with pytest.raises(Refused, match="it is wrong"):
        run_parallel(calls)
    assert shutting_down.is_set()
    shutting_down.clear()
    assert not is_alive(int(started.read_text()))


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.thorough
def test_an_interrupted_recipe_leaves_no_program_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    recipe = (
        "from invoke.context import Context\n"
        "from tasks.toolkit.incident.context import Incident\n"
        "from tasks.toolkit.incident.exits import exit_cleanly\n"
        "from pathlib import Path\n"
        "with exit_cleanly('test'):\n"
        "    incident = Incident.of(Context())\n"
        f"    scratch = Path({str(tmp_path)!r}, 'scratch')\n"
        "    scratch.write_text(str(incident.project.scratch))\n"
        f"    script = 'echo $$ > {tmp_path}/pid; sleep 60'\n"
        "    incident.project.runner.run(['sh', '-c', script])\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", recipe],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "ENV_FILE": "/dev/null"},
    )
    pid = wait_for_text(tmp_path / "pid")
    running.send_signal(number)
    _, printed = running.communicate(timeout=10)
    assert not is_alive(int(pid))
    assert not Path((tmp_path / "scratch").read_text()).exists()
    assert "re-run the same command" in printed


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("seconds", [0, 0.05, 0.1])
@pytest.mark.thorough
def test_an_interrupt_while_invoke_is_imported_waits_until_it_can_be_handled(
    number: signal.Signals, seconds: float
) -> None:
    with interrupt.blocked_for_child():
        running = subprocess.Popen(
            [sys.executable, "-m", "invoke", "contact.issues"],
            cwd=PROJECT,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()) & set(SIGNALS)
    time.sleep(seconds)
    running.send_signal(number)
    printed = running.communicate(timeout=20)[1]
    assert running.returncode == 130, printed
    assert printed.count("\n") == 1, printed
    assert INTERRUPTED in printed


def test_a_failure_reports_what_the_program_printed_without_secrets() -> None:
    script = "echo 'no hush-hush for https://me:pass@example.com/x' >&2; exit 7"
    with pytest.raises(ProgramFailed) as caught:
        program("sh").read("-c", script)
    assert caught.value.status == 7
    assert "no *** for https://***@example.com/x" in str(caught.value)


def test_a_failure_that_is_not_an_error_is_returned_without_secrets() -> None:
    output = program("sh").read("-c", "echo hush-hush >&2; exit 7", check=False)
    assert output.status == 7
    assert output.stderr == "***\n"


@pytest.mark.parametrize("end", [None, -1])
def test_the_body_of_a_services_answer_is_left_out_of_the_line_but_kept_in_the_error(
    end: int | None,
) -> None:
    body = json.dumps(json.dumps({"message": "Bad credentials"}))[:end]
    printed = f"non-200 OK status code: 401 Unauthorized body: {body}"
    with pytest.raises(ProgramFailed) as caught:
        program("sh").read("-c", 'printf "%s\\n" "$1" >&2; exit 1', "sh", printed)
    assert str(caught.value).endswith("non-200 OK status code: 401 Unauthorized")
    assert "Bad credentials" in caught.value.stderr


def test_a_missing_program_is_named_with_where_to_get_it() -> None:
    runner = ProcessRunner({"PATH": "/nowhere"}, 10, Executor(dry_run=False))
    message = r"helm is not on PATH: .*install helm from https://helm\.sh"
    with pytest.raises(ProgramMissing, match=message):
        runner.run(["helm", "version"])


def test_no_program_waits_for_input_from_the_terminal() -> None:
    assert program("cat").read().stdout == ""
    assert program("cat").read(stdin="given").stdout == "given"
    assert program("sh").read("-c", ": < /dev/tty", check=False).status != 0


def test_commands_are_echoed_on_demand_without_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    program("echo", echo=True).read("hush-hush", "a b")
    assert "echo *** 'a b'" in capsys.readouterr().err
    program("echo").read("a b")
    assert capsys.readouterr().err == ""


def test_only_a_program_that_leaves_nothing_running_holds_the_operators_lock() -> None:
    lock = os.open(os.devnull, os.O_RDONLY)
    other = program(sys.executable)

    def is_held() -> bool:
        script = f"import os; os.fstat({lock})"
        return other.read("-c", script, check=False).status == 0

    other.runner.operator_locks.append(lock)
    assert not is_held()
    other.holds_lock = True
    assert is_held()
    other.holds_lock = False
    other.runner.inherited_locks.append(lock)
    assert is_held()
    os.close(lock)
