"""Packages in the REST API: https://docs.github.com/en/rest/packages."""

from __future__ import annotations

from urllib.parse import quote

from .rest import Json, Routes
from .rest_objects import API, CREATED, number_of
from .state import State

PACKAGE = "/users/[^/]+/packages/container/(?P<package>.+)"


def _digests(github: State, package: str) -> dict[int, str]:
    """Return the digests that the registry holds of a package, by the ids of its versions."""
    tags = github.packages.tags(f"{github.repository.owner}/{package}")
    return {number_of(digest): digest for digest in tags.values()}


def _list_versions(github: State, package: str) -> list[Json]:
    tags = github.packages.tags(f"{github.repository.owner}/{package}")
    if not tags:
        raise LookupError(package)
    owner = github.repository.owner
    name = quote(package, safe="")
    versions = []
    for number, digest in _digests(github, package).items():
        container = {"tags": [tag for tag, tagged in tags.items() if tagged == digest]}
        version = {
            "id": number,
            "name": digest,
            "url": f"{API}/users/{owner}/packages/container/{name}/versions/{number}",
            "package_html_url": f"https://github.com/users/{owner}/packages/container/{name}",
            "created_at": CREATED,
            "updated_at": CREATED,
            "metadata": {"package_type": "container", "container": container},
        }
        versions.append(version)
    return versions


def _delete_version(github: State, package: str, number: str) -> None:
    digests = _digests(github, package)
    digest = digests[int(number)]
    github.packages.remove(f"{github.repository.owner}/{package}", digest)


PACKAGE_ROUTES: Routes = {
    f"GET {PACKAGE}/versions": _list_versions,
    rf"DELETE {PACKAGE}/versions/(?P<number>\d+)": _delete_version,
}
