"""Facts: what outcomes add up to, and what of a journal is accepted as a fact."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tasks.toolkit.incident.facts import Facts

MERGED_AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ALL = Facts(
    revert=43,
    revert_url="https://github.com/stianfro/threek8s/pull/43",
    good_commit="abc",
    compared="exact",
    merged_at=MERGED_AT,
    planned_revert="def",
    planned_merge="fed",
    revert_is_planned=True,
    packaged_from=("the merged revert", "helm/threek8s", "", "1.7.0"),
    archive="/clone/threek8s-1.7.0.tgz",
    sha256="sha256:1",
    name="threek8s",
    version="1.7.0",
    app_version="1.7.0",
    reference="oci://ghcr.io/stianfro/threek8s/chart/threek8s",
    digest="sha256:2",
    alias="oci://ghcr.io/stianfro/threek8s/chart",
    replaced="1.7.0-replaced",
    saved="/clone/withdrawn",
    run=7,
    issue=44,
)


def test_every_fact_is_the_same_after_it_was_written_and_read() -> None:
    text = json.dumps(ALL.as_data())
    written = json.loads(text)
    assert written.keys() == vars(ALL).keys()
    assert Facts.from_data([written]) == ALL


def test_an_unknown_fact_is_not_written() -> None:
    assert Facts().as_data() == {}
    assert Facts(version="1.7.0").as_data() == {"version": "1.7.0"}


def test_the_later_outcome_wins_and_none_clears_a_fact() -> None:
    outcomes: list[dict[str, Any]] = [
        {"version": "1.7.0", "digest": "sha256:1", "revert": 43},
        {"version": "1.7.1"},
        {"digest": None, "good_commit": ""},
    ]
    assert Facts.from_data(outcomes) == Facts(version="1.7.1", revert=43)


def test_data_that_is_no_fact_is_ignored() -> None:
    data = {"pr": 42, "command": "invoke recover", "checks": {}}
    assert Facts.from_data([data]) == Facts()


def test_a_name_of_the_first_edition_is_read_as_todays() -> None:
    packaged = ["main", "helm/threek8s", "", ""]
    learned = {"packaged": packaged}
    forgotten = {"packaged": None}
    facts = Facts.from_data([learned])
    assert facts.packaged_from == tuple(packaged)
    facts = Facts.from_data([learned, forgotten])
    assert facts == Facts()


WRONG_TYPES = [
    {"digest": 5},
    {"revert": "43"},
    {"issue": True},
    {"merged_at": "soon"},
    {"name": ["a"]},
]


@pytest.mark.parametrize("data", WRONG_TYPES)
def test_a_fact_of_another_type_is_an_error(data: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Facts.from_data([data])


FACTS_TO_RESUME_FROM = [
    (Facts(), False, False),
    (Facts(archive="a.tgz", version="1.7.0", issue=44), False, False),
    (Facts(revert=43), False, True),
    (Facts(good_commit="abc"), False, True),
    (Facts(digest="sha256:1"), True, True),
]


@pytest.mark.parametrize(("facts", "published", "can_be_resumed_from"), FACTS_TO_RESUME_FROM)
def test_what_is_published_and_what_can_be_resumed_from(
    facts: Facts,
    published: bool,
    can_be_resumed_from: bool,
) -> None:
    assert facts.published == published
    assert facts.can_be_resumed_from == can_be_resumed_from
