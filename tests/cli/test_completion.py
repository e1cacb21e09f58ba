"""Completion, as the shells do it: tasks, options and values, from a clone, without a network."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tasks.cli.choices import SCENARIOS
from tasks.sandbox import scenarios

from ..conftest import PROJECT
from .typed import inv

BASH = """
{script}
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_inv_complete
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
compdef() {{ }}
_describe() {{ print -l -- "${{(@P)${{@[-1]}}}}" }}
{script}
words=({words})
CURRENT=$#words
_inv_complete
"""
FISH = """
{script}
complete -C {line}
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Give a clone with two merged pull requests and two releases, and a link to `inv`."""
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / "inv").symlink_to(PROJECT / "inv")
    git = ["git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=e@x.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for number, version in ((41, "v1.6.1"), (42, "v1.7.0")):
        message = f'ci: move the "registry" path (#{number})'
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", message], check=True)
        subprocess.run([*git, "tag", version], check=True)
    return folder


def complete(shell: str, line: str, at: Path, **environ: str) -> list[str]:
    """Return what a shell offers at the end of a line, without the descriptions."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    script = inv(f"--completion {shell}").stdout
    words = line.split(" ")
    typed = " ".join(map(shlex.quote, words))
    templates = {"bash": BASH, "zsh": ZSH, "fish": FISH}
    text = templates[shell].format(script=script, words=typed, line=shlex.quote(line))
    start = {"bash": ["bash", "--norc"], "zsh": ["zsh", "-f"], "fish": ["fish", "--no-config"]}
    ended = subprocess.run(
        [*start[shell], "-c", text],
        cwd=at,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    separator = ":" if shell == "zsh" else "\t"
    return [one.partition(separator)[0] for one in ended.stdout.splitlines() if one]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_offers_tasks_options_and_values(shell: str, clone: Path) -> None:
    assert complete(shell, "./inv rollb", clone) == ["rollback.revert", "rollback.commit"]
    assert complete(shell, "./inv recover --pr ", clone) == ["42", "41"]
    assert complete(shell, "./inv publish.withdraw --version 1.7.0 --del", clone) == ["--delete"]


@pytest.mark.thorough
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_plain_invoke_completes_in_a_folder_of_recipes_alone(shell: str, tmp_path: Path) -> None:
    assert complete(shell, "invoke recov", PROJECT / "tests") == ["recover"]
    assert complete(shell, "invoke recov", tmp_path) == []
    assert complete(shell, "./inv recov", tmp_path) == []


def test_values_come_from_the_clone(clone: Path, tmp_path: Path) -> None:
    offered = {
        "publish.all --version ": ["1.7.0", "1.6.1"],
        "publish.all --ref v1.6": ["v1.6.1"],
        "recover --pr=4": ["--pr=42", "--pr=41"],
        "drill --scenario ins": ["install"],
        "recover --accept ": [],
        "--completion ": ["bash", "zsh", "fish"],
    }
    for line, values in offered.items():
        assert complete("bash", f"./inv {line}", clone) == values
    inv_of_project = str(PROJECT / "inv")
    elsewhere = complete("bash", f"{inv_of_project} recover --pr ", tmp_path, REPO_DIR=str(clone))
    assert elsewhere == ["42", "41"]


def test_an_option_that_takes_a_file_offers_files_and_folders(clone: Path) -> None:
    for name in ("trace.svg", "values.yaml", "docs/old.svg", ".hidden.svg"):
        file = clone / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    offered = {
        "--trace ": ["docs/", "trace.svg"],
        "recover --trace docs/o": ["docs/old.svg"],
        "recover --trace=tr": ["--trace=trace.svg"],
        "chart.template --values v": ["values.yaml"],
        "recover --trace nowhere/": [],
    }
    for line, values in offered.items():
        assert complete("bash", f"./inv {line}", clone) == values
    assert "--trace" in complete("bash", "./inv recover --tr", clone)


def test_a_dangerous_option_is_offered_once_it_is_begun(clone: Path) -> None:
    offered = complete("bash", "./inv publish.withdraw --version 1.7.0 ", clone)
    assert "--chart" in offered
    assert not {"--delete", "--version"} & set(offered)


def test_what_is_broken_offers_nothing(clone: Path) -> None:
    git = clone / "git"
    git.write_text("#!/bin/sh\nsleep 2\nprintf '1a2b3c4\\tci: too late (#9)\\n'\n")
    git.chmod(0o755)
    path = f"{clone}:{os.environ['PATH']}"
    assert complete("bash", "./inv recover --pr ", clone, PATH=path) == []
    shutil.rmtree(clone / ".git")
    assert complete("bash", "./inv recover --pr ", clone) == []


def test_the_scenarios_are_those_of_the_drill() -> None:
    assert (*scenarios.SCENARIOS, "list") == SCENARIOS
