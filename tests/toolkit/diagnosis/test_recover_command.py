"""The options of a `recover`: what is advised and can be taken as it is, and what was recorded."""

from __future__ import annotations

import pytest

from tasks.toolkit.console.findings import Finding
from tasks.toolkit.diagnosis.choice import only_command
from tasks.toolkit.diagnosis.recover_command import RecoverCommand, parse_advice, parse_recorded

ALIAS = "REGISTRY=oci://x CHART_REF=oci://y invoke publish.alias --version 1.7.0"
PLAIN = RecoverCommand(pr="42")
FULL = RecoverCommand("42", "", False, "next", "1.7.0", only_workflow=True)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("invoke recover --pr 42", PLAIN),
        ("invoke recover --pr 42 --version next --app-version 1.7.0 --only-workflow", FULL),
        ("invoke recover --sha abc123 --skip-publish", RecoverCommand("", "abc123", True)),
        ("invoke recover --sha HASH, with the commit that caused it", None),
        ("invoke recover --pr 42 --version 1.7.1 --chart argo-cd", None),
        ("revert #42 by hand, then invoke recover --pr 42 --accept NUMBER", None),
        ("make the package public: https://x", None),
        ("as for publish", None),
        ("it's", None),
    ],
)
def test_an_advice_is_taken_only_if_it_can_be_typed_as_it_is(
    line: str, command: RecoverCommand | None
) -> None:
    assert parse_advice(line) == command


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("invoke recover --pr 42 --json --wait --redeploy", PLAIN),
        ("invoke recover --pr=42", PLAIN),
        ("invoke recover --pr 42 verify.all --strict", PLAIN),
        ("invoke rollback.revert --pr 42 --merge publish.all --version next verify.all", PLAIN),
        ("invoke rollback.commit --title 'a b' --sha abc", RecoverCommand(sha="abc")),
        ("invoke recover --redeploy", None),
        ("invoke recover -p 42", None),
        ("invoke recover --pr 42 --chart argo-cd", None),
        ("invoke verify.all", None),
        ("", None),
    ],
)
def test_a_recorded_command_says_what_was_begun_whatever_follows_it(
    line: str, command: RecoverCommand | None
) -> None:
    assert parse_recorded(line) == command


def fired(*advice: str) -> list[Finding]:
    return [Finding("publish", "fired", "", text) for text in advice]


def test_one_command_is_taken_if_it_is_advised_for_all_that_fired() -> None:
    line = "invoke recover --pr 42"
    assert only_command(fired(line, line)) == PLAIN
    assert only_command(fired(f"{ALIAS}\n{line}")) == PLAIN
    assert only_command(fired(line, f"{line} --version next")) is None
    assert only_command(fired(line, "make the package public: https://x")) is None
    assert only_command(fired(f"choose what to revert\n{line}")) is None
    assert only_command(fired("")) is None
    assert only_command([]) is None


def test_what_was_given_wins_over_what_is_advised() -> None:
    advised = RecoverCommand("42", version="next", app_version="1.7.0")
    assert RecoverCommand(version="1.8.0").completed_by(advised).version == "1.8.0"
    assert RecoverCommand(skip_publish=True).completed_by(advised) == RecoverCommand(
        "42", skip_publish=True
    )
    skipping = RecoverCommand("42", skip_publish=True)
    given = RecoverCommand(version="1.8.0")
    assert given.completed_by(skipping) == RecoverCommand("42", version="1.8.0")
    assert given.completed_by(skipping).beside(given) == PLAIN
    words = ["--pr", "42", "--version", "next", "--app-version", "1.7.0", "--only-workflow"]
    assert FULL.options == words
