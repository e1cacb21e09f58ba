"""The redeployment: what the workflow would overwrite with other files is not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.world import World
from tasks.toolkit.core.errors import Refused
from tasks.toolkit.workflows.redeployment import redeploy

from ..diagnosis.staging import VALUES, add_release, make_log, make_project, publish


def test_a_version_that_is_published_is_not_published_again_with_other_files(
    world: World, tmp_path: Path
) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=1)
    publish(world, "1.6.1")
    world.commit("feat: two replicas", {VALUES: ("replicas: 1", "replicas: 2")})
    world.git("push", "--quiet", "origin", "main")
    runs = len(world.github.runs)
    with pytest.raises(Refused, match=r"1\.6\.1 is published, and on main .*values\.yaml"):
        redeploy(make_project(world), make_log(tmp_path))
    assert len(world.github.runs) == runs
