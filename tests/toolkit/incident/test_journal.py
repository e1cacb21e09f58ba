"""The journal: what is written is read again; a damaged line or a full disk loses nothing else."""

from __future__ import annotations

import json
import os
import shutil
import string
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.toolkit.core.errors import BadInput, Refused, ServiceError
from tasks.toolkit.incident.event import SCHEMA, TYPES, Event, seconds_between
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.incidents import journal_files, open_journal
from tasks.toolkit.incident.journal import FILE, LONGEST, Journal
from tasks.toolkit.incident.stages import gantt_chart

EVENT: dict[str, Any] = {
    "at": "2026-11-24T10:00:00+00:00",
    "run": "a",
    "clock": 1.0,
    "step": "publish.push",
    "kind": "done",
    "data": {},
}
TYPED_KEYS = {*TYPES, *Facts.__dataclass_fields__, "packaged"}
UNTYPED_DATA = st.dictionaries(
    st.text(string.ascii_lowercase, min_size=1, max_size=6).filter(
        lambda key: key not in TYPED_KEYS
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    ),
    max_size=4,
)
WRITTEN = st.tuples(
    st.sampled_from(["rollback.revert", "publish.push", "é"]),
    st.sampled_from(["started", "done", "failed", "skipped"]),
    UNTYPED_DATA | st.builds(dict, good_commit=st.text(max_size=5), revert=st.integers(0, 9)),
)
no_deadline = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
GARBAGE = [
    b"garbage\n",
    b"\x00\xff\n",
    b"{}\n",
    b"[1]\n",
    b'{"at": 1}\n',
    b"\n",
    b'"' + b"x" * 9000 + b"\n",
]
WRONG_PARTS: list[dict[str, Any]] = [
    {"step": 1},
    {"kind": "x"},
    {"run": None},
    {"clock": "1"},
    {"clock": 10**400},
    {"clock": 1e300},
    {"clock": float("nan")},
    {"clock": -1.0},
    {"at": "2026-11-24T10:00:00"},
    {"at": "9999-12-31T23:59:59+00:00"},
    {"data": {"merged_at": "2026-11-24T10:00:00"}},
    {"data": {"merged_at": 5}},
    {"data": {"revert": 10**400}},
    {"data": {"revert": -1}},
    {"data": {"checks": {"chart": ["passed"]}}},
    {"data": {"triggers": {"publish": None}}},
    {"data": {"repository": 5}},
    {"data": {"other": float("nan")}},
    {"data": {"other": "\ud800"}},
    {"data": {"other": eval("[" * 30 + "]" * 30)}},  # noqa: S307
    {"clock": float("inf")},
    {"data": []},
    {"at": "0001-01-01T00:00:00+14:00"},
    {"data": {"checks": ["passed"]}},
    {"data": {"merged_at": "soon"}},
    {"data": {"archive": 5}},
    {"data": {"digest": 5}},
]
WRITE_ON_A_SMALL_DISK = """
import resource, sys
from pathlib import Path
from tasks.toolkit.incident.journal import Journal

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
Journal(Path(sys.argv[1])).write("publish.push", "started", {})
"""
WRITE_UNTIL_THERE_IS_SPACE = """
import resource, sys
from pathlib import Path
from tasks.toolkit.core.errors import ServiceError
from tasks.toolkit.incident.journal import Journal

_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
journal = Journal(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), most))
try:
    journal.write("publish.push", "started", {})
except ServiceError:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    journal.write("publish.push", "done", {})
"""


def opened(state: Path) -> Journal:
    journal = Journal()
    journal.open(state, "it broke")
    return journal


def closed(state: Path) -> Journal:
    journal = opened(state)
    journal.write("timeline.stop", "closed", {})
    return journal


def filled(state: Path) -> Journal:
    journal = opened(state)
    journal.write("rollback.revert", "started", {"pr": 42})
    journal.write("rollback.revert", "done", {"good_commit": "abc"})
    return journal


