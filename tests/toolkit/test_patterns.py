"""Patterns that are applied to what others wrote: their time grows only with the text."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from tasks.toolkit.clients.github.advice import advice_with
from tasks.toolkit.clients.github.gh import read_new_number
from tasks.toolkit.clients.github.helm_commands import helm_commands
from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.clients.helm.cli import parse_pushed
from tasks.toolkit.clients.helm.instructions import find_instructions
from tasks.toolkit.clients.helm.program import ADVICE as HELM_ADVICE
from tasks.toolkit.clients.registry.session import RegistrySession
from tasks.toolkit.core.errors import ProgramFailed, RecipeError
from tasks.toolkit.core.secret import Secret
from tasks.toolkit.core.tag_pattern import possible_charts, split_tag
from tasks.toolkit.core.versions import is_higher

SIZE = 20_000  # characters; a quadratic pattern takes many seconds
LIMIT = 1.0  # seconds of this process
HOSTILE = [
    *" \t\n\"'-.:$#1",
    "a",
    "1.",
    ":a",
    "${{ ",
    "${{ }",
    "$A",
    "\n #",
    ' body: "',
    'body: "\\"',
    "a=",
    'a="',
    "/pull/1",
    "HTTP 422: ",
    'failed to perform "Tag" on destination',
    "Pushed: ",
    "helm push oci://x",
    "oci://a/b ",
    "oci://a$(b)",
    "{a=",
    ";a=",
    "helm 'x",
    "0a.",
    "v1-",
]


def explained(text: str) -> None:
    failure = ProgramFailed(["helm"], 1, text)
    failure.explained(advice_with(Secret("")))
    failure.explained(HELM_ADVICE)


def commands(text: str) -> None:
    list(helm_commands(f"helm push {text}", {"A": text, "B": "x" * 400}, {"github.x": "y"}))
    list(helm_commands("helm push $A" + text, {"A": "$A" * 200}, {}))


def references(text: str) -> None:
    step = {"run": f"helm push oci://x{text}\nhelm pull oci://{text}/"}
    Workflow({}, {"jobs": {"a": {"steps": [step]}}}).references({})


def instructions(text: str) -> None:
    list(find_instructions(f"helm pull {text} oci://x/{text}"))


def challenge(text: str) -> None:
    with suppress(RecipeError):
        RegistrySession("ghcr.io", plain_http=False, login=None, limit=5).token_url(text, "")


READERS: dict[str, Callable[[str], object]] = {
    "a program's errors": explained,
    "a script": commands,
    "the references of a workflow": references,
    "instructions for users": instructions,
    "a challenge": challenge,
    "helm's push": parse_pushed,
    "gh's new number": lambda text: read_new_number(text, "issue"),
    "a tag": lambda text: (split_tag(text), split_tag(text, "a"), split_tag(f"a-{text}", "a")),
    "the charts of a tag": lambda text: possible_charts(text, frozenset({"a", "a-1."})),
    "a version": lambda text: is_higher(f"1.0.0-{text}!", "1.0.0"),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", READERS)
def test_a_hostile_text_is_read_in_linear_time(name: str) -> None:
    read = READERS[name]
    for repeated in HOSTILE:
        text = repeated * (SIZE // len(repeated))
        start = time.process_time()
        for candidate in (text, f"{text}!", f"1{text}\0"):
            try:
                read(candidate)
            except RecipeError:
                continue
        assert time.process_time() - start < LIMIT, repeated
