"""What the tests of reports share: an invocation in a sandbox, and an incident's log on disk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from invoke.config import Config
from invoke.context import Context

from tasks.sandbox.world import World
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.incident.context import Incident
from tasks.toolkit.incident.event import Event, Kind
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.incident.log import IncidentLog

AT = datetime(2026, 11, 24, 22, 0, 5, tzinfo=UTC)


@pytest.fixture
def incident(world: World) -> Incident:
    """Give what an invocation in the sandbox's clone shares."""
    incident = Incident(Context(), world.env, world.clone)
    incident.project.state.mkdir()
    return incident


@pytest.fixture
def dry_incident(world: World) -> Iterator[Incident]:
    """Give what a dry run in the sandbox's clone shares."""
    config = Config(overrides={"run": {"dry": True}})
    incident = Incident(Context(config), world.env, world.clone)
    yield incident
    incident.abandon_plan()


def log_in(state: Path) -> IncidentLog:
    """Return the log of an invocation, without trigger results from before the incident."""
    state.mkdir(exist_ok=True)
    return IncidentLog(
        Executor(dry_run=False),
        str,
        lambda: state,
        lambda: state / "triggers.jsonl",
    )


@pytest.fixture
def log(tmp_path: Path) -> IncidentLog:
    """Give the log of an incident that was just opened."""
    log = log_in(tmp_path / "state")
    log.begin("a bad path")
    return log


def event(
    step: str,
    kind: Kind = "done",
    run: str = "a",
    clock: float = 1.0,
    **data: Any,
) -> Event:
    """Return an event of the invocation `run`, `clock` seconds after its beginning."""
    return Event(AT, run, clock, step, kind, data)


def journal_of(*events: Event) -> Journal:
    """Return a journal in memory."""
    journal = Journal()
    journal.events += events
    return journal
