"""Recover without --pr: the suspect is chosen, or the choices are listed; it ends with a card."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tasks.sandbox.github.faults import BAD_GATEWAY
from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.server import Reply
from tasks.sandbox.world import CHART, WORKFLOW, World

from .conftest import PROJECT, Person, set_outcome
from .scenes import happen

RELEASE_FILE = ".github/workflows/release.yml"
VALUES = f"{CHART}/values.yaml"
DEPLOYMENT = f"{CHART}/templates/deployment.yaml"
NEEDED = '{{ required "a host is needed" .Values.host | quote }}'


def rows(printed: str) -> dict[str, str]:
    """Return the rows of a card by their labels; a long value stands below its label."""
    printed = re.sub(r"^(  \w[\w ]*)\n {4}(?=\S)", r"\1  ", printed, flags=re.M)
    printed = re.sub(r"\\\n *", "", printed)
    return dict(re.findall(r"^  (\w[\w ]*?)  +(\S.*)$", printed, re.M))


def test_the_only_suspect_is_reverted_with_what_is_advised_and_the_card_says_what_is_left(
    world: World, person: Person
) -> None:
    happen(world, SCENARIOS["install"].happen)
    world.github.check_seconds = 0.1
    recovered = person("recover")
    assert '#42 "feat: expose the dashboard by default" is the only suspect' in recovered.stderr
    assert "the same as invoke recover --pr 42 --version next" in recovered.stderr
    assert world.github.pulls[44].state == "MERGED"
    card = recovered.stdout[recovered.stdout.index("Users can install again\n") :]
    found = rows(card)
    assert found["version"] == "1.7.101"
    ((repository, digest),) = [
        (repository, digest)
        for _, repository, tag, digest in world.registry.pushed
        if tag == "1.7.101"
    ]
    assert found["digest"] == digest
    assert found["reference"].endswith(f"/{repository}")
    assert found["revert"].startswith("#44 https://")
    assert world.github.pulls[44].merge_sha.startswith(found["merged as"])
    assert found["left"] == "workflow is not verified: no run since the revert"
    assert card.splitlines()[-1].strip() == "invoke recover --redeploy"
    typed = found["install"].split()
    assert world.run(*typed, "--dry-run=client").returncode in (0, 1)
    assert world.run("helm", "template", *typed[3:]).returncode == 0
    assert "! users can install again, " in recovered.stderr
    assert "→ to tell users: invoke support.incident support.notify" in recovered.stderr
    person("support.incident support.notify")
    ended = person("recover --redeploy").stderr
    end = "invoke support.notify --resolved support.lessons --close"
    assert f"→ to end the incident: {end}\n" in ended


@pytest.mark.thorough
def test_where_the_version_is_taken_the_line_with_another_is_named_and_not_chosen(
    world: World, person: Person
) -> None:
    happen(world, SCENARIOS["install"].happen)
    world.github.check_seconds = 0.1
    before = list(world.registry.pushed)
    line = "recover --pr 42 --version next"
    for typed in ("recover --pr 42", "recover"):
        stopped = person(typed, 1).stderr
        assert f"under the next free version: invoke {line}; only" in stopped
        assert "--ref" not in stopped
    assert world.registry.pushed == before
    person(line)
    assert "1.7.101" in [tag for _, _, tag, _ in world.registry.pushed]


@pytest.mark.thorough
def test_redeploy_runs_the_workflow_once_and_only_then_is_it_recovered(
    broken: World, person: Person
) -> None:
    person("when.check", 1)
    runs = len(broken.github.runs)
    planned = person("--dry recover --redeploy").stdout
    assert "gh workflow run publish-helm.yml" in planned
    assert planned.endswith("\n)\n")
    assert len(broken.github.runs) == runs
    result = json.loads(person("recover --json").stdout)
    assert result["outcome"] == "unknown"
    assert "invoke recover --redeploy" in result["next"]
    recovered = person("recover --redeploy")
    assert "\nRecovered\n" in recovered.stdout
    assert "left" not in rows(recovered.stdout)
    assert "✓ recovered, " in recovered.stderr
    assert [run.event for run in broken.github.runs].count("workflow_dispatch") == 1
    before = broken.snapshot()
    again = person("recover --redeploy").stderr
    assert "has begun to revert #42: it continues" in again
    assert "the same as invoke recover --pr 42 --redeploy\n" in again
    assert "none is started" in again
    first = re.search(r"✓ recovered, (\S+ \w+) after", recovered.stderr)
    assert first
    assert f"✓ still recovered, first {first[1]} after the incident was opened" in again
    assert broken.snapshot() == before
    person("support.lessons")
    (lessons,) = broken.clone.glob(".rollback/*/lessons.md")
    (first,) = re.findall(r"First triggers: .* by `(.*)`", lessons.read_text())
    assert first == "invoke when.check"


def move_chart(podinfo: World) -> None:
    """Release a version whose workflow pushes the chart elsewhere, since a pull request."""
    edit = ("/stefanprodan/charts $HELM", "/stefanprodan/podinfo/chart $HELM")
    podinfo.release("6.13.1", "6.13.0")
    podinfo.merge_pull("registry-path", "Move the chart", {RELEASE_FILE: edit}, 42)
    podinfo.release("6.14.0", "6.13.1")


def fail_until(world: World, file: str, command: str) -> Path:
    """Let a command of a workflow fail as long as the path that is returned does not exist."""
    up = world.folder / "up"
    step = command.replace("helm", f"test -e {up} && helm")
    world.git("pull", "--quiet", "--ff-only")
    world.commit("ci: wait for the proxy", {file: (command, step)})
    world.git("push", "--quiet", "origin", "HEAD")
    return up


@pytest.mark.thorough
def test_an_interrupted_redeployment_says_what_goes_on_and_what_is_left(
    broken: World, person: Person
) -> None:
    person("recover")
    broken.git("pull", "--quiet", "--ff-only")
    broken.commit("ci: take longer", {WORKFLOW: ("run: helm lint", "run: sleep 5; helm lint")})
    broken.git("push", "--quiet", "origin", "HEAD")
    argv = ["invoke", "recover", "--redeploy"]
    env = broken.env
    with subprocess.Popen(argv, cwd=PROJECT, env=env, stderr=subprocess.PIPE, text=True) as running:
        printed = ""
        assert running.stderr
        while "started on main" not in printed:
            printed += running.stderr.readline()
        running.send_signal(signal.SIGINT)
        printed += running.stderr.read()
    assert running.returncode == 130
    number = broken.github.runs[0].id
    assert f"! run {number} goes on; to watch it: invoke run.watch --run {number}\n" in printed
    stopped = "! Stopped. Revert #43 is merged. 1.7.0 is published. Left: verify\n"
    assert stopped in printed
    assert "to resume: invoke recover --pr 42 --redeploy" in printed
    shown = person("doctor").stdout
    assert "invoke recover --pr 42" in shown


@pytest.mark.thorough
def test_redeploy_runs_the_failed_jobs_of_its_run_again(broken: World, person: Person) -> None:
    up = fail_until(broken, WORKFLOW, "helm lint")
    failed = person("recover --redeploy", 1)
    run = broken.github.runs[0]
    assert (run.event, run.conclusion) == ("workflow_dispatch", "failure")
    assert failed.stdout.splitlines()[-1].strip() == "invoke recover --redeploy"
    runs = len(broken.github.runs)
    planned = person("--dry recover --redeploy").stdout
    assert "# plan: 1 workflow run\n" in planned
    assert f"gh run rerun {run.id} --failed" in planned
    up.touch()
    answers = broken.github.faults
    answers.add("POST .*rerun", Reply(403))
    assert "GitHub does not re-run run" in person("recover --redeploy", 1).stderr
    answers.add("POST .*rerun", BAD_GATEWAY, late=True)
    recovered = person("recover --redeploy")
    assert "\nRecovered\n" in recovered.stdout
    assert len(broken.github.runs) == runs
    assert (run.attempt, run.conclusion) == (2, "success")


@pytest.mark.thorough
def test_redeploy_runs_a_release_again_that_nobody_can_run_by_hand(
    podinfo: World, person: Person
) -> None:
    move_chart(podinfo)
    person("recover")
    up = fail_until(podinfo, RELEASE_FILE, "helm package")
    podinfo.release("6.14.1", "6.14.0")
    (run, *_) = podinfo.github.runs
    assert (run.head_branch, run.conclusion) == ("6.14.1", "failure")
    plan = person("--dry recover --pr 42 --redeploy").stdout
    for attempt in (2, 3):  # pasted again, it waits for its own attempt
        failed = podinfo.run("sh", "-c", plan)
        assert failed.returncode == 1, plan + failed.stderr
        assert f"run {run.id}: failure" in failed.stdout
        assert (run.attempt, run.conclusion) == (attempt, "failure")
    up.touch()
    recovered = person("recover --pr 42 --redeploy")
    assert "\nRecovered\n" in recovered.stdout
    assert podinfo.github.runs[0] is run
    assert (run.attempt, run.conclusion) == (4, "success")
    assert "6.14.1" in [tag for _, _, tag, _ in podinfo.registry.pushed]


@pytest.mark.thorough
def test_a_pasted_redeployment_waits_until_its_run_has_published(
    broken: World, person: Person
) -> None:
    plan = person("--dry recover --redeploy").stdout
    pasted = broken.run("sh", "-c", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    run = broken.github.runs[0]
    assert (run.event, run.conclusion) == ("workflow_dispatch", "success")
    assert broken.run("helm", "show", "chart", broken.reference, "--plain-http").returncode == 0


@pytest.mark.thorough
def test_a_workflow_that_nobody_can_run_by_hand_is_named_and_all_else_is_verified(
    podinfo: World, person: Person
) -> None:
    move_chart(podinfo)
    ended = person("recover --redeploy", 1)
    assert "nobody can run release.yml by hand" in ended.stderr
    assert "workflow is not verified" in rows(ended.stdout)["left"]
    assert rows(ended.stdout)["version"] == "6.14.0"


@pytest.mark.thorough
def test_it_is_not_recovered_while_a_trigger_still_fires(world: World, person: Person) -> None:
    happen(world, SCENARIOS["versions"].happen)
    world.github.check_seconds = 0.1
    ended = person("recover --pr 42 --redeploy", 1)
    assert "Not recovered yet\n" in ended.stdout
    assert "versions still fires" in rows(ended.stdout)["left"]
    advised = "invoke recover --pr 42 --version next --app-version 1.7.0"
    assert ended.stdout.splitlines()[-1].strip() == advised
    assert "✗ versions are out of sync" in ended.stderr
    recovered = person(advised.removeprefix("invoke "))
    assert rows(recovered.stdout)["version"] == "1.7.101"
    person("when.check")


@pytest.mark.thorough
def test_where_no_trigger_fires_there_is_nothing_to_recover(world: World, person: Person) -> None:
    happen(world, lambda made: made.release("1.6.1", "1.6.0"))
    before = world.snapshot()
    assert "✓ nothing to recover: no trigger fires" in person("recover").stderr
    assert world.snapshot() == before
    assert "there is no incident" in person.refused("timeline")


def break_twice(world: World) -> None:
    """Release a chart that cannot be installed, after two changes of it."""
    world.release("1.6.1", "1.6.0")
    edit = ("  replicas: ", f"  # {NEEDED}\n  replicas: ")
    world.merge_pull("host", "feat: require a host", {DEPLOYMENT: edit}, 42)
    again = ("  replicas: ", "  # the number\n  replicas: ")
    world.merge_pull("comment", "docs: say what it is", {DEPLOYMENT: again})
    world.release("1.7.0", "1.6.1")


@pytest.mark.thorough
def test_several_suspects_are_listed_each_above_its_line_and_nothing_is_changed(
    world: World, person: Person
) -> None:
    happen(world, break_twice)
    before = world.snapshot()
    printed = person("recover", 1).stderr
    assert world.snapshot() == before
    assert "what to revert is not clear" in printed.splitlines()[-1]
    lines = [line[20:] for line in printed.splitlines()]
    for number, title in ((42, "feat: require a host"), (43, "docs: say what it is")):
        place = lines.index(f"→ invoke recover --pr {number} --version next")
        assert lines[place - 1].startswith(f'· #{number} "{title}" changed the chart\'s')
    assert "there is no incident" in person.refused("timeline")


@pytest.mark.thorough
def test_nothing_is_reverted_while_one_trigger_is_unknown(world: World, person: Person) -> None:
    happen(world, SCENARIOS["versions"].happen)
    set_outcome(world.github.runs[0], None, "in_progress")
    before = world.snapshot()
    printed = person("recover", 1).stderr
    assert world.snapshot() == before
    assert "publish unknown: " in printed
    assert "→ invoke recover --pr 42 --version next --app-version 1.7.0" in printed


@pytest.mark.thorough
def test_what_could_not_be_read_is_not_nothing_to_recover(world: World, person: Person) -> None:
    happen(world, lambda made: made.release("1.6.1", "1.6.0"))
    world.registry.server.answer = lambda _: Reply(500)
    printed = person("recover", 3, {"WAIT_TIMEOUT": "0"}).stderr
    assert "could not check" in printed.splitlines()[-1]
    assert "nothing to recover" not in printed


def test_options_that_exclude_each_other_are_refused_as_that(person: Person) -> None:
    assert "--pr and --sha exclude each other" in person.refused("recover --pr 42 --sha abc")
    for option in ("--version 1.7.1", "--app-version 1.7.1"):
        refused = person.refused(f"recover --pr 42 --skip-publish {option}")
        assert f"--skip-publish and {option.split()[0]} exclude each other" in refused


@pytest.mark.thorough
def test_a_recovery_that_stopped_says_what_is_left_and_goes_on_without_its_number(
    broken: World, person: Person
) -> None:
    broken.github.check_seconds = 1000
    stopped = person("recover --version 1.7.5", 3, {"WAIT_TIMEOUT": "0.2"}).stderr
    assert "! Stopped. Revert #43 is open, not merged. Left: merge, publish, verify" in stopped
    assert "done" not in stopped[stopped.index("Stopped") :]
    assert "to resume: invoke recover --pr 42 --version 1.7.5\n" in stopped
    again = person("recover --pr 42", 3, {"WAIT_TIMEOUT": "0.2"}).stderr
    assert "the same as invoke recover --version 1.7.5 --pr 42\n" in again
    broken.github.check_seconds = 0.1
    resumed = person("recover")
    assert "has begun to revert #42: it continues" in resumed.stderr
    assert "the same as invoke recover --pr 42 --version 1.7.5" in resumed.stderr
    assert rows(resumed.stdout)["version"] == "1.7.5"
