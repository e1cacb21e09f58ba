"""References and versions, as helm understands them."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.core.versions import newest_release, next_free, semantic_version, version_of_tag


def test_helm_push_appends_the_charts_name_and_writes_build_metadata_with_an_underscore() -> None:
    place = (
        Reference.parse("oci://ghcr.io/stianfro/threek8s/chart")
        .chart("threek8s")
        .at("1.1.1+build.5")
    )
    assert str(place) == "oci://ghcr.io/stianfro/threek8s/chart/threek8s:1.1.1_build.5"


def test_what_helm_says_it_pushed_reads_back() -> None:
    assert Reference.parse("127.0.0.1:5000/a/threek8s:1.7.0") == Reference(
        "127.0.0.1:5000", "a/threek8s", "1.7.0"
    )


@pytest.mark.parametrize(
    "text", ["1.2", "v1.2.3", "latest", "1.2.3-", "01.2.3", "1.2.3\n", "-1.2.3", "$(id)"]
)
def test_what_is_no_whole_semantic_version_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not a semantic version"):
        semantic_version(text, "--version")


def test_the_newest_is_the_highest_release_by_precedence_not_by_spelling() -> None:
    assert newest_release(["1.9.0", "1.10.0", "1.10.0_b.1", "2.0.0-rc.1", "latest", "v3.0.0"]) in (
        "1.10.0",
        "1.10.0+b.1",
    )
    assert newest_release(["1.0.0-rc.1", "latest"]) == ""


@pytest.mark.parametrize("tag", ["v1.7.0", "chart-v1.7.0", "1.7.0"])
def test_a_release_is_tagged_with_its_version_in_one_of_three_ways(tag: str) -> None:
    assert version_of_tag(tag) == "1.7.0"
    assert version_of_tag("very-1.7.0") == "very-1.7.0"


@pytest.mark.parametrize(
    ("wanted", "tags", "free"),
    [
        ("1.7.0", ["1.7.0", "1.7.1_build.5"], "1.7.2"),
        ("1.7.0-rc.1", ["1.7.0-rc.1", "1.7.0-rc.2"], "1.7.0-rc.3"),
        ("1.7.0-rc", ["1.7.0-rc"], "1.7.0-rc.0"),
    ],
)
def test_the_next_free_version_is_of_the_same_kind(wanted: str, tags: list[str], free: str) -> None:
    assert next_free(wanted, tags) == free
