"""The gate: the workflow that `init --gate` writes, run by act on pull requests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tasks.sandbox.github.runs import Run
from tasks.sandbox.scenarios import MOVING_BRANCH, SCENARIOS
from tasks.sandbox.world import CHART, World
from tasks.sandbox.worlds import CHARTS, ChartsWorld
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.github.workflow_file import Workflow, lint
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.workflows.gate import GATE, TOUCHED_NOTHING

from .conftest import PROJECT
from .preloaded import preloaded_invoke

FOUND = ("REPO_DIR", "REGISTRY", "WORKFLOW", "CHART_DIR")
REHEARSAL = "Rehearse the release of the chart"
PYTHON = f'#!/bin/sh\nexec {sys.executable} "$@"\n'


def adopt(line: str, world: World, code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
    """Type `init` in the clone of a world that nobody has adopted, and return what it printed."""
    unset = {name: value for name, value in world.env.items() if name not in FOUND}
    environ = {**unset, "ENV_FILE": str(world.folder / "none.env"), **env}
    words = ["--search-root", str(PROJECT), *line.split()]
    ended = preloaded_invoke().run(words, world.clone, environ)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert world.token not in ended.stdout + ended.stderr
    return ended


def with_actionlint() -> ProcessRunner:
    """Return what runs programs, among them the actionlint of the tests."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return ProcessRunner({**os.environ, "PATH": path}, 30, Executor(dry_run=False))


def add_copy(world: World) -> None:
    """Copy the recipes into the clone, with an environment that needs no download in a job."""
    adopt("init --copy rollback", world)
    copy = world.clone / "rollback"
    python = copy / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON)
    python.chmod(0o755)
    shutil.copy(copy / "requirements.txt", copy / ".venv" / ".pins")
    world.git("add", "--force", "rollback")
    world.git("commit", "--quiet", "--message", "chore: keep the recipes here")


def add_gate(world: World) -> str:
    """Put a copy of the recipes and the gate on the default branch, and return the gate's text."""
    add_copy(world)
    adopt("init --gate", world)
    world.commit("ci: rehearse releases")
    world.git("push", "--quiet", "origin", world.branch)
    return (world.clone / GATE).read_text()


def run_gate(world: World, branch: str) -> Run:
    """Run the gate on the merge of a branch, as GitHub does for a pull request."""
    merged = f"merge-{branch}"
    world.git("switch", "--quiet", "--create", merged, world.branch)
    world.git("merge", "--quiet", "--no-ff", "--message", "Merge", f"origin/{branch}")
    world.git("push", "--quiet", "origin", merged)
    world.git("switch", "--quiet", world.branch)
    pull = {"number": 42, "base": {"ref": world.branch}, "head": {"ref": branch}}
    payload = {"action": "opened", "number": 42, "pull_request": pull}
    run = world.github.actions.start(GATE, "pull_request", f"refs/heads/{merged}", payload)
    assert run.ended.wait(120)
    return run


def gate_steps(world: World) -> dict[str, set[str]]:
    """Return the paths that each step of the gate asks for, and the chart that it rehearses."""
    workflow = Workflow.parse((world.clone / GATE).read_text(), GATE)
    found = {}
    for step in workflow.steps():
        script = str(step.get("run", ""))
        paths = re.findall(r"^  ([^\s)]+?)(?: \\|\))$", script, re.M)
        charts = re.findall(r"prevention.rehearse --chart (\S+)", script)
        found[str(step["name"])] = {*paths, *[f"rehearse {chart}" for chart in charts]}
    return found


def clone_of_recipes(world: World) -> Path:
    """Return a repository of the recipes, whose origin is on GitHub and has nothing yet."""
    recipes = world.folder / "recipes"
    adopt(f"init --copy {world.clone / 'recipes'}", world)
    (world.clone / "recipes").rename(recipes)
    world.git("init", "--quiet", at=recipes)
    world.git("add", "--all", at=recipes)
    world.git("commit", "--quiet", "--message", "feat: the recipes", at=recipes)
    world.git("remote", "add", "origin", "https://github.com/acme/recipes.git", at=recipes)
    return recipes


