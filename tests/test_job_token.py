"""Under Actions, what GITHUB_TOKEN cannot do is refused before the first side effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.github import job_pushes
from tasks.sandbox.github.job_permissions import BOT
from tasks.sandbox.world import CHART, World

from .conftest import Person

REVERT = "rollback.revert --pr 42 --merge"
VALUES = f"{CHART}/values.yaml"


def in_job(world: World) -> dict[str, str]:
    """Return the variables of a job, whose pushes are held to what its token may do."""
    job_pushes.hold(world.github.repository)
    config = Path(world.env["GIT_CONFIG_GLOBAL"])
    lines = config.read_text().splitlines()
    config.write_text("\n".join(line for line in lines if "Maintainer" not in line))
    token = world.github.actions.job_token
    return {"GITHUB_TOKEN": token, "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "stianfro"}
