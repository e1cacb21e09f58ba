"""What the tests of checks share: a project and a log that need no world."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.incident.log import IncidentLog

from .fakes import FakeProject, empty_log


@pytest.fixture
def project(tmp_path: Path) -> FakeProject:
    """Give a project that published nothing yet."""
    return FakeProject(tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> IncidentLog:
    """Give the log of no incident."""
    return empty_log(tmp_path)
