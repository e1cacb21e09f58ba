"""The journal: what is written is read again, and what was cut short, spoilt or could not be written loses nothing else."""

from __future__ import annotations

import json
import resource
import signal
import string
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.toolkit.core.errors import BadInput, ServiceError
from tasks.toolkit.core.secret import Secret
from tasks.toolkit.incident.event import SCHEMA, SHAPES, Event, seconds_between
from tasks.toolkit.incident.journal import FILE, Journal, journal_files

DATA = st.dictionaries(
    st.text(string.ascii_lowercase, min_size=1, max_size=6).filter(lambda key: key not in SHAPES),
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
    DATA,
)


def begun(state: Path) -> Journal:
    journal = Journal()
    journal.begin(state, "it broke")
    return journal


def filled(state: Path) -> Journal:
    journal = begun(state)
    journal.write("rollback.revert", "started", {"pr": 42})
    journal.write("rollback.revert", "done", {"good_commit": "abc"})
    return journal


def reread(journal: Journal) -> Journal:
    assert journal.file
    return Journal(journal.file)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # other tests load the machine
@given(events=st.lists(WRITTEN, max_size=8), early=st.lists(WRITTEN, max_size=3))
def test_what_is_written_is_read_again_and_folding_it_twice_learns_nothing_more(
    tmp_path_factory: pytest.TempPathFactory, events: list[Any], early: list[Any]
) -> None:
    journal = Journal()
    for event in early:
        journal.write(*event)
    journal.begin(tmp_path_factory.mktemp("state"), "")
    for event in events:
        journal.write(*event)
    again = reread(journal)
    assert again.events == journal.events
    assert again.known() == journal.known()
    again.events += again.events
    assert again.known() == journal.known()
    assert again.repairs == []


def test_the_files_are_the_persons_alone_and_hold_no_secret(tmp_path: Path) -> None:
    secret = Secret("hush-hush")
    journal = Journal(mask=lambda text: text.replace(secret.reveal(), "***"))
    journal.begin(tmp_path, "")
    journal.write("publish.login", "failed", {"error": "hush-hush was refused"})
    assert journal.file
    assert "hush" not in journal.file.read_text()
    assert (journal.file.stat().st_mode & 0o777, journal.file.parent.stat().st_mode & 0o777) == (
        0o600,
        0o700,
    )


def test_cut_at_any_byte_of_its_last_two_lines_it_opens_tells_so_and_goes_on_without_overwriting(
    tmp_path: Path,
) -> None:
    whole = filled(tmp_path)
    assert whole.file
    text = whole.file.read_bytes()
    for size in range(text.rindex(b"\n", 0, text.rindex(b"\n", 0, -1)), len(text)):
        whole.file.write_bytes(text[:size])
        cut = reread(whole)
        lacks_its_end_alone = text[size : size + 1] == b"\n"
        assert cut.events == whole.events[: text[:size].count(b"\n") + lacks_its_end_alone]
        assert bool(cut.repairs) == (text[:size][-1:] != b"\n" and not lacks_its_end_alone)
        cut.write("rollback.revert", "done", {"good_commit": "def"})
        assert whole.file.read_bytes().startswith(text[:size])
        again = reread(whole)
        assert again.events == cut.events
        assert again.known()["good_commit"] == "def"


@pytest.mark.parametrize(
    "garbage",
    [
        b"garbage\n",
        b"\x00\xff\n",
        b"{}\n",
        b"[1]\n",
        b'{"at": 1}\n',
        b"\n",
        b'"' + b"x" * 9000 + b"\n",
    ],
)
def test_a_line_of_garbage_is_told_and_left(tmp_path: Path, garbage: bytes) -> None:
    journal = filled(tmp_path)
    assert journal.file
    first, rest = journal.file.read_bytes().split(b"\n", 1)
    for text in (first + b"\n" + garbage + rest, garbage + first + b"\n" + rest):
        journal.file.write_bytes(text)
        again = reread(journal)
        assert again.events == journal.events
        assert len(again.repairs) == (garbage != b"\n")


def test_a_fact_that_is_no_more_is_read_as_that(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    journal.write("publish.withdraw", "done", {"good_commit": None})
    again = reread(journal)
    assert (again.events, again.repairs, again.known()) == (journal.events, [], {})


EVENT: dict[str, Any] = {
    "at": "2026-11-24T10:00:00+00:00",
    "run": "a",
    "clock": 1.0,
    "step": "publish.push",
    "kind": "done",
    "data": {},
}
SHAPELESS: list[dict[str, Any]] = [
    {"step": 1}, {"kind": "x"}, {"run": None}, {"clock": "1"}, {"clock": 10**400}, {"data": []}, {"at": "0001-01-01T00:00:00+14:00"},
    {"data": {"checks": ["passed"]}}, {"data": {"merged_at": "soon"}}, {"data": {"archive": 5}}, {"data": {"digest": 5}},
]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [*(json.dumps(EVENT | wrong) for wrong in SHAPELESS), "[" * 100_000],
    ids=lambda line: line[:160][-60:],
)
def test_a_line_of_the_wrong_shape_is_told_and_left(tmp_path: Path, line: str) -> None:
    journal = filled(tmp_path)
    assert journal.file
    with journal.file.open("a") as file:
        file.write(f"{line}\n")
    again = reread(journal)
    assert (again.events, len(again.repairs)) == (journal.events, 1)


