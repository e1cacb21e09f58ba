"""Programs: argv lists, a limit, no child left behind, nothing of a secret told."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from invoke.context import Context

from tasks.toolkit.clients.process import ProcessRunner, Program, _Grouped
from tasks.toolkit.console.signals import INTERRUPTED, SIGNALS, interrupt
from tasks.toolkit.core.errors import ProgramFailed, ProgramMissing, TookTooLong
from tasks.toolkit.core.secret import Secret
from tasks.toolkit.incident.context import PROJECT

NASTY = ["a;id", "$(id)", "`id`", "'", '"', "-x", "a b", "", "a\nb", "é"]


def program(*argv: str, dry: bool = False) -> Program:
    return Program(
        ProcessRunner(Context(), {"PATH": os.environ["PATH"]}, 10, dry, [Secret("hush-hush")]),
        list(argv),
        {},
    )


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (
        Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").is_dir() else True
    )


def test_no_argument_reaches_a_shell() -> None:
    show = "import sys; print(sys.argv[1:])"
    assert program(sys.executable).read("-c", show, *NASTY).stdout.strip() == repr(NASTY)


def test_a_dry_run_prints_what_would_change_in_a_form_that_a_shell_takes_and_does_what_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [str(tmp_path / name) for name in ("a file", "$(id)")]
    assert program("echo", dry=True).read("read").stdout == "read\n"
    touch = program("touch", dry=True)
    touch.change(*made)
    touch.commands.plan.end(whole=True)
    assert list(tmp_path.iterdir()) == []
    subprocess.run(["/bin/sh", "-c", capsys.readouterr().out], check=True)
    assert sorted(str(file) for file in tmp_path.iterdir()) == sorted(made)


def test_a_programs_input_arrives_whole_and_at_once() -> None:
    text = "é\r\n" * 50_000  # one character every 10 ms would take half an hour
    assert (
        program("sha256sum").read(stdin=text).stdout.split()[0]
        == hashlib.sha256(text.encode()).hexdigest()
    )


def test_a_program_over_its_limit_is_ended_with_its_children(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/child; trap '' TERM; wait; sleep 60"
    begun = time.monotonic()
    with pytest.raises(TookTooLong, match=r"gave no answer for 0\.3 s"):
        program("sh").read("-c", script, limit=0.3)
    assert time.monotonic() - begun < 10
    time.sleep(0.1)
    assert not alive(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize("check", [True, False])
def test_a_program_that_ends_as_soon_as_its_limit_asks_it_to_is_told_as_over_its_limit(
    check: bool,
) -> None:
    with pytest.raises(TookTooLong, match=r"gave no answer for 0\.1 s"):
        program("sleep").read("60", limit=0.1, check=check)


@pytest.mark.parametrize("number", SIGNALS)
def test_an_interrupted_recipe_leaves_no_program_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    recipe = (
        "from invoke.context import Context\nfrom tasks.toolkit.incident.context import Incident\nfrom tasks.toolkit.incident.recipe import exit_cleanly\n"
        "from pathlib import Path\n"
        f"with exit_cleanly('test'):\n    incident = Incident.of(Context())\n"
        f"    Path({str(tmp_path)!r}, 'scratch').write_text(str(incident.scratch))\n"
        f"    incident.commands.run(['sh', '-c', 'echo $$ > {tmp_path}/pid; sleep 60'], env={{}})\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", recipe],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "ENV_FILE": "/dev/null"},
    )
    deadline = time.monotonic() + 10
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.send_signal(number)
    told = running.communicate(timeout=10)[1]
    assert not alive(int((tmp_path / "pid").read_text()))
    assert not Path((tmp_path / "scratch").read_text()).exists()
    assert "run the same command again" in told


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("seconds", [0, 0.05, 0.1])
def test_an_interrupt_while_invoke_is_still_being_imported_waits_until_it_can_be_told(
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
    told = running.communicate(timeout=20)[1]
    assert (running.returncode, told.count("\n")) == (130, 1), told
    assert INTERRUPTED in told


def test_an_interrupt_before_a_program_is_started_stays_an_interrupt() -> None:
    _Grouped(Context()).stop()  # what Invoke calls then


def test_a_failure_tells_what_the_program_said_without_the_secret_and_without_a_password_in_a_url() -> (
    None
):
    script = "echo 'no hush-hush for https://me:pass@example.com/x' >&2; exit 7"
    with pytest.raises(ProgramFailed) as caught:
        program("sh").read("-c", script)
    assert caught.value.status == 7
    assert "no *** for https://***@example.com/x" in str(caught.value)


@pytest.mark.parametrize("end", [None, -1])
def test_the_body_of_a_services_answer_is_left_out_of_the_line_and_known_to_who_explains_it(
    end: int | None,
) -> None:
    said = f"non-200 OK status code: 401 Unauthorized body: {json.dumps(json.dumps({'message': 'Bad credentials'}))[:end]}"
    with pytest.raises(ProgramFailed) as caught:
        program("sh").read("-c", 'printf "%s\\n" "$1" >&2; exit 1', "sh", said)
    assert str(caught.value).endswith("non-200 OK status code: 401 Unauthorized")
    assert "Bad credentials" in caught.value.stderr


def test_a_program_that_is_not_there_is_named_with_where_to_get_it() -> None:
    with pytest.raises(
        ProgramMissing, match=r"helm is not on PATH: install it from https://helm\.sh"
    ):
        ProcessRunner(Context(), {"PATH": "/nowhere"}, 10, dry=False).run(
            ["helm", "version"], env={}
        )


def test_no_program_waits_for_input_from_the_terminal() -> None:
    assert program("cat").read().stdout == ""
    assert program("cat").read(stdin="given").stdout == "given"
    assert program("sh").read("-c", ": < /dev/tty", check=False).status != 0
