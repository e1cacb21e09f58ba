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


def test_an_invocation_has_one_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV_FILE", os.devnull)
    context = Context()
    assert Incident.of(context) is Incident.of(context)


def test_no_program_inherits_a_token_or_a_hooks_clone(tmp_path: Path) -> None:
    incident = incident_in(tmp_path)
    environ = incident.project.runner.environ
    assert environ["STATE_DIR"] == str(tmp_path / "state")
    assert environ.keys() & {"GITHUB_TOKEN", "GH_TOKEN", "GIT_DIR"} == set()
    assert incident.project.runner.mask(f"no {TOKEN}") == "no ***"


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
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / ".gitignore").write_text("mine\n")
    incident_in(tmp_path).hold()
    assert (tmp_path / "state" / ".gitignore").read_text() == "mine\n"


def test_a_dry_run_holds_nothing_and_makes_no_folder(tmp_path: Path) -> None:
    incident_in(tmp_path).hold()
    incident_in(tmp_path, dry_run=True, STATE_DIR=str(tmp_path / "other")).hold()
    assert not (tmp_path / "other").exists()
    incident_in(tmp_path, dry_run=True).hold()  # somebody holds that one


def test_an_open_incident_is_named_and_an_old_one_is_questioned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = incident_in(tmp_path)
    first.hold()
    journal = first.log.begin("it broke")
    capsys.readouterr()
    os.close(first.project.runner.operator_locks[0])
    second = incident_in(tmp_path)
    second.hold()
    printed = capsys.readouterr().err
    assert re.fullmatch(rf"incident +· {journal.id}, opened \S+ s ago, continues\n", printed)
    assert journal.file
    three_days_ago = datetime.now(UTC) - timedelta(days=3, hours=4)
    text = re.sub(r'"at": "[^"]*"', f'"at": "{three_days_ago}"', journal.file.read_text())
    journal.file.write_text(text.replace('"run": "', '"run": "another '))
    os.close(second.project.runner.operator_locks[0])
    incident_in(tmp_path).hold()
    lines = capsys.readouterr().err.splitlines()
    assert re.fullmatch(rf"incident +! {journal.id}, opened 3 d 4 h ago, continues", lines[0])
    assert re.fullmatch(r"incident +→ if it is over: \S+ timeline.stop", lines[1])


def test_a_file_in_place_of_the_state_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file\n")
    expected = rf"{tmp_path}/state is not a folder: move it away"
    with pytest.raises(ServiceError, match=expected):
        incident_in(tmp_path).hold()
    assert (tmp_path / "state").read_text() == "a file\n"


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