@pytest.mark.parametrize("text", [b"", b'{"at": "2026-11'])
def test_without_a_whole_line_the_incident_opens_all_the_same(tmp_path: Path, text: bytes) -> None:
    journal = begun(tmp_path)
    assert journal.file
    journal.file.write_bytes(text)
    again = Journal.open_in(tmp_path, str)
    assert again.id == journal.id
    assert "unknown" in again.repairs[-1]
    assert again.elapsed() == 0
    again.write("rollback.revert", "done", {"good_commit": "abc"})
    assert reread(journal).known() == {"good_commit": "abc"}


def test_a_newer_schema_is_refused_in_one_sentence(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    assert journal.file
    journal.file.write_text(
        journal.file.read_text().replace(f'"schema": {SCHEMA}', f'"schema": {SCHEMA + 1}')
    )
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
    journal = filled(tmp_path)
    assert journal.file
    journal.file.write_text(f"{line}\n{journal.file.read_text()}")
    with pytest.raises(BadInput, match="written by newer recipes"):
        Journal.open_in(tmp_path, str)


def test_a_disk_that_is_full_is_one_sentence_and_what_was_written_stays(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    assert journal.file
    before = journal.file.read_bytes()
    for room in (0, 1, 40):
        script = (
            "import resource, sys\nfrom pathlib import Path\nfrom tasks.toolkit.incident.journal import Journal\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + room},) * 2)\n"
            f"Journal(Path({str(journal.file)!r})).write('publish.push', 'started', {{}})\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], text=True, capture_output=True, check=False
        )
        assert (
            "ServiceError" in done.stderr
            and "could not be written (File too large): free some space" in done.stderr
        )
        assert journal.file.read_bytes().startswith(before)
        again = reread(journal)
        assert again.events == journal.events
    assert resource.RLIMIT_FSIZE is not None and signal.SIGXFSZ
    again.write("publish.push", "started", {})
    assert [event.kind for event in reread(journal).events][-1] == "started"


def test_a_state_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ServiceError, match="could not be written"):
        begun(tmp_path / "state")


def test_the_newest_incident_that_is_not_closed_goes_on(tmp_path: Path) -> None:
    first = begun(tmp_path)
    first.write("timeline.stop", "closed", {})
    assert Journal.open_in(tmp_path, str).id == ""
    second = begun(tmp_path)
    assert first.id < second.id
    assert Journal.open_in(tmp_path, str).id == second.id
    assert [file.parent.name for file in journal_files(tmp_path)] == [second.id, first.id]
    assert first.file and second.file
    (tmp_path / "9999-12-31T235959Z").mkdir()  # of a clock that was ahead
    (tmp_path / "9999-12-31T235959Z" / FILE).write_bytes(first.file.read_bytes())
    assert Journal.open_in(tmp_path, str).id == second.id
    third = begun(tmp_path)
    assert [file.parent.name for file in journal_files(tmp_path)] == [
        third.id,
        "9999-12-31T235959Z",
        second.id,
        first.id,
    ]
    assert Journal.open_in(tmp_path, str).id == third.id
    assert second.file and second.file.name == FILE


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    jumps=st.lists(
        st.tuples(st.integers(-10_000, 10_000), st.floats(0, 100), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
def test_a_clock_that_jumps_makes_no_time_negative(jumps: list[tuple[int, float, bool]]) -> None:
    journal, at, clock, run = Journal(), datetime.now(UTC), 0.0, 0
    for jump, passed, another in jumps:
        at, clock, run = at + timedelta(seconds=jump), clock + passed, run + another
        journal.events.append(Event(at, str(run), clock, "x", "done"))
    offsets = journal.offsets()
    assert offsets == sorted(offsets) and offsets[0] == 0
    for (earlier, later), passed in zip(
        zip(journal.events, journal.events[1:], strict=False),
        [p for _, p, _ in jumps][1:],
        strict=True,
    ):
        if earlier.run == later.run:  # within an invocation the monotonic clock is believed
            assert seconds_between(earlier, later) == pytest.approx(passed)
    assert journal.elapsed() >= offsets[-1]
    assert json.dumps(offsets)
