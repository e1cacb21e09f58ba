"""Recovery Timeline: what the incident's record says of the three stages, and who may write it."""

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
CHAIN = "rollback.revert --pr 42 --merge publish.all verify.all"


def journals(world: World) -> list[Path]:
    return sorted(world.clone.glob(".rollback/*/journal.jsonl"))


def stages(person: Person) -> dict[str, Any]:
    return {
        stage["name"]: stage for stage in json.loads(person("timeline --json").stdout)["stages"]
    }


@contextmanager
def at_work(world: World) -> Iterator[subprocess.Popen[str]]:
    """Let another operator be at work while the block lasts: one who waits for a check that does not come."""
    world.merge_pull("two", "feat: two", TWO, 42)
    world.github.required_checks = ["never"]
    argv = ["invoke", "rollback.revert", "--pr", "42", "--merge"]
    running = subprocess.Popen(argv, cwd=PROJECT, env=world.env, text=True, stderr=subprocess.PIPE)
    assert running.stderr
    while "waiting for" not in running.stderr.readline():
        assert running.poll() is None
    try:
        yield running
    finally:
        running.send_signal(signal.SIGKILL)
        running.communicate(timeout=30)


def test_one_incident_is_written_down_hidden_from_git_and_goes_on_in_the_next_invocation(
    world: World, person: Person
) -> None:
    world.merge_pull("two", "feat: two", TWO, 42)
    person("rollback.revert --pr 42 --merge")
    told = person("publish.all").stderr
    assert "goes on" in told and "from the merged revert" in told
    assert len(journals(world)) == 1
    events = [json.loads(line) for line in journals(world)[0].read_text().splitlines()]
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
    found = stages(person)
    assert [found[name]["state"] for name in ("Immediate", "Quick", "Full")] == [
        "in time",
        "in time",
        "to do",
    ]
    assert 0 < found["Immediate"]["end"] < found["Quick"]["end"]
    assert all(
        found[name]["elapsed"] == found[name]["end"] - found[name]["start"]
        for name in ("Immediate", "Quick")
    )
    assert found["Full"]["elapsed"] is None


def test_what_only_looks_and_a_dry_run_open_no_incident(world: World, person: Person) -> None:
    world.merge_pull("two", "feat: two", TWO, 42)
    person("verify.all", 1)
    person(f"--dry {CHAIN}")
    assert not (world.clone / ".rollback").exists()
    assert "there is no incident" in person.refused("timeline")


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
    for events in journals(world):
        events.write_text(
            re.sub(
                r'"at": "[^"]*"',
                f'"at": "{datetime.now(UTC) - timedelta(days=3, hours=4)}"',
                events.read_text(),
            )
        )
    told = person("publish.package").stderr
    assert re.search(
        r"incident +! 20\S+, begun 3 d 4 h ago, goes on\nincident +→ if it is over: invoke timeline.stop\n",
        told,
    )


def test_a_reason_that_comes_too_late_is_said_to_be_written_nowhere(
    world: World, person: Person
) -> None:
    person("timeline.start --reason 'a bad path'")
    before = [file.read_bytes() for file in journals(world)]
    assert (
        'its reason stays "a bad path", and "another" is written nowhere'
        in person("timeline.start --reason another").stderr
    )
    assert "nowhere" not in person("timeline.start --reason 'a bad path'").stderr
    assert [file.read_bytes() for file in journals(world)] == before


def test_a_dry_start_and_stop_say_what_they_would_do_and_do_not(
    world: World, person: Person
) -> None:
    assert (
        person("--dry timeline.start").stdout
        == f"(set -e\n# an incident is opened in {world.clone}/.rollback\n)\n"
    )
    assert journals(world) == []
    person("timeline.start")
    assert (
        person("--dry timeline.stop").stdout
        == f"(set -e\n# incident {journals(world)[0].parent.name} is closed\n)\n"
    )
    assert "is closed after" in person("timeline.stop").stderr


def test_something_else_in_the_place_of_the_records_folder_is_named(
    world: World, person: Person
) -> None:
    (world.clone / ".rollback").write_text("a file\n")
    assert f"{world.clone}/.rollback is something else than a folder" in person.refused(
        "timeline.start", 3
    )
    assert (world.clone / ".rollback").read_text() == "a file\n"


