"""CHART_REF: what documents tell users, if they agree."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.env_entry import Entry
from tasks.toolkit.diagnosis.documented_reference import chart_ref_entry, with_documented_registries

REGISTRY = "oci://ghcr.io/owner"
PUBLISHED = f"{REGISTRY}/web"
ELSEWHERE = f"{REGISTRY}/web/chart"

CASES = [
    ({}, PUBLISHED, True, "no document"),
    ({"README.md": f"helm install web {PUBLISHED}"}, PUBLISHED, True, "as in README.md:1"),
    ({"README.md": f"`oci://ghcr.io/owner/web/modules`\nsee {ELSEWHERE}"}, PUBLISHED, True, "no"),
    (
        {
            "README.md": f"\nhelm install web {ELSEWHERE}",
            "docs/a.md": f"helm pull {ELSEWHERE}:1.2.3",
        },
        ELSEWHERE,
        False,
        "README.md:2 and 1 more",
    ),
    (
        {"README.md": f"helm install web {ELSEWHERE}\nhelm install web {PUBLISHED}"},
        "",
        False,
        f"{PUBLISHED} (README.md:2), {ELSEWHERE} (README.md:1)",
    ),
    ({"README.md": "helm install redis oci://ghcr.io/owner/redis"}, PUBLISHED, True, "no document"),
]


@pytest.mark.parametrize(("documents", "value", "derived", "source"), CASES)
def test_what_users_are_told_is_written_only_where_helm_does_not_put_it(
    documents: dict[str, str],
    value: str,
    derived: bool,
    source: str,
) -> None:
    entry = chart_ref_entry(REGISTRY, ["web"], documents)
    assert (entry.value, entry.derived) == (value, derived)
    assert source in entry.source
    is_elsewhere = value == ELSEWHERE
    assert ("publish.alias" in entry.warning) == is_elsewhere


def test_of_several_charts_the_name_stands_for_each() -> None:
    documents = {
        "README.md": "helm pull oci://ghcr.io/owner/x/api\nhelm pull oci://ghcr.io/owner/x/web"
    }
    entry = chart_ref_entry(REGISTRY, ["api", "web"], documents)
    assert entry.value == "oci://ghcr.io/owner/x/{chart}"
    assert entry.is_written


def test_without_registry_nothing_is_told() -> None:
    assert not chart_ref_entry("", ["web"], {"README.md": f"helm pull {PUBLISHED}"}).value


def test_what_users_are_told_is_a_candidate_where_no_workflow_names_the_registry() -> None:
    documents = {
        "README.md": f"helm install web {PUBLISHED}\nhelm push web.tgz oci://ghcr.io/other/web",
        "docs/a.md": f"helm pull {PUBLISHED}\nhelm pull oci://ghcr.io/bitnami/redis",
    }
    unknown = Entry("REGISTRY", "", "no step pushes")
    entry = with_documented_registries(unknown, ["web"], documents)
    assert not entry.value
    assert entry.candidates == [REGISTRY]
    assert entry.source.startswith("no step pushes; users get charts from ")
    assert entry.source.endswith(f"{REGISTRY} (README.md:1 and 1 more)")
    assert with_documented_registries(unknown, ["api"], documents) == unknown
