"""References, as helm writes them."""

from __future__ import annotations

from tasks.toolkit.clients.registry.reference import Reference


def test_helm_push_appends_the_charts_name_and_writes_build_metadata_with_an_underscore() -> None:
    reference = Reference.parse("oci://ghcr.io/stianfro/threek8s/chart")
    published = reference.with_chart("threek8s").with_version("1.1.1+build.5")
    assert str(published) == "oci://ghcr.io/stianfro/threek8s/chart/threek8s:1.1.1_build.5"


def test_what_helm_prints_after_a_push_is_parsed() -> None:
    pushed = Reference.parse("127.0.0.1:5000/a/threek8s:1.7.0")
    assert pushed == Reference("127.0.0.1:5000", "a/threek8s", "1.7.0")
    assert pushed.name == "threek8s"
    assert pushed.oci == "oci://127.0.0.1:5000/a/threek8s"
