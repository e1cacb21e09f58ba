"""Scripts are folded for a terminal, and mean the same."""

from __future__ import annotations

import random
import subprocess

import pytest

from tasks.toolkit.core.shell import quote
from tasks.toolkit.core.shell_lines import fold_comment, fold_script

CHARACTERS = "ab c'\"$`!/\\ (){}#=,\t\n"


def run(script: str) -> tuple[int, str]:
    ended = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout


@pytest.mark.parametrize("seed", range(20))
def test_a_folded_script_prints_the_same(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    words = []
    for size in (5, 60, 300):
        characters = chance.choices(CHARACTERS, k=size)
        words.append(quote("".join(characters)))
    arguments = " ".join(words)
    script = f"""printf '%s|' {arguments} "$(printf '%s-' {words[1]} "$((1 + 1))")" "$HOME" """
    folded = fold_script(script)
    assert run(folded) == run(script)


def test_a_line_ends_between_words_but_not_after_an_option() -> None:
    words = "helm push archive.tgz " + "x" * 40
    assert fold_script(f"{words} --registry-config folder/registry.json") == (
        f"{words} \\\n  --registry-config folder/registry.json"
    )


def test_a_long_path_is_broken_after_a_slash() -> None:
    folder = "/" + "folder" * 10
    assert fold_script(f"ls {folder}/{'x' * 30}") == f"ls \\\n  {folder}/\\\n{'x' * 30}"


def test_a_word_that_cannot_be_broken_stays_in_one_piece() -> None:
    word = "x" * 100
    assert fold_script(f"ls {word} end") == f"ls \\\n  {word} \\\n  end"
    assert fold_comment(f"see {word}").splitlines() == ["# see", f"#   {word}"]
