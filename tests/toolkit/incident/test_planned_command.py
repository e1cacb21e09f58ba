"""The words that carry out a plan, as the job after an approval takes them."""

from __future__ import annotations

import shlex

from tasks.toolkit.incident.planned_command import SAFE, planned_words

PLAN = {"task": "recover", "error": None, "plan": "gh pr revert 42"}
PULL = "https://github.com/stianfro/threek8s/pull/42"


def planned(*typed: str) -> str:
    line = shlex.join(["invoke", "--dry", "recover", *typed])
    return " ".join(planned_words(PLAN, line))


def test_a_pasted_url_ends_after_the_number() -> None:
    for rest in ("", "/files?diff=split", "?notification_referrer_id=1&x=2", "#issue~1"):
        words = planned("--pr", f"{PULL}{rest}")
        assert words == f"recover --pr {PULL}"
        assert all(SAFE.fullmatch(word) for word in words.split())
    assert planned(f"--pr={PULL}?x=1", "--version", "next") == (
        f"recover --pr={PULL} --version next"
    )


def test_only_the_program_and_how_it_printed_are_left_out() -> None:
    typed = ("--json", "--trace", "x.svg", "--sha", "1234567", "--trace=y.svg", "--skip-publish")
    assert planned(*typed) == "recover --sha 1234567 --skip-publish"
