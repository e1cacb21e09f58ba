"""Rate limits: GitHub is asked again when it says so, and its clock is the one that counts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.github.faults import BAD_GATEWAY
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.clients.github.rate_limit import AT_LEAST, github_time, seconds_to_wait
from tasks.toolkit.core.errors import ServiceError

DATE = "Thu, 25 Sep 2025 10:00:00 GMT"
TIME = datetime(2025, 9, 25, 10, tzinfo=UTC)


def printed(body: object, **headers: str) -> str:
    """Return what `gh api --include` prints."""
    lines = ["HTTP/2.0 403 Forbidden", f"Date: {DATE}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", json.dumps(body)])


def limits(*remaining: int) -> object:
    reset = int(TIME.timestamp()) + 120
    return {
        "resources": {
            str(number): {"remaining": left, "reset": reset}
            for number, left in enumerate(remaining)
        }
    }


WAITS = [
    (printed({}, Retry_After="7"), 7),
    (printed(limits(0), Retry_After="7"), 7),
    (printed(limits(5, 0)), 121),
    (printed(limits(5, 5)), AT_LEAST),
    (printed({}, Retry_After="soon"), AT_LEAST),
    (printed(None), AT_LEAST),
    (printed([]), AT_LEAST),
    (printed({"resources": {"core": {"remaining": 0, "reset": "x"}}}), AT_LEAST),
    ("", AT_LEAST),
    ("x\n\n" + "[" * 100_000, AT_LEAST),
]


@pytest.mark.parametrize(("text", "seconds"), WAITS)
def test_the_wait_is_what_the_header_says_or_until_the_reset_or_a_minute(
    text: str,
    seconds: float,
) -> None:
    assert seconds_to_wait(text) == seconds


def test_githubs_time_is_in_a_header() -> None:
    assert github_time(printed({})) == TIME


@pytest.mark.parametrize("text", ["", "Date: soon\n\n", "Date: 1\n\n"])
def test_an_answer_without_a_time_is_a_service_error(text: str) -> None:
    with pytest.raises(ServiceError, match="GitHub answered with the date"):
        github_time(text)


def test_the_clock_is_githubs_and_is_asked_for_once(server: Server, github: GitHub) -> None:
    offset = timedelta(days=-3)
    server.faults.clock_offset = offset
    server.faults.add("/rate_limit", BAD_GATEWAY)
    for _ in range(2):
        difference = github.now() - datetime.now(UTC) - offset
        assert abs(difference) < timedelta(seconds=5)
    assert len(server.requests) == 2
