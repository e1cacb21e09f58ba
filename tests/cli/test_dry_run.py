"""`--dry` and Invoke's own settings, as `./inv` takes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.world import World

from ..conftest import PROJECT

INV = str(PROJECT / "inv")


@pytest.mark.thorough
def test_a_dry_run_may_be_asked_for_before_a_task_or_after_it(broken: World) -> None:
    before = broken.snapshot()
    first = broken.run(INV, "--dry", "rollback.revert", "--pr", "42")
    last = broken.run(INV, "rollback.revert", "--pr", "42", "--dry")
    asked = broken.run(INV, "rollback.revert", "--pr", "42", env={"INVOKE_RUN_DRY": "1"})
    assert "gh pr" in first.stdout, first
    assert first.stdout == last.stdout == asked.stdout
    assert broken.snapshot() == before


@pytest.mark.thorough
def test_no_configuration_file_of_invokes_is_read(world: World, tmp_path: Path) -> None:
    (tmp_path / ".invoke.yaml").write_text("run: [broken")
    listed = world.run(INV, "timeline.history", env={"HOME": str(tmp_path)})
    assert listed.returncode == 0, listed
