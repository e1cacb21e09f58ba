"""Getting in: `init` finds the settings of a clone; a copy of the recipes serves what is around."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tasks.sandbox.world import World

from .conftest import PROJECT
from .preloaded import preloaded_invoke

FOUND = ("REPO_DIR", "REGISTRY", "WORKFLOW", "CHART_DIR")
COMPARED = ("doctor --json", "when.check --json", "verify.path --json")


def without_settings(world: World) -> dict[str, str]:
    """Return the maintainer's environment, with a file of settings that does not exist yet."""
    env = {name: value for name, value in world.env.items() if name not in FOUND}
    return env | {"ENV_FILE": str(world.folder / "found.env")}


def invoke(
    line: str,
    env: Mapping[str, str],
    folder: Path,
    recipes: Path = PROJECT,
) -> subprocess.CompletedProcess[str]:
    """Type `invoke` in a folder."""
    words = ["--search-root", str(recipes), *line.split()]
    if recipes == PROJECT:
        return preloaded_invoke().run(words, folder, env)
    argv = [sys.executable, "-P", "-m", "invoke", *words]
    return subprocess.run(
        argv, cwd=folder, env=dict(env), text=True, capture_output=True, check=False
    )


def ensure_same_answers(world: World) -> None:
    """Let `init` write a file; what it found must answer as the sandbox's own settings do."""
    env = without_settings(world)
    file = Path(env["ENV_FILE"])
    done = invoke("init", env, world.clone)
    assert file.stat().st_mode & 0o777 == 0o600
    assert world.token not in file.read_text() + done.stdout + done.stderr
    assert done.returncode == invoke("doctor", world.env, world.clone).returncode
    for line in COMPARED:
        found = invoke(line, env, world.clone)
        own = invoke(line, world.env, world.clone)
        assert json.loads(found.stdout) == json.loads(own.stdout)
        assert found.returncode == own.returncode
    text = file.read_text()
    again = invoke("init", env, world.clone)
    assert "exists: nothing to write" in again.stderr
    assert file.read_text() == text


def test_what_init_finds_answers_as_the_settings_that_a_person_wrote(world: World) -> None:
    ensure_same_answers(world)
    assert world.git("status", "--porcelain") == ""


def test_what_is_wrong_in_the_repository_is_a_warning(charts: World) -> None:
    done = invoke("init", without_settings(charts), charts.clone)
    lines = [line for line in done.stderr.splitlines() if "chart repository" in line]
    assert len(lines) == 1
    assert "! publish.yml publishes to a chart repository (GitHub Pages) too" in lines[0]


@pytest.mark.thorough
def test_so_it_does_where_people_push_tags(podinfo: World) -> None:
    ensure_same_answers(podinfo)


@pytest.mark.thorough
def test_so_it_does_with_several_charts(charts: World) -> None:
    ensure_same_answers(charts)


def test_a_file_of_another_repository_stays_and_the_lines_are_shown(world: World) -> None:
    other = world.folder / "other"
    world.git("init", "--quiet", str(other), at=world.folder)
    env = without_settings(world)
    file = Path(env["ENV_FILE"])
    file.write_text(f"REPO_DIR={other}\n")
    file.chmod(0o600)
    done = invoke("init", env, world.clone)
    assert done.returncode == 1
    assert f"REGISTRY={world.env['REGISTRY']}\n" in done.stdout
    assert f"is for another repository, {other}, and is not changed" in done.stderr
    assert "export ENV_FILE=" in done.stderr
    assert file.read_text() == f"REPO_DIR={other}\n"


def test_what_an_old_file_lacks_or_has_differently_is_said(world: World) -> None:
    env = without_settings(world)
    file = Path(env["ENV_FILE"])
    file.write_text("WORKFLOW=ci.yml\n")
    file.chmod(0o600)
    done = invoke("init", env, world.clone)
    assert f"REGISTRY={world.env['REGISTRY']}\n" in done.stdout
    assert "has WORKFLOW=ci.yml, and init found publish-helm.yml" in done.stderr
    assert "it lacks the lines below" in done.stderr
    assert file.read_text() == "WORKFLOW=ci.yml\n"


def test_the_plan_of_init_writes_the_same_file_and_never_over_another(world: World) -> None:
    env = without_settings(world)
    file = Path(env["ENV_FILE"])
    plan = invoke("--dry init", env, world.clone)
    assert plan.returncode == 0
    assert not file.exists()
    subprocess.run(["/bin/sh", "-c", plan.stdout], check=True)
    planned = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert subprocess.run(["/bin/sh", "-c", plan.stdout], check=False).returncode
    file.unlink()
    invoke("init", env, world.clone)
    assert file.read_text() == planned


@pytest.mark.thorough
def test_a_copy_in_a_folder_serves_the_repository_around_it(world: World) -> None:
    env = without_settings(world)
    before = invoke("verify.path --json", world.env, world.clone)
    done = invoke("init --copy rollback", env, world.clone)
    assert done.returncode == 0, done.stderr
    assert "rollback/inv init" in done.stderr
    copy = world.clone / "rollback"
    assert not (copy / "tests").exists()
    again = invoke("init --copy rollback", env, world.clone)
    assert again.returncode == 1
    assert "exists already" in again.stderr
    world.commit("chore: keep the recipes here")
    world.git("push", "--quiet", "origin", world.branch)
    env["ENV_FILE"] = ""
    invoke("init", env, copy, copy)
    settings = (copy / ".env").read_text()
    assert "\nREPO_DIR=..\n" in settings
    assert "\n# CHART_DIR=helm/threek8s\n" in settings  # not one of the sandbox's
    assert world.git("status", "--porcelain") == ""
    after = invoke("verify.path --json", env, world.folder, copy)
    assert json.loads(after.stdout) == json.loads(before.stdout)
    references = invoke("verify.references --json", env, world.clone, copy)
    assert "rollback/" not in references.stdout


def test_a_copy_refuses_the_words_for_those_who_develop_the_recipes(world: World) -> None:
    env = without_settings(world)
    invoke("init --copy rollback", env, world.clone)
    copy = world.clone / "rollback"
    for word in ("test", "lint", "pictures", "bench"):
        done = invoke(word, env, copy, copy)
        assert done.returncode == 1, done.stderr
        assert "this copy of the recipes has no" in done.stderr


def test_a_dry_run_says_first_what_the_file_lacks_and_then_what_is_ready(world: World) -> None:
    env = without_settings(world)
    invoke("init", env, world.clone)
    words = ["--search-root", str(PROJECT), "--dry", "init"]
    argv = [sys.executable, "-P", "-m", "invoke", *words]
    done = subprocess.run(
        argv,
        cwd=world.clone,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.stdout.index("nothing to write") < done.stdout.index("Ready to roll back?")


@pytest.mark.thorough
def test_a_clone_of_the_recipes_inside_a_repository_serves_that_one(world: World) -> None:
    env = without_settings(world) | {"ENV_FILE": os.devnull, "REGISTRY": world.env["REGISTRY"]}
    invoke("init --copy rollback", env, world.clone)
    copy = world.clone / "rollback"
    world.git("init", "--quiet", at=copy)
    world.git("add", "--all", at=copy)
    for folder in (copy, world.clone):
        done = invoke("verify.path", env, folder, copy)
        assert "publish-helm.yml pushes to" in done.stdout, done.stdout + done.stderr


def test_the_recipes_themselves_are_no_repository_to_adopt(world: World) -> None:
    done = invoke("init", without_settings(world), PROJECT)
    assert done.returncode == 2
    assert "cd into the clone of your chart's repository" in done.stderr
