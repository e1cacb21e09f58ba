"""The workflows of `init --actions`, run by act: look, plan, approve, recover, verify."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.sandbox.github.environments import Environment
from tasks.sandbox.github.runs import Run
from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.world import CHART, World
from tasks.sandbox.worlds import ChartsWorld, PodinfoWorld
from tasks.toolkit.clients.github.workflow_file import Workflow, lint
from tasks.toolkit.workflows.laid_files import ENVIRONMENT, ROLLBACK, WHEN

from .conftest import PROJECT, Person
from .shipped_workflows import shipped_texts
from .test_gate import add_copy, adopt, with_actionlint

LIMIT = 100  # seconds of a run
PAGE = "https://github.com/stianfro/threek8s/actions/workflows/rollback.yml"


def lay(world: World) -> None:
    """Put a copy of the recipes and the workflows on the default branch."""
    add_copy(world)
    adopt("init --actions", world)
    world.commit("ci: roll back from Actions")
    world.git("push", "--quiet", "origin", world.branch)


@pytest.fixture
def laid(world: World) -> World:
    """A sandbox whose release went wrong after the workflows were laid."""
    lay(world)
    secrets = {"ROLLBACK_TOKEN": world.token}
    world.github.actions.environments[ENVIRONMENT] = Environment(["stianfro"], secrets)
    SCENARIOS["publish"].happen(world)
    await_true(lambda: all(run.ended.is_set() for run in runs_of(world, WHEN)))
    return world


def await_true(probe: Callable[[], object]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + LIMIT
    while not probe():
        assert time.monotonic() < end
        time.sleep(0.1)


def runs_of(world: World, path: str) -> list[Run]:
    return [run for run in world.github.runs if run.path == path]


def look(world: World) -> Run:
    """Run when.yml as its schedule does."""
    run = world.github.actions.start(WHEN, "schedule", f"refs/heads/{world.branch}", {})
    run.wait(LIMIT)
    return run


def start(world: World, what: str, **inputs: str) -> Run:
    """Press "Run workflow", and return the run."""
    run = world.github.actions.dispatch(ROLLBACK, world.branch, {"what": what, **inputs})
    assert run
    return run


def review(world: World, run: Run, state: str, seconds: float = 0) -> None:
    """Answer as a reviewer some seconds after a run waits for that, with the real gh."""
    path = f"repos/{world.slug}/actions/runs/{run.id}"
    await_true(lambda: gh(world, path)["status"] == "waiting")
    time.sleep(seconds)
    (pending,) = gh(world, f"{path}/pending_deployments")
    options = [f"-Fenvironment_ids[]={pending['environment']['id']}", f"-fstate={state}"]
    gh(world, f"{path}/pending_deployments", "--method=POST", *options, "-fcomment=seen")


def changed(world: World) -> dict[str, object]:
    """Return what a recovery would change."""
    snapshot = world.snapshot()
    pulls = {number: pull.state for number, pull in world.github.pulls.items()}
    return {"refs": snapshot["refs"], "registry": snapshot["registry"], "pulls": pulls}


def gh(world: World, path: str, *options: str) -> Any:
    ended = world.run("gh", "api", path, *options)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def shown_by(run: Run) -> str:
    """Return what all steps of a run have printed."""
    logs = []
    for job in run.jobs.values():
        logs += [step.log for step in job.steps.values()]
    return "".join(logs)


def conclusions(run: Run) -> dict[str, str | None]:
    return {job.name: job.conclusion for job in run.jobs.values()}


# When to roll back


@pytest.mark.thorough
def test_while_all_is_well_nothing_is_opened(world: World) -> None:
    lay(world)
    world.release("1.6.1", "1.6.0")
    run = look(world)
    assert run.conclusion == "success", shown_by(run)
    assert '"outcome": "clear"' in shown_by(run)
    assert not world.github.issues


# A bad release, from the first look to the end


@pytest.mark.thorough
def test_a_bad_release_is_found_planned_approved_recovered_and_verified(laid: World) -> None:
    issue = found_and_told(laid)
    before = changed(laid)
    looked_at_and_planned(laid)
    run = start(laid, "recover")
    review(laid, run, "rejected")
    assert run.wait(LIMIT) == "failure"
    assert conclusions(run)["Look and plan"] == "success", shown_by(run)
    assert changed(laid) == before
    helpless = start(laid, "recover", pr="42 --help")  # no plan, and no error of the recipes
    assert helpless.wait(LIMIT) == "failure"
    assert conclusions(helpless)["Recover"] == "skipped"
    recovered_and_resumed(laid)
    verified = start(laid, "verify")
    verified.wait(LIMIT)
    assert conclusions(verified)["Look and plan"] == "skipped"
    assert "✓ install passed" in shown_by(verified)
    assert list(laid.github.issues) == [issue]


def found_and_told(laid: World) -> int:
    """Return the issue that when.yml opened, with evidence, suspect and a way to roll back."""
    first, *_ = runs_of(laid, WHEN)
    assert first.event == "workflow_run"
    run = look(laid)
    assert run.conclusion == "failure", shown_by(run)
    (issue,) = laid.github.issues.values()
    assert issue.labels == ["priority: high", "type: incident"]
    assert "publish: `run" in issue.body
    assert "suspected: [#42](https://github.com/stianfro/threek8s/pull/42)" in issue.body
    assert f"[Roll back]({PAGE})" in issue.body
    again = look(laid)
    assert f"#{issue.number} is about it already" in shown_by(again)
    return int(issue.number)


def looked_at_and_planned(laid: World) -> None:
    before = changed(laid)
    for what, conclusion in (("look", "failure"), ("plan", "success")):
        run = start(laid, what)
        assert run.wait(LIMIT) == conclusion, shown_by(run)
        assert conclusions(run)["Recover"] == "skipped"
        assert "suspected: #42" in shown_by(run)
        assert ("gh pr revert 42" in shown_by(run)) == (what == "plan")
    assert changed(laid) == before


def recovered_and_resumed(laid: World) -> None:
    """Recover as a reviewer approves it; all jobs again change nothing, and go on with it."""
    run = start(laid, "recover", pr="42")
    review(laid, run, "approved")
    assert run.wait(LIMIT) == "success", shown_by(run)
    (issue,) = laid.github.issues.values()
    assert "rollback.revert: merged" in issue.body
    assert "- suspected: [#42]" in issue.body
    options = ["--plain-http"] if laid.registry.plain_http else []
    shown = laid.run("helm", "show", "chart", laid.reference, "--version", "1.7.0", *options)
    assert "version: 1.7.0" in shown.stdout, shown.stderr
    kept = laid.folder / "kept"
    laid.run("gh", "run", "download", str(run.id), "--repo", laid.slug, "--dir", str(kept))
    (journal,) = kept.glob("incident/*/journal.jsonl")
    assert laid.token not in journal.read_text()
    after = changed(laid)
    laid.github.actions.rerun(run, only_failed=False)
    review(laid, run, "approved")
    assert run.wait(LIMIT) == "success", shown_by(run)
    assert f"{journal.parent.name}, opened" in shown_by(run)
    assert changed(laid) == after


# From here


def typed_with_review(laid: World, person: Person, line: str, state: str, code: int) -> Any:
    """Type a line that starts a run, answer for its reviewer, and return what was printed."""
    known = len(runs_of(laid, ROLLBACK))
    ended = list[Any]()
    typed = threading.Thread(target=lambda: ended.append(person(line, code)))
    typed.start()
    await_true(lambda: len(runs_of(laid, ROLLBACK)) > known or not typed.is_alive())
    run, *_ = runs_of(laid, ROLLBACK)
    review(laid, run, state, seconds=2)
    typed.join(LIMIT)
    (done,) = ended
    page = f"https://github.com/{laid.slug}/actions/runs/{run.id}"
    assert f"must approve it: {page}" in done.stderr
    return done


@pytest.mark.thorough
def test_recover_on_actions_follows_the_run_and_tells_the_same_as_here(
    laid: World, person: Person
) -> None:
    before = changed(laid)
    plan = person("--dry recover --pr 42 --on-actions").stdout
    assert "gh workflow run rollback.yml" in plan
    assert "--raw-field=pr=42" in plan
    refused = typed_with_review(laid, person, "recover --on-actions", "rejected", 1)
    assert re.search(r"✗ run \d+ ended in failure, \S+: \S+ run.logs", refused.stderr)
    known = len(runs_of(laid, ROLLBACK))
    assert "999" in person("recover --pr 999 --on-actions", 2).stderr
    assert len(runs_of(laid, ROLLBACK)) == known
    unplanned = person("recover --pr 42 --version nonsense --on-actions", 1).stderr
    assert "ended in failure" in unplanned
    assert "kept no journal" not in unplanned
    assert changed(laid) == before
    done = typed_with_review(laid, person, "recover --pr 42 --on-actions", "approved", 0)
    for text in ("✓ chart passed", "Users can install again", "version    1.7.0"):
        assert text in done.stdout, done.stdout
    shown = json.loads(person("timeline.show --json").stdout)
    assert shown["revert"]
    person("support.incident")
    bodies = [issue.body for issue in laid.github.issues.values()]
    assert any("rollback.revert: merged" in body for body in bodies)


def test_what_has_changed_after_the_plan_is_not_published_unseen(
    broken: World, person: Person
) -> None:
    planned = {"PLANNED_COMMIT": broken.git("rev-parse", "HEAD")}
    assert "gh pr revert 42" in person("--dry recover --pr 42", env=planned).stdout
    edits = {f"{CHART}/values.yaml": ("enabled: false", "enabled: true")}
    broken.merge_pull("unseen", "feat: nobody has approved this", edits)
    refused = person.refused("recover --pr 42", 1, planned)
    assert f"main has changed after the plan, in {CHART}/values.yaml" in refused


def test_without_the_workflow_it_says_how_to_lay_it(broken: World, person: Person) -> None:
    refused = person.refused("recover --pr 42 --on-actions")
    assert f"main has no {ROLLBACK}: `invoke init --actions` writes it" in refused
    excluded = person.refused("recover --sha 1234567 --on-actions")
    assert "--on-actions and --sha exclude each other" in excluded
    assert not runs_of(broken, ROLLBACK)


@pytest.mark.thorough
def test_a_run_in_progress_is_followed_only_if_it_does_the_same(
    laid: World, person: Person
) -> None:
    run = start(laid, "recover", pr="42", version="1.9.0")
    await_true(lambda: gh(laid, f"repos/{laid.slug}/actions/runs/{run.id}")["status"] == "waiting")
    assert start(laid, "look").wait(LIMIT) == "failure"  # it waits for no approval
    refused = person.refused("recover --pr 42 --on-actions", 1)
    assert f'run {run.id} "recover of 42 as 1.9.0" is in progress: wait for it' in refused
    reviewing = threading.Thread(target=review, args=(laid, run, "rejected", 2))
    reviewing.start()
    followed = person("recover --pr 42 --version 1.9.0 --on-actions", 1)
    reviewing.join(LIMIT)
    assert "is in progress: following it, no new run" in followed.stderr
    assert f"run {run.id} ended in failure" in followed.stderr
    assert len(runs_of(laid, ROLLBACK)) == 2


@pytest.mark.thorough
def test_a_run_on_a_tag_named_like_the_branch_is_not_followed(laid: World, person: Person) -> None:
    file = laid.clone / ROLLBACK
    file.write_text(file.read_text().replace("when.check", "drill"))
    laid.commit("ci: another workflow")
    tag = f"refs/tags/{laid.branch}"
    laid.git("push", "--quiet", "origin", f"HEAD:{tag}")
    laid.git("reset", "--hard", "--quiet", "HEAD~1")
    actions = laid.github.actions
    run = actions.start(ROLLBACK, "workflow_dispatch", tag, {"inputs": {"what": "recover"}})
    refused = person.refused("recover --on-actions", 1)
    assert f'run {run.id} "recover" is in progress, and its commit is not on main' in refused
    run.cancel()


# The files


def faults_of(text: str, path: str) -> list[str]:
    """Return what GitHub and actionlint find wrong in a workflow."""
    linted = lint(with_actionlint(), text)
    assert linted is not None
    faults = Workflow.parse(text, path).faults()
    return [*map(str, faults), *linted]


def test_the_shipped_files_are_those_that_init_writes() -> None:
    for path, text in shipped_texts().items():
        assert (PROJECT / path).read_text() == text
        assert not faults_of(text, path)


def test_the_files_have_their_pins_and_least_permissions(world: World) -> None:
    add_copy(world)
    adopt("init --actions", world)
    for path in (ROLLBACK, WHEN):
        text = (world.clone / path).read_text()
        assert not faults_of(text, path)
        for used in re.findall(r"^ *-? *uses: (\S+)", text, re.M):
            assert used == "./rollback" or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", used)
        document = Workflow.parse(text, path).document
        assert document["permissions"] == {}
        for name, job in document["jobs"].items():
            writes = {key for key, value in job["permissions"].items() if value == "write"}
            assert writes == WRITES.get(name, set())
            assert ("ROLLBACK_TOKEN" in str(job)) == (name == "recover")
    assert world.env["REGISTRY"] in text


WRITES = {
    "recover": {"actions", "contents", "issues", "packages", "pull-requests"},
    "check": {"issues"},
}


@pytest.mark.thorough
def test_they_fit_other_repositories(podinfo: PodinfoWorld, charts: ChartsWorld) -> None:
    for other, name in ((podinfo, "Release"), (charts, "Publish")):
        add_copy(other)
        adopt("init --actions", other)
        for path in (ROLLBACK, WHEN):
            assert not faults_of((other.clone / path).read_text(), path)
        when = Workflow.parse((other.clone / WHEN).read_text(), WHEN)
        assert name.lower() in str(when.triggers["workflow_run"]["workflows"]).lower()


@pytest.mark.thorough
def test_a_file_of_yours_stays_and_then_neither_is_written(world: World) -> None:
    add_copy(world)
    mine = world.clone / WHEN
    mine.write_text("mine\n")
    refused = adopt("init --actions", world, 1)
    assert "when.yml exists, is not what would be written, and is not changed" in refused.stderr
    assert mine.read_text() == "mine\n"
    assert not (world.clone / ROLLBACK).exists()
    mine.unlink()
    adopt("init --actions", world)
    assert "is there already: nothing to write" in adopt("init --actions", world).stderr


# The action


def step_of_action(run: str, output: Path) -> subprocess.CompletedProcess[str]:
    """Run the step of action.yml as the runner does."""
    action = yaml.safe_load((PROJECT / "action.yml").read_text())
    (step,) = action["runs"]["steps"]
    env = {
        **os.environ,
        "RUN": run,
        "GITHUB_ACTION_PATH": str(PROJECT),
        "GITHUB_OUTPUT": str(output),
    }
    argv = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)


def test_the_action_takes_the_words_of_all_lines_and_refuses_none(tmp_path: Path) -> None:
    output = tmp_path / "output"
    ended = step_of_action("--help\n  recover\n", output)
    assert ended.stdout.startswith("Usage: ")
    assert " recover " in ended.stdout
    for run in ("", " \n"):
        assert step_of_action(run, output).returncode == 2
    assert step_of_action("verify.*", output).returncode == 2
    assert output.read_text() == "code=0\ncode=2\ncode=2\ncode=2\n"
