"""Faults that pass: requests are made again, changes only when their outcome is not there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tasks.toolkit.clients.retry import TRIES, Retries
from tasks.toolkit.console.signals import interrupt, shut_down, shutting_down
from tasks.toolkit.core.errors import AccessDenied, PassingFault, RateLimited, RecipeError

BAD_GATEWAY = PassingFault("gh pr view: HTTP 502", "see the status page")
LIMITED = RateLimited("gh pr view: API rate limit exceeded", "wait")
RETRIES = Retries(pause=0.001, limit=30)


class Service:
    """A service that raises `faults`, one a request, and then answers."""

    def __init__(self, *faults: RecipeError) -> None:
        self.faults = list(faults)
        self.requests = 0

    def __call__(self) -> str:
        self.requests += 1
        if self.faults:
            raise self.faults.pop(0)
        return "answer"


@pytest.fixture(autouse=True)
def _not_shutting_down() -> Iterator[None]:
    yield
    shutting_down.clear()


@pytest.mark.parametrize("number", range(TRIES))
def test_a_request_is_made_again_until_it_is_answered(number: int) -> None:
    service = Service(*[BAD_GATEWAY] * number)
    assert RETRIES.ask(service) == "answer"
    assert service.requests == number + 1


def test_the_last_of_too_many_faults_is_raised() -> None:
    service = Service(*[BAD_GATEWAY] * TRIES)
    with pytest.raises(PassingFault, match="HTTP 502: see the status page"):
        RETRIES.ask(service)
    assert service.requests == TRIES


def test_another_error_is_never_repeated() -> None:
    service = Service(AccessDenied("HTTP 401"))
    with pytest.raises(AccessDenied):
        RETRIES.ask(service)
    assert service.requests == 1


def test_a_fault_is_reported_once_and_each_pause_is_twice_as_long(
    capsys: pytest.CaptureFixture[str],
) -> None:
    started = time.monotonic()
    Retries(pause=0.02).ask(Service(*[BAD_GATEWAY] * 3))
    assert 0.14 <= time.monotonic() - started < 5
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("! GitHub: 502; asking again, 4 times at most")


def test_one_line_reports_the_fault_of_all_that_a_service_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    retries = Retries(pause=0.001)
    for _ in range(3):
        retries.ask(Service(BAD_GATEWAY, PassingFault("gh api: HTTP 503")))
    retries.ask(Service(PassingFault("request to ghcr.io failed (reset)")))
    github, registry = capsys.readouterr().err.splitlines()
    assert "GitHub: 502; asking again" in github
    assert "ghcr.io failed (reset); asking again" in registry


def nothing() -> None:
    return None


OUTCOMES: list[tuple[Callable[[], str | None], str, int]] = [
    (lambda: "outcome", "outcome", 1),
    (nothing, "answer", 2),
]


@pytest.mark.parametrize(("find_outcome", "expected", "requests"), OUTCOMES)
def test_a_change_is_made_again_only_if_its_outcome_is_not_found(
    find_outcome: Callable[[], str | None],
    expected: str,
    requests: int,
) -> None:
    service = Service(BAD_GATEWAY)
    assert RETRIES.ask(service, find_outcome) == expected
    assert service.requests == requests


def test_a_change_that_succeeds_is_not_looked_for() -> None:
    assert RETRIES.ask(Service(), lambda: "outcome") == "answer"


def test_a_rate_limit_is_waited_for_as_long_as_it_lasts(capsys: pytest.CaptureFixture[str]) -> None:
    assert Retries(limit=30).ask(Service(LIMITED), cooldown=lambda: 0.15) == "answer"
    assert "asking again in 0.1 s" in capsys.readouterr().err.replace("0.2 s", "0.1 s")


def test_a_rate_limit_that_lasts_too_long_is_not_waited_for() -> None:
    service = Service(LIMITED)
    with pytest.raises(RateLimited, match="exceeded; this lasts 40:00 min more: re-run the same"):
        RETRIES.ask(service, cooldown=lambda: 2400)
    assert service.requests == 1


def test_other_faults_have_no_such_limit() -> None:
    assert Retries(pause=0.001, limit=0).ask(Service(BAD_GATEWAY)) == "answer"


def test_a_shutdown_ends_the_pause() -> None:
    threading.Timer(0.05, shut_down).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        Retries(pause=20).ask(Service(BAD_GATEWAY))
    assert time.monotonic() - started < 10


def test_after_an_interrupt_cleaning_up_asks_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupt, "received", True)
    service = Service(BAD_GATEWAY)
    with pytest.raises(PassingFault):
        RETRIES.ask(service)
    assert service.requests == 1
