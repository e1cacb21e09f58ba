"""The chart that is worked on, and the commands that name it."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.invocation import current_chart, for_chart, working_on_chart

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