def init_by(recipes: Path, world: World) -> subprocess.CompletedProcess[str]:
    """Let other recipes than these add the gate."""
    env = {name: value for name, value in world.env.items() if name not in FOUND}
    argv = [sys.executable, "-P", str(recipes / "tasks/__main__.py"), "init", "--gate"]
    return subprocess.run(
        argv,
        cwd=world.clone,
        env={**env, "ENV_FILE": str(world.folder / "none.env")},
        text=True,
        capture_output=True,
        check=False,
    )


def push_branch(world: World, branch: str, edits: Mapping[str, tuple[str, str]]) -> None:
    world.git("switch", "--quiet", "--create", branch)
    world.commit(f"feat: {branch}", edits)
    world.git("push", "--quiet", "origin", branch)
    world.git("switch", "--quiet", world.branch)


def steps_of(run: Run) -> dict[str, str]:
    """Return what the steps of the gate's only job printed, by their names."""
    (job,) = run.jobs.values()
    return {step.name: step.log for step in job.steps.values()}


def uses_in(text: str) -> list[str]:
    return re.findall(r"uses: (\S+)", text)


# What it does


@pytest.mark.thorough
def test_it_fails_where_the_path_moves_and_succeeds_where_the_release_works(world: World) -> None:
    SCENARIOS["gate"].happen(world)
    add_gate(world)
    before = world.registry.snapshot()
    moved = run_gate(world, MOVING_BRANCH)
    assert moved.conclusion == "failure"
    shown = steps_of(moved)[REHEARSAL]
    assert "✗ pushed failed" in shown  # not in doubt for what another job did not rehearse
    assert "landed at oci://ghcr.io/stianfro/charts/threek8s" in shown
    push_branch(world, "values", {f"{CHART}/values.yaml": ("enabled: false", "enabled: true")})
    harmless = run_gate(world, "values")
    assert harmless.conclusion == "success", steps_of(harmless)
    assert "where users install from" in steps_of(harmless)[REHEARSAL]
    assert world.registry.snapshot() == before


def test_it_rehearses_nothing_for_what_no_release_depends_on(charts: ChartsWorld) -> None:
    add_gate(charts)
    push_branch(charts, "readme", {"README.md": ("# ", "# The ")})
    run = run_gate(charts, "readme")
    assert run.conclusion == "success"
    rehearsals = {name: log for name, log in steps_of(run).items() if name.startswith("Rehearse")}
    assert len(rehearsals) == len(CHARTS)
    for log in rehearsals.values():
        assert log.strip() == TOUCHED_NOTHING


def test_each_of_several_charts_is_rehearsed_for_its_own_files_and_for_the_workflow(
    charts: ChartsWorld,
) -> None:
    add_gate(charts)
    steps = gate_steps(charts)
    assert steps["Rehearse the release of argo-cd"] == {
        "charts/argo-cd", ".github/workflows/publish.yml", GATE, "rehearse argo-cd"
    }  # fmt: skip
    assert len([name for name in steps if name.startswith("Rehearse the release")]) == len(CHARTS)


# The file


def test_github_and_actionlint_take_it_and_it_has_neither_a_token_nor_a_loose_pin(
    world: World,
) -> None:
    text = add_gate(world)
    workflow = Workflow.parse(text, GATE)
    assert workflow.faults() == []
    assert set(workflow.triggers) == {"pull_request"}
    assert workflow.document["permissions"] == {"contents": "read"}
    assert "secrets" not in text.replace("get secrets", "")
    assert "TOKEN" not in text
    assert all(re.fullmatch(r"actions/checkout@[0-9a-f]{40}", used) for used in uses_in(text))
    assert lint(with_actionlint(), text) == []