@pytest.mark.thorough
def test_a_recovered_incident_counts_in_the_history_and_draws_as_a_gantt_chart(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    world.merge_pull("two", "feat: two", TWO, 42)
    person("rollback.revert --pr 42 --merge publish.all --version 1.6.2")
    options = ["--ref", "main", "-f", "chart_version=1.6.2", "-R", world.github.slug]
    assert world.run("gh", "workflow", "run", "publish-helm.yml", *options).returncode == 0
    person("verify.all --strict")
    assert stages(person)["Full"]["state"] == "in time"
    found = json.loads(person("timeline.history --json").stdout)
    assert found["recovered"] == 1 and found["median"] == found["worst"] > 0
    chart = person("timeline --mermaid").stdout
    assert chart.startswith("gantt\n")
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}"
    assert re.search(
        rf"section Quick \(30 min\)\n    publish\.package :done, {moment}, {moment}\n", chart
    )
    told = person("timeline").stdout
    assert "manual chart publication" in told and "█" in told
    assert "there is no incident 'x'" in person.refused("timeline --incident-id x")


def test_state_dir_takes_the_record_elsewhere(world: World, person: Person, tmp_path: Path) -> None:
    person("publish.all", env={"STATE_DIR": str(tmp_path / "kept")})
    assert len(list((tmp_path / "kept").glob("*/journal.jsonl"))) == 1
    assert not (world.clone / ".rollback").exists()


