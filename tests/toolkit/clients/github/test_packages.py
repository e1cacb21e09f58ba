"""Versions of packages are deleted by their digest."""

from __future__ import annotations

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.registry import Registry
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.clients.github.packages import owner_kind
from tasks.toolkit.core.errors import ServiceError

from ....plans import planned

PACKAGE = "stianfro/charts/threek8s"
DIGESTS = {
    "1.6.0": f"sha256:{'a' * 64}",
    "1.7.0": f"sha256:{'b' * 64}",
    "latest": f"sha256:{'b' * 64}",
}


@pytest.fixture
def registry(server: Server) -> Registry:
    """Give the registry of GitHub's packages, one with two versions and three tags."""
    registry = Registry()
    repository = registry.repositories[PACKAGE]
    repository.tags = dict(DIGESTS)
    repository.manifests = dict.fromkeys(DIGESTS.values(), ("application/json", b"{}"))
    server.packages = registry
    return registry


def test_the_version_of_a_digest_is_deleted(
    registry: Registry,
    github: GitHub,
) -> None:
    assert github.packages.delete_version(PACKAGE, DIGESTS["1.7.0"])
    assert registry.tags(PACKAGE) == {"1.6.0": DIGESTS["1.6.0"]}


def test_a_dry_run_deletes_nothing(
    registry: Registry,
    planning: GitHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert not planning.packages.delete_version(PACKAGE, DIGESTS["1.7.0"])
    assert registry.tags(PACKAGE) == DIGESTS
    path = "users/stianfro/packages/container/charts%2Fthreek8s/versions/"
    assert f"gh api --method=DELETE {path}" in planned(capsys)


def test_a_digest_that_is_not_listed_is_a_service_error(
    registry: Registry,
    github: GitHub,
) -> None:
    missing = f"sha256:{'c' * 64}"
    with pytest.raises(ServiceError, match=f"GitHub lists no version {missing} of the package"):
        github.packages.delete_version(PACKAGE, missing)
    assert registry.tags(PACKAGE) == DIGESTS


KINDS = [
    ("Organization", "orgs"),
    ("User", "users"),
    ("Bot", "users"),
]


@pytest.mark.parametrize(("account_type", "kind"), KINDS)
def test_an_organization_has_addresses_of_its_own(
    account_type: str,
    kind: str,
) -> None:
    assert owner_kind(account_type) == kind


def test_the_kind_of_an_owner_is_asked_of_github(github: GitHub) -> None:
    assert github.packages.owner_kind("stianfro") == "users"
