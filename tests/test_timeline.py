"""Recovery Timeline: what the journal says of the three stages, and who may write it."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.world import CHART, World

from .conftest import PROJECT, Person

TWO = {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")}
REVERT = "rollback.revert --pr 42 --merge"
CHAIN = f"{REVERT} publish.all verify.all"
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}"
REPOSITORY = "stianfro/threek8s/chart/threek8s"


def merge_a_change(world: World) -> int:
    """Merge PR #42, which is to be reverted."""
    return world.merge_pull("two", "feat: two", TWO, 42)


def journals(world: World) -> list[Path]:
    return sorted(world.clone.glob(".rollback/*/journal.jsonl"))


def only_journal(world: World) -> Path:
    (file,) = journals(world)
    return file


def stages(person: Person) -> dict[str, Any]:
    found = json.loads(person("timeline --json").stdout)["stages"]
    return {stage["name"]: stage for stage in found}


def start(world: World, line: str, **env: str) -> subprocess.Popen[str]:
    """Start `invoke` with the words of `line`, and return without waiting for its end."""
    return subprocess.Popen(
        ["invoke", *shlex.split(line)],
        cwd=PROJECT,
        env={**world.env, **env},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def read_until_it_waits(running: subprocess.Popen[str]) -> None:
    assert running.stderr
    while "waiting for" not in running.stderr.readline():
        assert running.poll() is None


def wait_for(condition: Callable[[], bool]) -> bool:
    """Wait until the condition holds, ten seconds at the most."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@contextmanager
def another_run(world: World) -> Iterator[subprocess.Popen[str]]:
    """Let another run be in progress while the block lasts; it waits for a check."""
    merge_a_change(world)
    world.github.required_checks = ["never"]
    running = start(world, REVERT)
    read_until_it_waits(running)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGKILL)
        running.communicate(timeout=30)


# The journal of an incident


@pytest.mark.thorough
def test_one_incident_is_recorded_hidden_from_git_and_continues_in_the_next_invocation(
    world: World, person: Person
) -> None:
    merge_a_change(world)
    person(REVERT)
    printed = person("publish.all").stderr
    assert "continues" in printed
    assert "from the merged revert" in printed
    lines = only_journal(world).read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert [(event["step"], event["kind"]) for event in events] == [
        ("timeline.start", "opened"),
        ("rollback.revert", "started"),
        ("rollback.revert", "done"),
        ("rollback.revert", "started"),
        ("rollback.revert", "done"),
        ("publish.package", "started"),
        ("publish.package", "done"),
        ("publish.push", "started"),
        ("publish.push", "done"),
    ]
    assert world.git("status", "--porcelain", "--ignored") == "!! .rollback/"
    immediate, quick, full = stages(person).values()
    states = [stage["state"] for stage in (immediate, quick, full)]
    assert states == ["in time", "in time", "to do"]
    assert 0 < immediate["end"] < quick["end"]
    for stage in (immediate, quick):
        assert stage["elapsed"] == stage["end"] - stage["start"]
    assert full["elapsed"] is None


@pytest.mark.thorough
def test_checks_and_dry_runs_open_no_incident(world: World, person: Person) -> None:
    merge_a_change(world)
    person("verify.all", 1)
    person(f"--dry {CHAIN}")
    assert not (world.clone / ".rollback").exists()
    assert "there is no incident" in person.refused("timeline")


@pytest.mark.thorough
def test_a_stopped_incident_is_past_and_the_next_is_another(world: World, person: Person) -> None:
    person("timeline.start --reason 'users cannot install'")
    person("timeline.start")
    assert len(journals(world)) == 1
    person("timeline.stop")
    assert "no incident is open" in person("timeline.stop").stderr
    person("publish.all timeline.stop")
    assert len(journals(world)) == 2
    past = json.loads(person("timeline.history --json").stdout)["incidents"]
    assert [(incident["reason"], incident["closed"]) for incident in past] == [
        ("", True),
        ("users cannot install", True),
    ]


def test_an_incident_that_is_older_than_a_day_is_questioned(world: World, person: Person) -> None:
    person("timeline.start")
    assert "timeline.stop" not in person("publish.package").stderr
    before = f'"at": "{datetime.now(UTC) - timedelta(days=3, hours=4)}"'
    file = only_journal(world)
    file.write_text(re.sub(r'"at": "[^"]*"', before, file.read_text()))
    printed = person("publish.package").stderr
    lines = (
        r"incident +! 20\S+, opened 3 d 4 h ago, continues\n"
        r"incident +→ if it is over: invoke timeline.stop\n"
    )
    assert re.search(lines, printed)


def test_a_reason_that_comes_too_late_is_said_not_to_be_recorded(
    world: World, person: Person
) -> None:
    person("timeline.start --reason 'a bad path'")
    before = [file.read_bytes() for file in journals(world)]
    printed = person("timeline.start --reason another").stderr
    assert 'its reason stays "a bad path", and "another" is not recorded' in printed
    assert "timeline.stop" in printed
    same = person("timeline.start --reason 'a bad path'").stderr
    assert "is already open" in same
    assert "not recorded" not in same
    assert [file.read_bytes() for file in journals(world)] == before


@pytest.mark.thorough
def test_a_dry_start_and_stop_say_what_they_would_do_and_do_not(
    world: World, person: Person
) -> None:
    planned = person("--dry timeline.start").stdout
    note = f"# timeline.start: an incident is opened in {world.clone}/.rollback"
    assert note in planned.replace("\n#  ", "")
    assert journals(world) == []
    person("timeline.start")
    planned = person("--dry timeline.stop").stdout
    incident_id = only_journal(world).parent.name
    assert f"# timeline.stop: incident {incident_id} is closed\n" in planned
    assert "is closed after" in person("timeline.stop").stderr


def test_something_else_in_place_of_the_state_folder_is_named(world: World, person: Person) -> None:
    (world.clone / ".rollback").write_text("a file\n")
    refusal = person.refused("timeline.start", 3)
    assert f"{world.clone}/.rollback is not a folder" in refusal
    assert (world.clone / ".rollback").read_text() == "a file\n"


@pytest.mark.thorough
def test_a_recovered_incident_counts_in_the_history_and_is_drawn_as_a_gantt_chart(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    merge_a_change(world)
    person(f"{REVERT} publish.all --version 1.6.2")
    options = ["--ref", "main", "-f", "chart_version=1.6.2", "-R", world.github.slug]
    assert world.run("gh", "workflow", "run", "publish-helm.yml", *options).returncode == 0
    person("verify.all --strict")
    assert stages(person)["Full"]["state"] == "in time"
    past = json.loads(person("timeline.history --json").stdout)
    assert past["recovered"] == 1
    assert past["median"] == past["worst"] > 0
    assert "1 recovered, median" in person("timeline.history").stderr
    chart = person("timeline --mermaid").stdout
    assert chart.startswith("gantt\n")
    bar = rf"section Quick \(30 min\)\n    publish\.package :done, {MOMENT}, {MOMENT}\n"
    assert re.search(bar, chart)
    table = person("timeline").stdout
    assert "manual chart" in table
    assert "█" in table
    assert "there is no incident 'x'" in person.refused("timeline --incident-id x")


@pytest.mark.thorough
def test_state_dir_keeps_the_journal_elsewhere(
    world: World, person: Person, tmp_path: Path
) -> None:
    person("publish.all", env={"STATE_DIR": str(tmp_path / "kept")})
    assert len(list((tmp_path / "kept").glob("*/journal.jsonl"))) == 1
    assert not (world.clone / ".rollback").exists()


def test_a_state_dir_with_a_gitignore_of_the_users_own_keeps_it(
    world: World, person: Person, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    ignored = kept / ".gitignore"
    person("timeline.start", env={"STATE_DIR": str(kept)})
    assert (ignored.read_text(), ignored.stat().st_mode & 0o777) == ("*\n", 0o600)
    ignored.write_text("mine\n")
    person("timeline.stop", env={"STATE_DIR": str(kept)})
    assert ignored.read_text() == "mine\n"
    assert world


@pytest.mark.thorough
def test_an_empty_journal_and_one_of_newer_recipes_are_one_sentence(
    world: World, person: Person
) -> None:
    person("timeline.start")
    file = only_journal(world)
    for line in ("timeline", "timeline --mermaid", "timeline.history", "support.lessons"):
        file.write_text("")
        person(line)
    assert person("timeline --mermaid").stdout.startswith("gantt\n")
    newer = '{"schema": 2}\n'
    file.write_text(newer)
    for line in (
        "timeline",
        "timeline.history",
        "verify.workflow",
        "publish.all",
        "support.lessons",
    ):
        assert "written by newer recipes (schema 2)" in person.refused(line)
    assert file.read_text() == newer


@pytest.mark.thorough
def test_a_clock_that_was_ahead_hides_no_open_incident(world: World, person: Person) -> None:
    for line in ("start", "stop", "start"):
        person(f"timeline.{line}")
    first, second = journals(world)
    first.parent.rename(first.parent.with_name("2999-01-01T000000Z"))
    assert second.parent.name in person("publish.all").stderr
    assert json.loads(person("timeline --json").stdout)["incident"] == second.parent.name
    person("timeline.stop")
    person("timeline.start")
    assert journals(world)[-1].parent.name == "2999-01-01T000000Z-002"


@pytest.mark.thorough
def test_an_incident_that_the_repository_brings_is_refused_and_publishes_nothing(
    world: World, person: Person
) -> None:
    person("publish.package")
    (world.clone / ".rollback" / ".gitignore").unlink()
    prepared = only_journal(world).relative_to(world.clone)
    world.git("add", "--force", str(prepared.parent))
    world.git("commit", "--quiet", "--message", "feat: nothing to see here")
    for line in ("publish.push", "publish.all", "timeline", "verify.all"):
        refusal = person.refused(line, 1)
        assert "git tracks .rollback/" in refusal, line
        assert "git rm -r .rollback" in refusal


@pytest.mark.thorough
def test_repositories_that_share_a_state_dir_continue_their_own_incidents(
    world: World, person: Person, tmp_path: Path
) -> None:
    env = {"STATE_DIR": str(tmp_path / "kept")}
    person("publish.package", env=env)
    other = {**env, "GITHUB_REPOSITORY": "owner/podinfo"}
    assert "no chart was packaged in this incident" in person.refused("publish.push", env=other)
    assert "no incident is open" in person("timeline.stop", env=other).stderr
    assert "published" in person("publish.push", env=env).stderr
    assert len(world.registry.pushed) == 1


# One operator at a time


@pytest.mark.thorough
def test_a_second_operator_is_told_who_is_in_progress_since_when_and_with_what(
    world: World, person: Person
) -> None:
    with another_run(world) as first:
        refusal = person.refused("publish.all", 1)
        for part in (f"pid {first.pid}, since 20", f"invoke {REVERT}", "--wait"):
            assert part in refusal
        person("verify.workflow")  # a check needs no lock
        timeout = person.refused("publish.all --wait", 3, env={"WAIT_TIMEOUT": "1"})
        assert "waited 1.0 s for" in timeout
    person("publish.all --ref main")


@pytest.mark.thorough
def test_who_waits_continues_as_soon_as_the_other_ends(world: World) -> None:
    with another_run(world):
        second = start(world, f"{REVERT} --wait")
        read_until_it_waits(second)
        world.github.required_checks = []
        printed = second.communicate(timeout=30)[1]
    assert second.returncode == 0
    assert "already reverted by #43" in printed
    assert sorted(world.github.pulls) == [42, 43]


@pytest.mark.thorough
def test_a_program_that_outlives_its_killed_operator_is_waited_for(
    world: World, person: Person
) -> None:
    merge_a_change(world)
    slow = world.folder / "slow"
    slow.mkdir()
    gh = shlex.quote(world.run("sh", "-c", "command -v gh").stdout.strip())
    sleep = f'case "$*" in *revertPullRequest*) touch {slow}/asked; sleep 2;; esac'
    (slow / "gh").write_text(f'#!/bin/sh\n{sleep}\nexec {gh} "$@"\n')
    (slow / "gh").chmod(0o755)
    world.env["TMPDIR"] = str(slow)
    first = start(world, "rollback.revert --pr 42", PATH=f"{slow}:{world.env['PATH']}")
    while not (slow / "asked").exists():
        time.sleep(0.01)
    first.kill()
    first.wait()
    printed = person(REVERT).stderr
    assert "left running to end" in printed
    assert list(slow.glob("rollback-*/*")) == []
    assert "already has an open revert: #43" in printed
    assert sorted(world.github.pulls) == [42, 43]


@pytest.mark.thorough
def test_twenty_at_the_same_moment_come_to_one_result(world: World, exhaustive: bool) -> None:
    merge_a_change(world)
    count = 20 if exhaustive else 4
    refusing = [start(world, f"{REVERT} publish.all") for _ in range(count // 2)]
    waiting = [start(world, f"{REVERT} --wait publish.all") for _ in range(count // 2)]
    printed = {one: one.communicate(timeout=120)[1] for one in [*refusing, *waiting]}
    assert {one.returncode for one in waiting} == {0}, printed
    for one in refusing:
        assert one.returncode == 0 or "another run is in progress here" in printed[one], printed
    assert sorted(world.github.pulls) == [42, 43]
    assert [tag for _, _, tag, _ in world.registry.pushed] == ["1.6.0"]
    assert len(journals(world)) == 1


@pytest.mark.thorough
def test_two_machines_come_to_one_result_since_each_asks_the_world(world: World) -> None:
    number = merge_a_change(world)
    world.github.required_checks = ["lint"]
    other = world.folder / "another machine"
    world.git("clone", "--quiet", f"https://github.com/{world.github.slug}.git", str(other))
    first = start(world, CHAIN)
    assert wait_for(lambda: len(world.github.pulls) == 2)
    second = start(world, CHAIN, REPO_DIR=str(other))
    query = ("POST", "/graphql PullRequestByNumber")
    assert wait_for(lambda: world.github.requests.count(query) > 8)
    world.github.set_check(number + 1, "lint", "success")
    printed = [one.communicate(timeout=60)[1] for one in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], printed
    assert "opened its revert" in printed[0]
    assert "already has an open revert: #43" in printed[1]
    assert sorted(world.github.pulls) == [42, 43]
    assert set(world.registry.snapshot()[REPOSITORY]) == {"1.6.0"}
    digest = world.registry.tags(REPOSITORY)["1.6.0"]
    assert all(digest in text for text in printed)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("blocks", "what"),
    [(0, "no temporary folder can be written"), (1, "git: it could write no more")],
)
def test_a_full_disk_is_one_sentence_and_the_same_command_continues_when_there_is_room(
    world: World, person: Person, blocks: int, what: str
) -> None:
    merge_a_change(world)
    line = f"ulimit -f {blocks}; exec invoke {REVERT}"
    # Python would leave half of a compiled file behind.
    env = {"PYTHONDONTWRITEBYTECODE": "1"}
    ended = world.run("sh", "-c", line, at=PROJECT, env=env)
    assert ended.returncode == 3, ended.stderr
    assert what in ended.stderr
    assert "free some space" in ended.stderr
    assert "Traceback" not in ended.stderr
    person(REVERT)
    assert sorted(world.github.pulls) == [42, 43]
