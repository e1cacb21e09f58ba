"""The card at the end of a recovery: at any width, with commands that can be copied."""

from __future__ import annotations

import shlex

from tasks.toolkit.console.output import COMMAND_STYLE
from tasks.toolkit.reports.card import Card, UsersGet

REFERENCE = "oci://ghcr.io/stianfro/threek8s/chart/threek8s"
INSTALL = f"helm upgrade --install threek8s {REFERENCE} --version 1.7.0 --plain-http"
WHY = "path could not be checked: GitHub gave no answer, as its status page says, for two minutes"
CARD = Card(
    charts=(UsersGet("1.7.0", REFERENCE, "sha256:" + "5" * 64, INSTALL),),
    pull=43,
    pull_url="https://github.com/stianfro/threek8s/pull/43",
    merged_as="01424af54c4e",
    left=(("workflow is not verified", "invoke recover --redeploy"), (WHY, "check the network")),
)


def test_what_is_long_is_below_its_label_and_a_command_goes_on_further_in() -> None:
    lines = CARD.text(80).plain.splitlines()
    assert max(map(len, lines)) <= 80
    place = lines.index("  install")
    end = next(number for number, line in enumerate(lines) if line.startswith("  revert "))
    first, *others = command = lines[place + 1 : end]
    assert first.startswith("    helm upgrade")
    assert all(line.startswith("      ") for line in others)
    words = shlex.split(" ".join(command).replace("\\ ", " "))
    assert words == shlex.split(INSTALL)


def test_prose_is_wrapped_without_a_backslash_and_words_stay_whole() -> None:
    text = CARD.text(60).plain
    place = text.index("    path could not")
    prose, _, _ = text[place:].partition("check the network")
    assert "\\" not in prose
    assert " ".join(prose.split()) == WHY


def test_a_wide_terminal_has_a_row_a_line_and_what_is_to_be_typed_stands_out() -> None:
    text = CARD.text(140)
    assert f"  install    {INSTALL}\n" in text.plain
    styled = [part.strip() for part, style in text.parts if style == COMMAND_STYLE]
    assert styled == ["invoke recover --redeploy", "check the network"]
