"""What GitHub refuses for a lack of permissions is found, though the rehearsal has them all."""

from __future__ import annotations

import pytest

from tasks.sandbox.rehearsal.permissions import find_faults
from tasks.sandbox.rehearsal.services import Upload

from .recorded import CALLED, PATH, Recorded

CALLING = f"""\
permissions: {{contents: write, id-token: write}}
jobs:
  images: {{uses: ./{CALLED}}}
"""
WANTING = """\
jobs:
  publish:
    permissions: {contents: read, security-events: write}
    steps: [{run: x}]
"""
PUSHING = """\
permissions: {{contents: read, packages: {level}}}
jobs:
  publish:
    steps:
    - {{uses: docker/login-action@v3, with: {{password: "${{{{ secrets.HUB }}}}"}}}}
    - {{run: helm registry login ghcr.io, env: {{TOKEN: "${{{{ secrets.{token} }}}}"}}}}
    - {{run: helm push x.tgz oci://ghcr.io/o}}
"""
AT_GHCR = Upload("ghcr.io", "o/x", "1.0.0", "sha256:0", (("publish", "2"),))


def faults(recorded: Recorded, *uploads: Upload) -> list[str]:
    return list(find_faults(recorded.run, recorded.files, uploads))


def test_a_called_job_that_wants_more_than_its_caller_allows_stops_the_start() -> None:
    (fault,) = faults(Recorded(CALLING, WANTING))
    assert fault.startswith(f"GitHub does not start {PATH}")
    assert "allows security-events: none" in fault
    assert f"the job publish of {CALLED} wants security-events: write" in fault


@pytest.mark.parametrize(
    "permissions",
    [
        "permissions: {contents: read, security-events: write}",
        "permissions: write-all",
        "name: without any, which the settings of the repository decide",
    ],
)
def test_a_called_job_may_want_what_its_caller_allows(permissions: str) -> None:
    first = CALLING.splitlines()[0]
    assert faults(Recorded(CALLING.replace(first, permissions), WANTING)) == []


def test_the_permissions_of_the_calling_job_are_those_that_count() -> None:
    calling = CALLING.replace(f"{CALLED}}}", f"{CALLED}, permissions: {{security-events: read}}}}")
    fault, other = faults(Recorded(calling, WANTING))
    assert "allows contents: none" in fault
    assert "allows security-events: read" in other


def test_a_push_to_ghcr_needs_write_access_to_packages() -> None:
    (fault,) = faults(Recorded(PUSHING.format(level="read", token="GITHUB_TOKEN")), AT_GHCR)
    assert "packages: write is needed" in fault
    assert faults(Recorded(PUSHING.format(level="write", token="GITHUB_TOKEN")), AT_GHCR) == []


def test_a_push_may_need_no_access_where_another_token_or_registry_is_used() -> None:
    assert faults(Recorded(PUSHING.format(level="read", token="PAT")), AT_GHCR) == []
    elsewhere = Upload("quay.io", "o/x", "1.0.0", "sha256:0", (("publish", "2"),))
    assert faults(Recorded(PUSHING.format(level="read", token="GITHUB_TOKEN")), elsewhere) == []
