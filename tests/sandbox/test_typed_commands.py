"""What the drill types is what the checks advise; without such advice the drill fails."""

from __future__ import annotations

import pytest

from tasks.sandbox.errors import Failed
from tasks.sandbox.typed_commands import WHY, _commands_in, maintainer_commands, program_and_words

ALIAS = "first aid: REGISTRY=oci://x/o invoke publish.alias --version 1.7.0"
RECOVER = "invoke recover --pr 42 --version next"
RUN = "gh workflow run publish.yml --ref main"
ADVICE = {"when.check": [ALIAS, RECOVER], "verify.all": [RUN]}


def test_what_was_advised_is_typed_as_it_is() -> None:
    typed = list(maintainer_commands(ADVICE.__getitem__))
    assert typed[1] == (RECOVER, 0, WHY)
    assert typed[3] == (RUN, 0, "")


def test_nothing_is_explained_where_there_is_one_way_out() -> None:
    advice = {**ADVICE, "when.check": [RECOVER]}
    assert not any(typed.why for typed in maintainer_commands(advice.__getitem__))


@pytest.mark.parametrize("check", ADVICE)
def test_without_advice_the_drill_fails_and_names_what_was_advised(check: str) -> None:
    advice = {**ADVICE, check: [ALIAS]}
    with pytest.raises(
        Failed, match=rf"{check} advised no `.*`, but first aid: REGISTRY=oci://x/o"
    ):
        list(maintainer_commands(advice.__getitem__))


def test_the_advice_of_a_document_is_that_of_its_findings() -> None:
    fired = {"name": "publish", "next": f"{ALIAS}\n{RECOVER}"}
    assert list(_commands_in({"triggers": [fired, {"next": ""}]})) == [ALIAS, RECOVER]
    assert list(_commands_in({"next": [RUN], "checks": [{"next": []}]})) == [RUN]


def test_variables_before_a_command_are_set_for_it() -> None:
    assert program_and_words(ALIAS.partition(": ")[2])[:2] == ["env", "REGISTRY=oci://x/o"]
    assert program_and_words(RUN)[0] == "gh"
