"""The packages of GHCR, which offers no other way to delete from it.

https://docs.github.com/en/rest/packages/packages
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from ...core.errors import ServiceError
from ..process import ProgramOutput
from .answers import check_answer
from .gh import Gh


class Packages:
    """The packages that the login of `gh` can change."""

    def __init__(self, gh: Gh) -> None:
        self._gh = gh

    def delete_version(self, repository: str, digest: str) -> bool:
        """Delete what has `digest` in a repository of GHCR; return False if only planned.

        Raises ServiceError if GitHub lists no such version.
        """
        owner, _, package = repository.partition("/")
        name = quote(package, safe="")
        versions = f"{self.owner_kind(owner)}/{owner}/packages/container/{name}/versions"
        query = f'.[] | select(.name == "{digest}") | .id'
        list_ids = partial(self._gh.read_pages, versions, query)
        ids = list_ids().split()
        if not ids:
            what = f"GitHub lists no version {digest} of the package {package}"
            raise ServiceError(what, "re-run the same command in a minute")
        deleted = False
        for version_id in ids:
            argv = ["api", "--method=DELETE", f"{versions}/{version_id}"]
            find_outcome = partial(_find_deleted, version_id, list_ids)
            if self._gh.program.change(*argv, find_outcome=find_outcome, kind="deletion"):
                deleted = True
        return deleted

    def owner_kind(self, owner: str) -> str:
        """Return the part of GitHub's addresses for an owner: `orgs` or `users`."""
        answer = self._gh.ask("api", f"users/{owner}")
        check_answer("gh api users", answer, ["type"])
        return owner_kind(answer["type"])


def _find_deleted(version_id: str, list_ids: Callable[[], str]) -> ProgramOutput | None:
    if version_id in list_ids().split():
        return None
    return ProgramOutput(0, "", "")


def owner_kind(account_type: str) -> str:
    """Return the part of GitHub's addresses for an account of this type, such as Organization."""
    return "orgs" if account_type == "Organization" else "users"
