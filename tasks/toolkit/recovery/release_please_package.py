"""A package of release-please: what its files say of the chart's.

https://github.com/googleapis/release-please/blob/main/docs/manifest-releaser.md
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .automation import CONFIG, MANIFEST, options_of_package, package_around

ROOT = "."
NEVER = "0.0.0"  # the version of a package before its first release


@dataclass(frozen=True)
class Package:
    """A package of release-please: its folder, its last version, its options."""

    folder: str
    version: str
    options: Mapping[str, Any]

    @property
    def first_version(self) -> str:
        """The version of its first release, if its manifest says that it had none."""
        if self.version != NEVER:
            return ""
        version = self.options.get("initial-version")
        return str(version or "1.0.0")

    @property
    def component(self) -> str:
        """What a tag names beside the version, or nothing."""
        if self.options.get("include-component-in-tag") is False:
            return ""
        component = self.options.get("component")
        package_name = self.options.get("package-name")
        return str(component or package_name or "")

    def tag_of(self, version: str) -> str:
        """Return the tag of a version."""
        tag = version
        if self.options.get("include-v-in-tag") is not False:
            tag = f"v{version}"
        if self.component:
            separator = self.options.get("tag-separator", "-")
            tag = f"{self.component}{separator}{tag}"
        return tag

    def path_of(self, name: str) -> str:
        """Return the path of a file of the package; with a slash first, it starts at the root."""
        if name.startswith("/") or self.folder == ROOT:
            return name.strip("/")
        return posixpath.join(self.folder, name).rstrip("/")


def find_package(texts: Mapping[str, str], folder: str) -> Package | None:
    """Return the package around a folder; `texts` are release-please's files, by path."""
    around, version = package_around(texts.get(MANIFEST, ""), folder)
    if not around:
        return None
    return Package(around, version, options_of_package(texts.get(CONFIG, ""), around))
