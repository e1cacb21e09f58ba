"""Contact: the links, and what is there now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.world import World

from .conftest import Person
from .scenes import happen

HERE = "https://github.com/stianfro/threek8s"


@pytest.mark.thorough
def test_the_links_are_printed_with_what_is_there_now(world: World, person: Person) -> None:
    issues = person("contact.issues")
    assert issues.stdout == f"{HERE}/issues\n"
    assert "no incident is open" in issues.stderr
    status = person("contact.status")
    assert status.stdout == f"{HERE}/actions\n"
    assert "no workflow has run yet" in status.stderr
    happen(world, SCENARIOS["install"].happen)
    world.github.labels["type: incident"] = ("ff0000", "")
    world.github.open_issue("1.7.0 cannot be installed").labels.append("type: incident")
    before = world.snapshot()
    assert (
        'open incident #44 "1.7.0 cannot be installed" https://' in person("contact.issues").stderr
    )
    assert (
        "the newest run of each workflow did not fail: Release Please"
        in person("contact.status").stderr
    )
    assert world.snapshot() == before


def test_a_workflow_that_fails_is_named_with_its_run(broken: World, person: Person) -> None:
    run = broken.github.runs[0]
    failing = f"Release Please is failing: run {run.id} on main, failure"
    assert f"{failing}, {HERE}/actions/runs/{run.id}" in person("contact.status").stderr


def test_open_opens_the_link_or_says_that_it_cannot(
    world: World, person: Person, tmp_path: Path
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\nenv > {tmp_path}/environ\n')
    browser.chmod(0o755)
    person("contact.issues --open", env={"BROWSER": f"{browser} %s"})
    assert (tmp_path / "opened").read_text() == f"{HERE}/issues\n"
    assert world.token not in (tmp_path / "environ").read_text()
    assert world.folder.is_dir()
    assert "no browser could be started" in person.refused(
        "contact.issues --open", 3, {"BROWSER": "/bin/false %s"}
    )
