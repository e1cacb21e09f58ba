"""Commands in advice: what can be typed as it is, and nothing else."""

from __future__ import annotations

import pytest

from tasks.toolkit.console.commands import commands_in


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
        ("wait for the run, then run the same command again", []),
        ("if it is over: invoke timeline.stop", []),
        ("only if that is bad too: invoke publish.all --ref v1.6.1", []),
    ],
)
def test_only_what_can_be_typed_is_a_command(advice: str, commands: list[str]) -> None:
    assert commands_in(advice) == commands
