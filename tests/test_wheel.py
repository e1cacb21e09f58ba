"""The wheel: built anywhere it is the same, has all files, and its command needs no clone."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import stat
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tasks.sandbox.world import World

from .conftest import PROJECT
from .wheels import build_wheel, copy_of_tree, tracked_files, unpack_wheel

TASKS_OF_OTHERS = """
from invoke import Collection, task
import helm_rollback

@task
def hello(c):
    c.run("echo hello")

ns = Collection(hello)
ns.add_collection(helm_rollback.ns, "rollback")
"""
PLACES = """
from helm_rollback.sandbox import place
from helm_rollback.toolkit.core import installation
print(place.tools_folder(), installation.tools_folder(), place.COMMAND, installation.COMMAND)
"""
# The settings of a sandbox are in its environment; an empty variable counts as unset.
UNSET = {"ENV_FILE": "", "REPO_DIR": "", "REGISTRY": ""}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    return build_wheel(copy_of_tree(folder / "tree"), folder / "dist")


@pytest.fixture(scope="session")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the installed package."""
    return unpack_wheel(wheel, tmp_path_factory.mktemp("site"))


def rollback(
    site: Path, line: str, at: Path, *argv: str, **env: str
) -> subprocess.CompletedProcess[str]:
    """Type `helm-rollback`, or what `argv` runs, with the words of `line` in an empty HOME."""
    home = at / ".home"
    start = argv or ("-P", "-m", "helm_rollback")
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(site)} | env
    return subprocess.run(
        [sys.executable, *start, *shlex.split(line)],
        cwd=at,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def in_clone(site: Path, line: str, world: World, **env: str) -> subprocess.CompletedProcess[str]:
    """Type it in the clone of a sandbox, whose environment has no settings of the repository."""
    return rollback(site, line, world.clone, **{**world.env, **UNSET, **env})


def test_it_is_the_same_wherever_and_whenever_it_is_built(wheel: Path, tmp_path: Path) -> None:
    tree = copy_of_tree(tmp_path / "another tree", forbidden=0o077)
    for name in tracked_files("tasks"):
        os.utime(tree / name, (0, 999_999_999))
    cache = tree / "tasks" / "__pycache__"
    cache.mkdir()
    (cache / "left.pyc").touch()
    again = build_wheel(tree, tmp_path / "dist", umask=0o077, TZ="Asia/Tokyo")
    digests = [hashlib.sha256(built.read_bytes()).hexdigest() for built in (wheel, again)]
    assert digests[0] == digests[1]
    assert again.name == wheel.name


def test_it_has_each_file_of_the_recipes_and_its_executable_bit(wheel: Path) -> None:
    expected = {}
    for name in tracked_files("tasks"):
        packed = name.replace("tasks/", "helm_rollback/", 1)
        expected[packed] = os.access(PROJECT / name, os.X_OK)
    for name in (".env.example", "requirements-tools.txt"):
        expected[f"helm_rollback/{name}"] = False
    found = {}
    for entry in zipfile.ZipFile(wheel).infolist():
        mode = entry.external_attr >> 16
        if entry.filename.startswith("helm_rollback/"):
            assert stat.S_IMODE(mode) in (0o644, 0o755)
            found[entry.filename] = bool(mode & stat.S_IXUSR)
    assert found == expected


def test_what_builds_it_is_pinned_with_its_hashes() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    (backend,) = project["build-system"]["requires"]
    pins = (PROJECT / "requirements-dev.txt").read_text()
    assert re.search(rf"^{re.escape(backend)} \\\n +--hash=sha256:", pins, re.MULTILINE)


def test_it_answers_questions_outside_of_any_clone(site: Path, tmp_path: Path) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert rollback(site, "--version", tmp_path).stdout == f"{project['version']}\n"
    assert "rollback.revert" in rollback(site, "--list", tmp_path).stdout
    typed = rollback(site, "--help", tmp_path).stdout
    assert "helm-rollback when.check" in typed
    assert "invoke" not in typed


@pytest.mark.thorough
def test_outside_of_a_clone_it_says_what_to_do(site: Path, tmp_path: Path) -> None:
    (tmp_path / ".helm-rollback.env").write_text("not a setting\n")  # of somebody else
    for line in ("when.check", "recover", "init"):
        ended = rollback(site, line, tmp_path)
        assert ended.returncode == 2, ended
        *_, refusal = ended.stderr.splitlines()
        assert f"{tmp_path} is not a git repository: run inside your clone" in refusal


@pytest.mark.thorough
def test_each_clone_has_settings_of_its_own(site: Path, world: World) -> None:
    written = in_clone(site, "init", world)
    file = world.clone / ".helm-rollback.env"
    assert f"written: {file}, which only you can read" in written.stderr, written
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "\nREPO_DIR=.\n" in file.read_text()
    assert "/helm_rollback/.env.example explains each" in file.read_text()
    assert world.git("status", "--porcelain", "--untracked-files=all") == ""
    below = world.clone / "helm"
    report = rollback(site, "doctor", below, **{**world.env, **UNSET})
    assert report.stdout.partition("\n")[2] == written.stdout.partition("\n")[2], report
    assert not (world.clone / ".env").exists()


def test_settings_that_git_tracks_are_refused(site: Path, world: World) -> None:
    (world.clone / ".helm-rollback.env").write_text("REGISTRY=oci://evil.example/x\n")
    world.git("add", "--force", ".helm-rollback.env")
    refused = in_clone(site, "when.check", world)
    assert refused.returncode == 1, refused
    assert "whoever can push decides where your token goes" in refused.stderr


@pytest.mark.thorough
def test_what_needs_a_clone_of_the_recipes_says_so(site: Path, world: World) -> None:
    copied = in_clone(site, "init --copy rollback", world)
    assert copied.returncode == 2, copied
    assert "in a clone of the recipes: `RECIPES/inv init --copy FOLDER`" in copied.stderr
    assert not (world.clone / "rollback").exists()
    for line in ("test", "lint", "pictures", "bench"):
        ended = in_clone(site, line, world)
        assert ended.returncode == 1
        assert "use a clone of the recipes" in ended.stderr


def test_what_it_downloads_goes_to_a_cache(site: Path, tmp_path: Path) -> None:
    command = ("-c", PLACES)
    cache = f"{tmp_path}/.home/.cache/helm-rollback"
    expected = f"{cache} {cache} helm-rollback helm-rollback\n"
    assert rollback(site, "", tmp_path, *command).stdout == expected
    chosen = rollback(site, "", tmp_path, *command, XDG_CACHE_HOME="/x").stdout
    assert chosen.startswith("/x/helm-rollback /x/helm-rollback ")
    named = rollback(site, "", tmp_path, *command, HELM_ROLLBACK_CACHE="/y").stdout
    assert named.startswith("/y /y ")
    before = sorted(path for path in site.rglob("*") if "__pycache__" not in path.parts)
    rollback(site, "--list", tmp_path)
    assert Path(cache, ".completion.json").exists()
    assert before == sorted(path for path in site.rglob("*") if "__pycache__" not in path.parts)


def test_a_shell_completes_its_words(site: Path, world: World) -> None:
    script = in_clone(site, "--completion bash", world).stdout
    ask = "COMP_WORDS=(helm-rollback rollb); COMP_CWORD=1; _helm_rollback_complete"
    text = f"{script}\n{ask}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\ncomplete -p helm-rollback"
    ended = world.run("bash", "--norc", "-c", text)
    *offered, rule = ended.stdout.splitlines()
    assert offered == ["rollback.revert", "rollback.commit"], ended
    assert rule.endswith("-F _helm_rollback_complete helm-rollback")


@pytest.mark.thorough
def test_others_add_the_tasks_to_their_own(site: Path, broken: World) -> None:
    (broken.clone / "tasks.py").write_text(TASKS_OF_OTHERS)
    env = {**broken.env, "INVOKE_RUN_ECHO_FORMAT": "ran {command}"}
    invoke = ("-m", "invoke")

    def type_invoke(line: str) -> subprocess.CompletedProcess[str]:
        return rollback(site, line, broken.clone, *invoke, **env)

    assert "rollback.rollback.revert" in type_invoke("--list").stdout
    page = type_invoke("--help rollback.rollback.revert").stdout
    assert "Revert the PR that made the changes" in page
    assert "ran echo hello" in type_invoke("--echo hello").stdout
    checked = type_invoke("rollback.when.check")
    assert checked.returncode == 1, checked
    assert "helm-rollback recover --pr 42" in checked.stdout
    chained = type_invoke("hello rollback.rollback.revert --pr 42 --merge rollback.publish.all")
    assert chained.returncode == 0, chained
    assert "1.7.0" in broken.registry.tags(f"{broken.push_to}/threek8s")
    (journal,) = broken.clone.glob(".rollback/*/journal.jsonl")
    assert "rollback.rollback" not in journal.read_text()