def file_of(journal: Journal) -> Path:
    assert journal.file
    return journal.file


def reread(journal: Journal) -> Journal:
    return Journal(file_of(journal))


def incidents(state: Path) -> list[str]:
    """Return the ids of the incidents, the newest first."""
    return [file.parent.name for file in journal_files(state)]


def open_again(state: Path) -> Journal:
    return open_journal(
        state,
        str,
        lambda change: change(),
    )


@no_deadline
@given(events=st.lists(WRITTEN, max_size=8), early=st.lists(WRITTEN, max_size=3))
@pytest.mark.thorough
def test_what_is_written_is_read_again_and_reading_it_twice_adds_no_fact(
    tmp_path_factory: pytest.TempPathFactory,
    events: list[Any],
    early: list[Any],
) -> None:
    journal = Journal()
    for event in early:
        journal.write(*event)
    journal.open(tmp_path_factory.mktemp("state"), "")
    for event in events:
        journal.write(*event)
    again = reread(journal)
    assert again.events == journal.events
    assert again.facts == journal.facts
    again.events += again.events
    assert again.facts == journal.facts
    assert again.repairs == []


def test_the_files_are_private_and_hold_no_secret(tmp_path: Path) -> None:
    def mask(text: str) -> str:
        return text.replace("hush-hush", "***")

    journal = Journal(mask=mask)
    journal.open(tmp_path, "")
    journal.write("publish.login", "failed", {"error": "hush-hush was refused"})
    file = file_of(journal)
    assert "hush" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_cut_at_any_byte_of_its_last_two_lines_it_reports_that_and_continues(
    tmp_path: Path,
) -> None:
    journal = filled(tmp_path)
    file = file_of(journal)
    text = file.read_bytes()
    last_line = text.rindex(b"\n", 0, -1)
    second_last_line = text.rindex(b"\n", 0, last_line)
    for size in range(second_last_line, len(text)):
        left = text[:size]
        file.write_bytes(left)
        cut = reread(journal)
        complete_lines = left.count(b"\n")
        is_cut_short = not left.endswith(b"\n")
        if text[size:].startswith(b"\n"):  # only the end of the line is missing
            complete_lines += 1
            is_cut_short = False
        assert cut.events == journal.events[:complete_lines]
        assert bool(cut.repairs) == is_cut_short
        cut.write("rollback.revert", "done", {"good_commit": "def"})
        assert file.read_bytes().startswith(left)
        again = reread(journal)
        assert again.events == cut.events
        assert again.facts.good_commit == "def"


@pytest.mark.parametrize("garbage", GARBAGE)
def test_a_line_of_garbage_is_reported_and_ignored(tmp_path: Path, garbage: bytes) -> None:
    journal = filled(tmp_path)
    file = file_of(journal)
    lines = file.read_bytes().splitlines(keepends=True)
    for place in (0, 1):
        damaged = list(lines)
        damaged.insert(place, garbage)
        file.write_bytes(b"".join(damaged))
        again = reread(journal)
        assert again.events == journal.events
        is_reported = bool(again.repairs)
        assert is_reported == (garbage != b"\n")


