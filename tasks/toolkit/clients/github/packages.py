"""The packages of GHCR, which offers no other way to delete from it.

https://docs.github.com/en/rest/packages/packages
"""

from __future__ import annotations

from urllib.parse import quote

from ...core.errors import ServiceError
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
        kind = self.owner_kind(owner)
        versions = f"{kind}/{owner}/packages/container/{quote(package, safe='')}/versions"
        query = f'.[] | select(.name == "{digest}") | .id'
        argv = ["api", f"{versions}?per_page=100", "--paginate", "--jq", query]
        ids = self._gh.program.read(*argv).stdout.split()
        if not ids:
            what = f"GitHub lists no version {digest} of the package {package}"
            raise ServiceError(what, "re-run the same command in a minute")
        addresses = [f"{versions}/{version_id}" for version_id in ids]
        outputs = [self._gh.program.change("api", "--method=DELETE", each) for each in addresses]
        return None not in outputs

    def owner_kind(self, owner: str) -> str:
        """Return the part of GitHub's addresses for an owner: `orgs` or `users`."""
        kind = self._gh.program.read("api", f"users/{owner}", "--jq", ".type").stdout.strip()
        return "orgs" if kind == "Organization" else "users"
