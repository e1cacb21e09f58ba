"""The shared context: one operator at a time, one incident at a time, no token for any program."""

from __future__ import annotations

import os
import re
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from invoke.config import Config
from invoke.context import Context

from tasks.toolkit.console.signals import interrupt
from tasks.toolkit.core.errors import Refused, ServiceError
from tasks.toolkit.incident.context import Incident

TOKEN = "ghp_hush"


def incident_in(folder: Path, *, dry_run: bool = False, **environ: str) -> Incident:
    config = Config(overrides={"run": {"dry": dry_run}})
    given = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "REPO_DIR": str(folder),
        "STATE_DIR": str(folder / "state"),
        "GITHUB_TOKEN": TOKEN,
        "GIT_DIR": "/a/hook's/clone",
        **environ,
    }
    return Incident(Context(config), given, folder)


def end_process_of(incident: Incident) -> None:
    """Release the lock, as the end of the process does."""
    (lock,) = incident.project.runner.operator_locks
    os.close(lock)


def move_to_the_past(journal: Path, age: timedelta) -> None:
    """Let another invocation have written the journal some time ago."""
    past = datetime.now(UTC) - age
    text = re.sub(
        '"at": "[^"]*"',
        f'"at": "{past}"',
        journal.read_text(),
    )
    text = text.replace('"run": "', '"run": "another ')
    journal.write_text(text)


def test_an_invocation_has_one_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV_FILE", os.devnull)
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.setenv(name, TOKEN)
    context = Context()
    assert Incident.of(context) is Incident.of(context)
    assert TOKEN not in os.environ.values()  # what Python itself starts, such as a browser


def test_no_program_inherits_a_token_or_a_hooks_clone(tmp_path: Path) -> None:
    incident = incident_in(tmp_path)
    runner = incident.project.runner
    assert runner.environ["STATE_DIR"] == str(tmp_path / "state")
    for name in ("GITHUB_TOKEN", "GH_TOKEN", "GIT_DIR"):
        assert name not in runner.environ
    assert runner.mask(f"no {TOKEN}") == "no ***"


def test_who_holds_the_project_keeps_others_out_and_names_itself(tmp_path: Path) -> None:
    first = incident_in(tmp_path)
    first.hold()
    first.hold()  # it holds it already
    expected = rf"another run is in progress here: .*pid {os.getpid()}.*: add --wait"
    with pytest.raises(Refused, match=expected):
        incident_in(tmp_path).hold()
    ignored = (tmp_path / "state" / ".gitignore").read_text()
    assert ignored == "*\n"


def test_a_gitignore_of_the_users_own_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "state" / ".gitignore"
    file.parent.mkdir()
    file.write_text("mine\n")
    incident_in(tmp_path).hold()
    assert file.read_text() == "mine\n"


def test_a_dry_run_holds_nothing_and_makes_no_folder(tmp_path: Path) -> None:
    incident_in(tmp_path).hold()
    other = tmp_path / "other"
    incident_in(tmp_path, dry_run=True, STATE_DIR=str(other)).hold()
    assert not other.exists()
    incident_in(tmp_path, dry_run=True).hold()  # somebody holds that one


def test_an_open_incident_is_named_and_an_old_one_is_questioned(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = incident_in(tmp_path)
    first.hold()
    journal = first.log.begin("it broke")
    end_process_of(first)
    capsys.readouterr()

    second = incident_in(tmp_path)
    second.hold()
    end_process_of(second)
    printed = capsys.readouterr().err
    assert re.fullmatch(rf"incident +· {journal.id}, opened \S+ s ago, continues\n", printed)

    assert journal.file
    move_to_the_past(journal.file, timedelta(days=3, hours=4))
    incident_in(tmp_path).hold()
    printed = capsys.readouterr().err
    notice, advice = printed.splitlines()
    assert re.fullmatch(rf"incident +! {journal.id}, opened 3 d 4 h ago, continues", notice)
    assert re.fullmatch(r"incident +→ if it is over: \S+ timeline.stop", advice)


def test_a_file_in_place_of_the_state_folder_is_named(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("a file\n")
    with pytest.raises(ServiceError, match=f"{state} is not a folder: move it away"):
        incident_in(tmp_path).hold()
    assert state.read_text() == "a file\n"


def test_the_scratch_folder_is_private_and_its_end_ignores_interrupts(tmp_path: Path) -> None:
    incident = incident_in(tmp_path)
    scratch = incident.project.scratch
    assert scratch.stat().st_mode & 0o777 == 0o700
    before = interrupt.raised
    incident._end()  # as at the end of the process
    assert not scratch.exists()
    interrupt(signal.SIGINT)  # nothing is left to interrupt
    interrupt.raised = before
    interrupt.received = False
