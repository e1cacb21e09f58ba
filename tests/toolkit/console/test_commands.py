"""Commands in advice: what can be typed as it is, and nothing else."""

from __future__ import annotations

import pytest

from tasks.toolkit.console.commands import commands_in, split_command


@pytest.mark.parametrize(
    ("advice", "commands"),
    [
        ("invoke recover --pr 42", ["invoke recover --pr 42"]),
        ("invoke publish.alias, since helm push appends the name", ["invoke publish.alias"]),
        ("to install it: invoke workaround.source", ["invoke workaround.source"]),
        ("CHART_REF=oci://x/y invoke publish.alias", ["CHART_REF=oci://x/y invoke publish.alias"]),
        ("gh run rerun 7 --failed; or wait", ["gh run rerun 7 --failed"]),
        ("choose\ninvoke recover --pr 42\ngit log", ["invoke recover --pr 42", "git log"]),
        ("gh workflow run x.yml -f 'a=b, C'", ["gh workflow run x.yml -f 'a=b, C'"]),
        ("invoke recover --sha HASH, with the commit that caused it", []),
        ("`invoke when.check` says whether to roll back", []),
        ("the rule, git reset: gh run view 7", ["gh run view 7"]),
        ("wait for the run, then run the same command again", []),
        ("no cluster answered: helm upgrade: Error: unreachable", []),
        ("to retry: gh pr merge 43 --subject 'fix: x'", ["gh pr merge 43 --subject 'fix: x'"]),
        ("if it is over: invoke timeline.stop", []),
        ("only if that is bad too: invoke publish.all --ref v1.6.1", []),
    ],
)
def test_only_what_can_be_typed_is_a_command(advice: str, commands: list[str]) -> None:
    assert commands_in(advice) == commands


@pytest.mark.parametrize(
    ("text", "before", "command"),
    [
        ("to install it: invoke workaround.source", "to install it:", "invoke workaround.source"),
        ("gh workflow run x.yml -f 'a=b, C'", "", "gh workflow run x.yml -f 'a=b, C'"),
        ("as `init` does: export PATH=/opt:$PATH", "as `init` does:", "export PATH=/opt:$PATH"),
        (
            "if it is over: A_B=1 invoke timeline.stop",
            "if it is over:",
            "A_B=1 invoke timeline.stop",
        ),
    ],
)
def test_a_command_at_the_end_is_split_off(text: str, before: str, command: str) -> None:
    assert split_command(text) == (before, command)


@pytest.mark.parametrize(
    "text",
    [
        "to resume: invoke recover --pr 42, or invoke --dry publish.all",
        "gh run rerun 7 --failed; or wait",
        "to see it: invoke run.logs `--run 7`",
    ],
)
def test_a_command_that_text_follows_is_not_split_off(text: str) -> None:
    assert split_command(text) == (text, "")
