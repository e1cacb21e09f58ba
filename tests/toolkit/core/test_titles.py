"""Titles: what others wrote is shortened, what the user gave is refused if it is too long."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.core.titles import LONGEST_TITLE, check_title, fit_title

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize("title", ["", "feat: one", "x" * LONGEST_TITLE])
def test_a_title_that_github_takes_stays_as_it_is(title: str) -> None:
    assert fit_title(title) == check_title(title) == title


@pytest.mark.parametrize("text", ["x", "é", "e\u0301", FAMILY, "日本 "])
@pytest.mark.parametrize("offset", range(4))
def test_a_longer_one_is_shortened_between_two_characters(text: str, offset: int) -> None:
    title = "a" * offset + text * (LONGEST_TITLE + 1)
    fitted = fit_title(title)
    assert len(fitted) <= LONGEST_TITLE
    assert fitted.endswith("…")
    kept = fitted[:-1]
    assert title.startswith(kept)
    rest = (title[len(kept) :]).lstrip()
    assert rest[0] not in "\u0301\u200d"
    assert not kept.endswith("\u200d")


def test_there_may_be_less_room() -> None:
    assert fit_title("feat: one", 9) == "feat: one"
    assert fit_title("feat: one", 8) == "feat: o…"


def test_a_longer_one_of_the_user_is_refused() -> None:
    with pytest.raises(BadInput, match="--title has 257 characters: GitHub takes at most 256"):
        check_title("x" * 257)
