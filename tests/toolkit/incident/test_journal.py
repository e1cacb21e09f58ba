"""The journal: what is written is read again; a damaged line or a full disk loses nothing else."""

from __future__ import annotations

import json
import string
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.toolkit.core.errors import BadInput, ServiceError
from tasks.toolkit.core.secret import Secret
from tasks.toolkit.incident.event import SCHEMA, TYPES, Event, seconds_between
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.journal import FILE, Journal, journal_files, open_journal

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


def opened(state: Path) -> Journal:
    journal = Journal()
    journal.open(state, "it broke")
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


def open_again(state: Path) -> Journal:
    return open_journal(state, str, lambda change: change())


@no_deadline
@given(events=st.lists(WRITTEN, max_size=8), early=st.lists(WRITTEN, max_size=3))
def test_what_is_written_is_read_again_and_reading_it_twice_adds_no_fact(
    tmp_path_factory: pytest.TempPathFactory, events: list[Any], early: list[Any]
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
    secret = Secret("hush-hush")
    journal = Journal(mask=lambda text: text.replace(secret.reveal(), "***"))
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
    third_last_line_end = text.rindex(b"\n", 0, text.rindex(b"\n", 0, -1))
    for size in range(third_last_line_end, len(text)):
        file.write_bytes(text[:size])
        cut = reread(journal)
        only_its_end_is_missing = text[size : size + 1] == b"\n"
        complete_lines = text[:size].count(b"\n") + only_its_end_is_missing
        assert cut.events == journal.events[:complete_lines]
        ends_within_a_line = text[:size][-1:] != b"\n"
        assert bool(cut.repairs) == (ends_within_a_line and not only_its_end_is_missing)
        cut.write("rollback.revert", "done", {"good_commit": "def"})
        assert file.read_bytes().startswith(text[:size])
        again = reread(journal)
        assert again.events == cut.events
        assert again.facts.good_commit == "def"


@pytest.mark.parametrize("garbage", GARBAGE)
def test_a_line_of_garbage_is_reported_and_ignored(tmp_path: Path, garbage: bytes) -> None:
    journal = filled(tmp_path)
    file = file_of(journal)
    first, rest = file.read_bytes().split(b"\n", 1)
    for text in (first + b"\n" + garbage + rest, garbage + first + b"\n" + rest):
        file.write_bytes(text)
        again = reread(journal)
        assert again.events == journal.events
        assert len(again.repairs) == (garbage != b"\n")


def test_a_fact_that_is_no_longer_true_is_cleared(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    journal.write("publish.withdraw", "done", {"good_commit": None})
    again = reread(journal)
    assert (again.events, again.repairs) == (journal.events, [])
    assert again.facts == Facts()


@pytest.mark.parametrize(
    "line",
    [*(json.dumps(EVENT | wrong) for wrong in WRONG_PARTS), "[" * 100_000],
    ids=lambda line: line[:160][-60:],
)
def test_an_event_with_a_wrong_part_is_reported_and_ignored(tmp_path: Path, line: str) -> None:
    journal = filled(tmp_path)
    with file_of(journal).open("a") as file:
        file.write(f"{line}\n")
    again = reread(journal)
    assert (again.events, len(again.repairs)) == (journal.events, 1)


@pytest.mark.parametrize("text", [b"", b'{"at": "2026-11'])
def test_without_a_complete_line_the_incident_is_open_all_the_same(
    tmp_path: Path, text: bytes
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
    newer = file_of(journal).read_text().replace(f'"schema": {SCHEMA}', f'"schema": {SCHEMA + 1}')
    file_of(journal).write_text(newer)
    with pytest.raises(BadInput, match=r"written by newer recipes \(schema 2\): update these"):
        reread(journal)


@pytest.mark.parametrize(
    "line",
    [
        '{"schema": 2}',
        '{"schema": {"major": 2}}',
        json.dumps(EVENT | {"kind": "opened", "data": {"schema": "2"}}),
    ],
)
def test_a_newer_schema_of_whatever_shape_is_refused_too(tmp_path: Path, line: str) -> None:
    file = file_of(filled(tmp_path))
    file.write_text(f"{line}\n{file.read_text()}")
    with pytest.raises(BadInput, match="written by newer recipes"):
        open_again(tmp_path)


def test_a_full_disk_is_one_sentence_and_what_was_written_stays(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    before = file_of(journal).read_bytes()
    for room in (0, 1, 40):
        argv = [sys.executable, "-c", WRITE_ON_A_SMALL_DISK, str(journal.file)]
        argv.append(str(len(before) + room))
        ended = subprocess.run(argv, text=True, capture_output=True, check=False)
        assert "ServiceError" in ended.stderr
        assert "could not be written (File too large): free some space" in ended.stderr
        assert file_of(journal).read_bytes().startswith(before)
        assert reread(journal).events == journal.events
    again = reread(journal)
    again.write("publish.push", "started", {})
    assert reread(journal).events[-1].kind == "started"


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
    first = opened(tmp_path)
    first.write("timeline.stop", "closed", {})
    assert open_again(tmp_path).id == ""
    second = opened(tmp_path)
    assert first.id < second.id
    assert open_again(tmp_path).id == second.id
    assert [file.parent.name for file in journal_files(tmp_path)] == [second.id, first.id]
    assert file_of(second).name == FILE


def test_a_clock_that_was_ahead_hides_no_open_incident(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.write("timeline.stop", "closed", {})
    second = opened(tmp_path)
    ahead = tmp_path / "9999-12-31T235959Z"
    ahead.mkdir()
    (ahead / FILE).write_bytes(file_of(first).read_bytes())
    assert open_again(tmp_path).id == second.id
    third = opened(tmp_path)
    ids = [third.id, ahead.name, second.id, first.id]
    assert [file.parent.name for file in journal_files(tmp_path)] == ids
    assert open_again(tmp_path).id == third.id


@no_deadline
@given(
    jumps=st.lists(
        st.tuples(st.integers(-10_000, 10_000), st.floats(0, 100), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
def test_a_clock_that_jumps_makes_no_time_negative(jumps: list[tuple[int, float, bool]]) -> None:
    event = Event(datetime.now(UTC), "0", 0.0, "x", "done")
    journal = Journal()
    for jump, passed, is_another_run in jumps:
        at = event.at + timedelta(seconds=jump)
        run = str(int(event.run) + is_another_run)
        event = replace(event, at=at, run=run, clock=event.clock + passed)
        journal.events.append(event)
    offsets = journal.offsets()
    assert offsets == sorted(offsets)
    assert offsets[0] == 0
    pairs = zip(journal.events, journal.events[1:], jumps[1:], strict=False)
    for earlier, later, (_, passed, _) in pairs:
        if earlier.run == later.run:  # within an invocation the monotonic clock counts
            assert seconds_between(earlier, later) == pytest.approx(passed)
    assert journal.elapsed() >= offsets[-1]
    assert json.dumps(offsets)
