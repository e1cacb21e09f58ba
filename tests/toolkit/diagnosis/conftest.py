"""What the tests of checks share: the project of a sandbox, and the log of no incident."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.world import World
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project

from .staging import make_log, make_project


@pytest.fixture
def project(world: World) -> Project:
    """Give the project of the sandbox's clone, for which a run that has not started is late."""
    return make_project(world)


@pytest.fixture
def log(tmp_path: Path) -> IncidentLog:
    """Give the log of no incident."""
    return make_log(tmp_path)
