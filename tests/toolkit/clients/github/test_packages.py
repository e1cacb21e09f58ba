"""Versions of packages are deleted by their digest."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.github.packages import Packages
from tasks.toolkit.core.errors import ServiceError

from .conftest import commands_of, recorded_gh

DIGEST = "sha256:abc"


@pytest.mark.parametrize(
    ("kind", "part"), [("Organization\n", "orgs"), ("User\n", "users"), ("Bot\n", "users")]
)
def test_the_versions_of_a_digest_are_deleted_for_each_kind_of_owner(kind: str, part: str) -> None:
    path = f"{part}/owner/packages/container/charts%2Fthreek8s/versions"
    gh = recorded_gh(
        {"api users/owner": kind, "api --method=DELETE": "", f"api '{path}": "11\n12\n"}
    )
    assert Packages(gh).delete_version("owner/charts/threek8s", DIGEST)
    assert f'select(.name == "{DIGEST}")' in commands_of(gh)[1]
    assert commands_of(gh)[2:] == [
        f"api --method=DELETE {path}/11",
        f"api --method=DELETE {path}/12",
    ]


def test_a_dry_run_deletes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    gh = recorded_gh({"api users/owner": "User\n", "api": "11\n"}, dry_run=True)
    assert not Packages(gh).delete_version("owner/threek8s", DIGEST)
    assert len(commands_of(gh)) == 2
    assert "gh api --method=DELETE users/owner/packages/" in capsys.readouterr().out


def test_a_digest_that_is_not_listed_is_a_service_error() -> None:
    gh = recorded_gh({"api users/owner": "User\n", "api": ""})
    with pytest.raises(ServiceError, match="GitHub lists no version sha256:abc of the package x"):
        Packages(gh).delete_version("owner/x", DIGEST)
