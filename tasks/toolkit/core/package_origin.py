"""What the installed package was made from, as pip and uv record it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import metadata

from .installation import DISTRIBUTION, IS_INSTALLED


@dataclass(frozen=True)
class PackageOrigin:
    """The version of the package; of one from a git repository also its `url` and `commit`."""

    version: str
    url: str = ""
    commit: str = ""


def find_package_origin() -> PackageOrigin | None:
    """Return the origin of the installed package; None in a clone or copy of the recipes.

    https://packaging.python.org/en/latest/specifications/direct-url
    """
    if not IS_INSTALLED:
        return None
    try:
        distribution = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:  # its files were copied without their metadata
        return PackageOrigin("unknown")
    text = distribution.read_text("direct_url.json") or "{}"
    return origin_of(distribution.version, text)


def origin_of(version: str, direct_url: str) -> PackageOrigin:
    """Return the origin that the text of a direct_url.json records."""
    recorded = json.loads(direct_url)
    source = recorded.get("vcs_info", {})
    if source.get("vcs") != "git":
        return PackageOrigin(version)
    return PackageOrigin(version, recorded["url"], source["commit_id"])