def test_what_a_person_has_set_counts_and_a_token_does_not(world: World) -> None:
    add_copy(world)
    file = world.folder / "own.env"
    lines = [
        f"REPO_DIR={world.clone}",
        "TAG_PATTERN=chart-v{version}",
        f"GITHUB_TOKEN={world.token}",
        "NAMESPACE=mine",
    ]
    file.write_text("\n".join(lines))
    file.chmod(0o600)
    adopt("init --gate", world, ENV_FILE=str(file))
    env = Workflow.parse((world.clone / GATE).read_text(), GATE).document["env"]
    assert env["TAG_PATTERN"] == "chart-v{version}"
    assert env["REGISTRY"] == world.env["REGISTRY"]  # which init found
    assert env["DEFAULT_BRANCH"] == "main"
    assert not {"GITHUB_TOKEN", "GH_TOKEN", "NAMESPACE"} & set(env)


@pytest.mark.thorough
def test_another_file_stays_and_the_same_one_is_enough(world: World) -> None:
    text = add_gate(world)
    again = adopt("init --gate", world)
    assert "is there already: nothing to write" in again.stderr
    other = f"{text}# mine\n"
    (world.clone / GATE).write_text(other)
    refused = adopt("init --gate", world, 1)
    assert f"{GATE} exists, is not what would be written, and is not changed" in refused.stderr
    assert (world.clone / GATE).read_text() == other


@pytest.mark.thorough
def test_a_plan_writes_the_same_file_and_never_over_another(world: World) -> None:
    add_copy(world)
    plan = adopt("--dry init --gate", world).stdout
    assert not (world.clone / GATE).exists()
    subprocess.run(["/bin/sh", "-c", plan], check=True)
    planned = (world.clone / GATE).read_text()
    assert subprocess.run(["/bin/sh", "-c", plan], check=False).returncode
    (world.clone / GATE).unlink()
    adopt("init --gate", world)
    assert (world.clone / GATE).read_text() == planned


def test_a_copy_and_the_gate_are_two_commands(world: World) -> None:
    refused = adopt("init --gate --copy rollback", world, 2)
    assert "--copy and --gate exclude each other" in refused.stderr
    assert not (world.clone / "rollback").exists()


# The recipes that it runs


@pytest.mark.thorough
def test_a_copy_that_nobody_has_committed_is_named_in_what_to_type(world: World) -> None:
    adopt("init --copy rollback", world)
    done = adopt("init --gate", world)
    assert f"git add -- rollback/ {GATE}" in done.stderr
    world.git("add", "rollback")
    assert f"git add -- {GATE}" in adopt("init --gate", world).stderr


@pytest.mark.thorough
def test_without_a_copy_it_takes_the_commit_that_runs_now(world: World) -> None:
    recipes = clone_of_recipes(world)
    refused = init_by(recipes, world)
    assert refused.returncode == 2
    assert "acme/recipes has no commit" in refused.stderr
    world.git("update-ref", "refs/remotes/origin/main", "HEAD", at=recipes)
    done = init_by(recipes, world)
    assert done.returncode == 0, done.stderr
    workflow = Workflow.parse((world.clone / GATE).read_text(), GATE)
    steps = list(workflow.steps())
    inputs = [step.get("with", {}) for step in steps]
    commit = world.git("rev-parse", "HEAD", at=recipes)
    assert {"repository": "acme/recipes", "ref": commit}.items() <= inputs[1].items()
    assert all(one["persist-credentials"] is False for one in inputs[:2])
    assert "./recipes/inv prevention.rehearse" in steps[-1]["run"]
    assert workflow.document["env"]["REPO_DIR"] == inputs[0]["path"]
    assert workflow.faults() == []


@pytest.mark.thorough
def test_recipes_that_github_does_not_have_are_to_be_copied_first(world: World) -> None:
    recipes = clone_of_recipes(world)
    world.git("remote", "set-url", "origin", str(recipes), at=recipes)
    refused = init_by(recipes, world)
    assert refused.returncode == 2
    assert "run `invoke init --copy rollback` first" in refused.stderr
    assert not (world.clone / GATE).exists()


@pytest.mark.thorough
def test_a_copy_that_git_ignores_is_none_for_github(world: World) -> None:
    adopt("init --copy rollback", world)
    (world.clone / ".git" / "info" / "exclude").write_text("/rollback/\n")
    refused = init_by(world.clone / "rollback", world)
    assert refused.returncode == 2
    assert "is ignored by git" in refused.stderr
