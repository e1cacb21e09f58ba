"""The chart that is worked on, and the commands that name it."""

from __future__ import annotations

import sys

import pytest

from tasks.toolkit.core.invocation import (
    current_chart,
    for_chart,
    typed_with_option,
    without_prefix,
    working_on_chart,
)

COMMANDS = [
    ("invoke publish.all --version next", "invoke publish.all --chart app --version next"),
    ("invoke publish.package publish.push", "invoke publish.package --chart app publish.push"),
    ("invoke publish.alias, since", "invoke publish.alias --chart app, since"),
    ("invoke support.notify", "invoke support.notify --chart app"),
    ("invoke recover --pr 4 --version 1.0.0", "invoke recover --chart app --pr 4 --version 1.0.0"),
    ("invoke recover --pr 4 --version next", "invoke recover --pr 4 --version next"),
    ("invoke recover --app-version 1.0.0", "invoke recover --chart app --app-version 1.0.0"),
    ("invoke --dry publish.push", "invoke --dry publish.push --chart app"),
    ("invoke publish.withdraw", "invoke publish.withdraw --chart app"),
    ("invoke publish.restore", "invoke publish.restore --chart app"),
    ("invoke prevention.test-tag", "invoke prevention.test-tag --chart app"),
    ("invoke workaround.template", "invoke workaround.template --chart app"),
    ("invoke workaround.template --chart x", "invoke workaround.template --chart x"),
    ("invoke publish.all --chart x", "invoke publish.all --chart x"),
    ("invoke publish.check", "invoke publish.check"),
    ("invoke verify.all", "invoke verify.all"),
]


@pytest.mark.parametrize(("text", "expected"), COMMANDS)
def test_a_command_that_takes_one_chart_names_it(text: str, expected: str) -> None:
    assert for_chart(text, "app") == expected
    assert for_chart(text, "") == text


def test_a_chart_is_worked_on_while_the_block_runs() -> None:
    with working_on_chart("app"):
        assert current_chart() == "app"
    assert current_chart() == ""


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("--dry recover --pr 42", "--dry recover --pr 42 --version next"),
        ("recover --version 1.7.0 --pr 42", "recover --pr 42 --version next"),
        ("recover --version=1.7.0 --redeploy", "recover --redeploy --version next"),
        (
            "publish.package --ref v1.7.0 publish.push",
            "publish.package --ref v1.7.0 --version next publish.push",
        ),
        ("publish.push", "publish.all --version next"),
    ],
)
def test_an_option_is_added_to_the_typed_command_in_place_of_an_earlier_one(
    typed: str, completed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["invoke", *typed.split()])
    tasks = ("recover", "publish.package")
    found = typed_with_option("--version", tasks, "next", default="publish.all")
    assert found == f"invoke {completed}"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ours.recover --pr 42", "recover --pr 42"),
        (
            "rollback.rollback.revert --pr 42 rollback.publish.all",
            "rollback.revert --pr 42 publish.all",
        ),
        ("hello a.b.verify.all --json", "hello verify.all --json"),
        ("rollback.revert --pr 42 publish.all", "rollback.revert --pr 42 publish.all"),
        ("--dry recover --version 1.7.0", "--dry recover --version 1.7.0"),
    ],
)
def test_a_prefix_of_those_who_added_the_tasks_is_left_out(typed: str, expected: str) -> None:
    assert without_prefix(typed.split()) == expected.split()
