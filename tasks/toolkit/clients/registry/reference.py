"""OCI references and semantic versions, as helm understands them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import semver

from ...core.errors import BadInput

GHCR = "ghcr.io"


@dataclass(frozen=True)
class Reference:
    """Where a chart stands in a registry: `host` (with its port), `repository`, and perhaps a `tag`."""

    host: str
    repository: str
    tag: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read `[oci://]host[:port]/repository[:tag]`; what comes from a person the settings have checked."""
        host, _, rest = text.removeprefix("oci://").partition("/")
        repository, _, tag = rest.partition(":")
        return cls(host, repository, tag)

    def at(self, version: str) -> Reference:
        """Return the reference of a version: helm writes the `+` of build metadata as `_`, which a tag may hold."""
        return replace(self, tag=version.replace("+", "_"))

    def chart(self, name: str) -> Reference:
        """Return where `helm push` to this reference puts the chart `name`: it always appends the name."""
        return Reference(self.host, f"{self.repository}/{name}")

    @property
    def name(self) -> str:
        """The last part of the repository, by convention the chart's name."""
        return self.repository.rpartition("/")[2]

    @property
    def oci(self) -> str:
        """The reference as helm takes it, without the tag."""
        return f"oci://{self.host}/{self.repository}"

    def __str__(self) -> str:
        return f"{self.oci}:{self.tag}" if self.tag else self.oci


def version(text: str, where: str) -> str:
    """Return `text` if it is a whole semantic version (https://semver.org), such as 1.7.0. Raises BadInput, naming `where` it stood."""
    if not semver.Version.is_valid(text):
        hint = "leave out the v" if re.match(r"v\d", text) else "three numbers are needed"
        raise BadInput(f"{where} {text!r} is not a semantic version", f"{hint}, for example 1.7.1")
    return text


def same(one: str, other: str) -> bool:
    """Tell whether two versions have the same precedence: https://semver.org/#spec-item-11."""
    try:
        return semver.Version.parse(one).compare(other) == 0
    except ValueError:
        return one == other


def above(one: str, other: str) -> bool:
    """Tell whether a version has a higher precedence than another; what is no version has none."""
    return (
        semver.Version.is_valid(one)
        and semver.Version.is_valid(other)
        and semver.Version.parse(one).compare(other) > 0
    )


def named(tag: str) -> str:
    """Return the version that the tag of a release names: v1.7.0 and chart-v1.7.0 name 1.7.0, and 1.7.0 itself."""
    return re.sub(r"^([a-z-]+-)?v(?=\d)", "", tag)


def versions(tags: list[str]) -> list[semver.Version]:
    """Return those of a registry's tags that are versions to helm."""
    return [
        semver.Version.parse(text)
        for tag in tags
        if semver.Version.is_valid(text := tag.replace("_", "+"))
    ]


def newest(tags: list[str]) -> str:
    """Return the highest release among `tags`, the one that helm takes when no version is asked for, or nothing."""
    return str(max((found for found in versions(tags) if not found.prerelease), default=""))


def next_free(wanted: str, tags: list[str]) -> str:
    """Return the lowest version above `wanted` that is not among `tags`: a patch release, or, of a pre-release, the next of its kind."""
    found, taken = semver.Version.parse(wanted), versions(tags)
    while True:
        found = found.bump_prerelease() if found.prerelease else found.bump_patch()
        if found not in taken:  # builds of a version are equal
            return str(found)