def test_a_fact_that_is_no_longer_true_is_cleared(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    journal.write("publish.withdraw", "done", {"good_commit": None})
    again = reread(journal)
    assert again.events == journal.events
    assert again.repairs == []
    assert again.facts == Facts()


WRONG_LINES = [json.dumps(EVENT | part) for part in WRONG_PARTS]
WRONG_LINES.append("[" * 100_000)


@pytest.mark.parametrize("line", WRONG_LINES, ids=lambda line: line[:160][-60:])
def test_an_event_with_a_wrong_part_is_reported_and_ignored(
    tmp_path: Path,
    line: str,
) -> None:
    journal = filled(tmp_path)
    with file_of(journal).open("a") as file:
        file.write(f"{line}\n")
    again = reread(journal)
    assert again.events == journal.events
    assert len(again.repairs) == 1


def test_a_file_of_garbage_is_a_few_warnings_that_say_what_to_do(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    with file_of(journal).open("ab") as file:
        file.write(b"x\n" * 100_000 + b'"' + b"x" * 2**20 + b'"\n')
    again = reread(journal)
    assert again.events == journal.events
    assert len(again.repairs) == 4
    assert "99998 more lines" in again.repairs[-1]
    assert again.repairs[-1].endswith("they look up again what was lost")


def test_a_separator_of_lines_in_a_text_ends_no_event(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    journal.write("publish.push", "done", {"reason": "a\u2028b\x0cc\x85d"})
    assert reread(journal).events == journal.events


def test_bytes_that_are_no_text_are_written_as_question_marks(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    journal.write("publish.push", "started", {"command": "invoke \udcff"})
    assert reread(journal).events[-1].data["command"] == "invoke ?"


def test_a_journal_over_ten_mebibytes_is_refused(tmp_path: Path) -> None:
    file = file_of(filled(tmp_path))
    with file.open("a") as stream:
        stream.truncate(11 * 2**20)
    with pytest.raises(Refused, match=f"{file} is over 10 MiB"):
        open_again(tmp_path)


def test_a_journal_that_is_a_link_or_a_pipe_is_refused_and_written_by_nobody(
    tmp_path: Path,
) -> None:
    journal = filled(tmp_path)
    file = file_of(journal)
    elsewhere = file.rename(tmp_path / "elsewhere")
    before = elsewhere.read_bytes()
    file.symlink_to(elsewhere)
    with pytest.raises(Refused, match="is a symbolic link"):
        open_again(tmp_path)
    with pytest.raises(Refused, match="is a symbolic link"):
        journal.write("publish.push", "done", {})
    assert elsewhere.read_bytes() == before
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(Refused, match="is not a regular file"):
        open_again(tmp_path)


def test_clocks_that_jump_for_ever_make_no_time_that_cannot_be_shown() -> None:
    journal = Journal()
    for number in range(200):
        at = datetime(1970 + 7000 * (number % 2), 1, 1, tzinfo=UTC)
        event = Event(at, str(number), 0.0, "publish.push", "done")
        journal.events.append(event)
    assert journal.offsets()[-1] == LONGEST
    assert gantt_chart(journal)


@pytest.mark.parametrize("text", [b"", b'{"at": "2026-11'])
def test_without_a_complete_line_the_incident_is_open_all_the_same(
    tmp_path: Path,
    text: bytes,
) -> None:
    journal = opened(tmp_path)
    file_of(journal).write_bytes(text)
    again = open_again(tmp_path)
    assert again.id == journal.id
    assert "unknown" in again.repairs[-1]
    assert again.elapsed() == 0
    again.write("rollback.revert", "done", {"good_commit": "abc"})
    assert reread(journal).facts == Facts(good_commit="abc")


def test_a_newer_schema_is_refused_in_one_sentence(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    file = file_of(journal)
    text = file.read_text()
    newer = text.replace(f'"schema": {SCHEMA}', f'"schema": {SCHEMA + 1}')
    file.write_text(newer)
    with pytest.raises(BadInput, match=r"written by newer recipes \(schema 2\): update these"):
        reread(journal)


NEWER_SCHEMAS = [
    '{"schema": 2}',
    '{"schema": {"major": 2}}',
    json.dumps(EVENT | {"kind": "opened", "data": {"schema": "2"}}),
]


@pytest.mark.parametrize("line", NEWER_SCHEMAS)
def test_a_newer_schema_of_whatever_shape_is_refused_too(tmp_path: Path, line: str) -> None:
    file = file_of(filled(tmp_path))
    file.write_text(f"{line}\n{file.read_text()}")
    with pytest.raises(BadInput, match="written by newer recipes"):
        open_again(tmp_path)


@pytest.mark.thorough
def test_a_full_disk_is_one_sentence_and_what_was_written_stays(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    file = file_of(journal)
    before = file.read_bytes()
    for room in (0, 1, 40):
        size = len(before) + room
        argv = [
            sys.executable,
            "-c",
            WRITE_ON_A_SMALL_DISK,
            str(file),
            str(size),
        ]
        ended = subprocess.run(
            argv,
            text=True,
            capture_output=True,
            check=False,
        )
        assert "ServiceError" in ended.stderr
        assert "could not be written (File too large): free some space" in ended.stderr
        assert file.read_bytes().startswith(before)
        assert reread(journal).events == journal.events
    again = reread(journal)
    again.write("publish.push", "started", {})
    assert reread(journal).events[-1].kind == "started"


def test_what_was_cut_short_by_a_full_disk_is_ended_by_the_next_event(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    file = file_of(journal)
    size = file.stat().st_size + 40
    argv = [sys.executable, "-c", WRITE_UNTIL_THERE_IS_SPACE, str(file), str(size)]
    subprocess.run(argv, check=True)
    again = reread(journal)
    assert again.events[:-1] == journal.events
    assert again.events[-1].kind == "done"
    assert len(again.repairs) == 1


def test_a_state_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ServiceError, match="could not be written"):
        opened(tmp_path / "state")


def test_a_change_that_is_not_performed_stays_in_memory(tmp_path: Path) -> None:
    file = file_of(filled(tmp_path))
    before = file.read_bytes()
    journal = Journal(file, perform=lambda _: None)
    journal.write("publish.push", "done", {"digest": "sha256:0"})
    assert journal.facts.digest == "sha256:0"
    assert file.read_bytes() == before


def test_the_newest_incident_that_is_not_closed_continues(tmp_path: Path) -> None:
    first = closed(tmp_path)
    assert open_again(tmp_path).id == ""
    second = opened(tmp_path)
    assert first.id < second.id
    assert open_again(tmp_path).id == second.id
    assert incidents(tmp_path) == [second.id, first.id]
    assert file_of(second).name == FILE


def test_a_clock_that_was_ahead_hides_no_open_incident(tmp_path: Path) -> None:
    first = closed(tmp_path)
    second = opened(tmp_path)
    ahead = tmp_path / "9999-12-31T235959Z"
    ahead.mkdir()
    shutil.copy(file_of(first), ahead)
    assert open_again(tmp_path).id == second.id
    third = opened(tmp_path)
    assert incidents(tmp_path) == [third.id, ahead.name, second.id, first.id]
    assert open_again(tmp_path).id == third.id


@dataclass(frozen=True)
class Tick:
    """The time between two events: what each clock says of it, in seconds."""

    wall: int
    monotonic: float
    is_another_run: bool


TICKS = st.builds(
    Tick,
    wall=st.integers(-10_000, 10_000),
    monotonic=st.floats(0, 100),
    is_another_run=st.booleans(),
)


def journal_with(ticks: list[Tick]) -> Journal:
    """Return a journal with an event after each tick."""
    journal = Journal()
    event = Event(
        datetime.now(UTC),
        "0",
        0.0,
        "x",
        "done",
    )
    for tick in ticks:
        event = replace(
            event,
            at=event.at + timedelta(seconds=tick.wall),
            clock=event.clock + tick.monotonic,
        )
        if tick.is_another_run:
            event = replace(event, run=f"{event.run}0")
        journal.events.append(event)
    return journal


@no_deadline
@given(ticks=st.lists(TICKS, min_size=1, max_size=8))
def test_a_clock_that_jumps_makes_no_time_negative(ticks: list[Tick]) -> None:
    journal = journal_with(ticks)
    offsets = journal.offsets()
    assert offsets[0] == 0
    assert offsets == sorted(offsets)
    assert journal.elapsed() >= offsets[-1]


@no_deadline
@given(tick=TICKS)
def test_within_an_invocation_the_monotonic_clock_counts(tick: Tick) -> None:
    tick = replace(tick, is_another_run=False)
    journal = journal_with([tick, tick])
    passed = seconds_between(*journal.events)
    assert passed == pytest.approx(tick.monotonic)