def test_a_state_dir_with_a_gitignore_of_the_persons_own_keeps_it(
    world: World, person: Person, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    person("timeline.start", env={"STATE_DIR": str(kept)})
    assert ((kept / ".gitignore").read_text(), (kept / ".gitignore").stat().st_mode & 0o777) == (
        "*\n",
        0o600,
    )
    (kept / ".gitignore").write_text("mine\n")
    person("timeline.stop", env={"STATE_DIR": str(kept)})
    assert (kept / ".gitignore").read_text() == "mine\n"
    assert world


@pytest.mark.thorough
def test_an_empty_record_and_one_of_newer_recipes_are_a_sentence(
    world: World, person: Person
) -> None:
    person("timeline.start")
    (journal,) = journals(world)
    for line in ("timeline", "timeline --mermaid", "timeline.history", "support.lessons"):
        journal.write_text("")
        person(line)
    assert person("timeline --mermaid").stdout.startswith("gantt\n")
    journal.write_text('{"schema": 2}\n')
    for line in (
        "timeline",
        "timeline.history",
        "verify.workflow",
        "publish.all",
        "support.lessons",
    ):
        assert "written by newer recipes (schema 2)" in person.refused(line)
    assert journal.read_text() == '{"schema": 2}\n'


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


def test_a_second_operator_is_told_who_is_at_work_since_when_and_with_what(
    world: World, person: Person
) -> None:
    with at_work(world) as first:
        told = person.refused("publish.all", 1)
        assert (
            f"pid {first.pid}, since 20" in told
            and "invoke rollback.revert --pr 42 --merge" in told
            and "--wait" in told
        )
        person("verify.workflow")  # looking is free
        assert "waited 1.0 s for" in person.refused(
            "publish.all --wait", 3, env={"WAIT_TIMEOUT": "1"}
        )
    person("publish.all --ref main")


def test_who_waits_goes_on_as_soon_as_the_other_ends(world: World) -> None:
    with at_work(world):
        argv = ["invoke", "rollback.revert", "--pr", "42", "--merge", "--wait"]
        second = subprocess.Popen(
            argv, cwd=PROJECT, env=world.env, text=True, stderr=subprocess.PIPE
        )
        assert second.stderr
        while "waiting for" not in second.stderr.readline():
            assert second.poll() is None
        world.github.required_checks = []
        told = second.communicate(timeout=30)[1]
    assert second.returncode == 0
    assert "is reverted already by #43" in told
    assert sorted(world.github.pulls) == [42, 43]


@pytest.mark.thorough
def test_a_program_that_outlives_its_killed_operator_is_waited_for(
    world: World, person: Person
) -> None:
    world.merge_pull("two", "feat: two", TWO, 42)
    slow = world.folder / "slow"
    slow.mkdir()
    gh = shlex.quote(world.run("sh", "-c", "command -v gh").stdout.strip())
    (slow / "gh").write_text(
        f'#!/bin/sh\n[ "$2" != revert ] || {{ touch {slow}/asked; sleep 2; }}\nexec {gh} "$@"\n'
    )
    (slow / "gh").chmod(0o755)
    world.env["TMPDIR"] = str(slow)
    env = {**world.env, "PATH": f"{slow}:{world.env['PATH']}"}
    first = subprocess.Popen(
        ["invoke", "rollback.revert", "--pr", "42"], cwd=PROJECT, env=env, stderr=subprocess.DEVNULL
    )
    while not (slow / "asked").exists():
        time.sleep(0.01)
    first.kill()
    first.wait()
    told = person("rollback.revert --pr 42 --merge").stderr
    assert "left running to end" in told
    assert list(slow.glob("rollback-*/*")) == []
    assert "has its revert already, which is open: #43" in told
    assert sorted(world.github.pulls) == [42, 43]


@pytest.mark.thorough
def test_twenty_at_the_same_moment_come_to_one_result(world: World, exhaustive: bool) -> None:
    world.merge_pull("two", "feat: two", TWO, 42)
    line = "rollback.revert --pr 42 --merge --wait publish.all"
    running = [
        subprocess.Popen(["invoke", *shlex.split(line if n % 2 else line.replace(" --wait", ""))], cwd=PROJECT, env=world.env, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for n in range(20 if exhaustive else 4)
    ]  # fmt: skip
    ends = [process.communicate(timeout=120)[1] for process in running]
    codes = [process.returncode for process in running]
    assert set(codes[1::2]) == {0}, ends
    assert all(
        code == 0 or "is at work here" in end for code, end in zip(codes, ends, strict=True)
    ), ends
    assert sorted(world.github.pulls) == [42, 43]
    assert [tag for _, _, tag, _ in world.registry.pushed] == ["1.6.0"]
    assert len(journals(world)) == 1


@pytest.mark.thorough
def test_two_machines_come_to_one_result_since_what_the_world_shows_wins(world: World) -> None:
    number = world.merge_pull("two", "feat: two", TWO, 42)
    world.github.required_checks = ["lint"]
    other = world.folder / "another machine"
    world.git("clone", "--quiet", f"https://github.com/{world.github.slug}.git", str(other))
    argv = ["invoke", *shlex.split(CHAIN)]
    running = [
        subprocess.Popen(
            argv,
            cwd=PROJECT,
            env={**world.env, "REPO_DIR": str(clone)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for clone in (world.clone, other)
        if clone is world.clone or wait_for(lambda: len(world.github.pulls) == 2)
    ]
    assert wait_for(
        lambda: world.github.requests.count(("POST", "/graphql PullRequestByNumber")) > 8
    )
    world.github.set_check(number + 1, "lint", "success")
    ends = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], ends
    assert (
        "opened its revert" in ends[0] and "has its revert already, which is open: #43" in ends[1]
    )
    assert sorted(world.github.pulls) == [42, 43]
    assert set(world.registry.snapshot()["stianfro/threek8s/chart/threek8s"]) == {"1.6.0"}
    assert all(
        world.registry.tags("stianfro/threek8s/chart/threek8s")["1.6.0"] in end for end in ends
    )


def wait_for(condition: Callable[[], bool]) -> bool:
    """Wait until the condition holds, ten seconds at the most."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.mark.parametrize(
    ("blocks", "told"),
    [(0, "no temporary folder can be written"), (1, "journal.jsonl could not be written")],
)
def test_a_full_disk_is_one_sentence_and_the_same_command_goes_on_when_there_is_room(
    world: World, person: Person, blocks: int, told: str
) -> None:
    world.merge_pull("two", "feat: two", TWO, 42)
    done = world.run(
        "sh", "-c", f"ulimit -f {blocks}; exec invoke rollback.revert --pr 42 --merge", at=PROJECT
    )
    assert done.returncode == 3, done.stderr
    assert (
        told in done.stderr and "free some space" in done.stderr and "Traceback" not in done.stderr
    )
    person("rollback.revert --pr 42 --merge")
    assert sorted(world.github.pulls) == [42, 43]
