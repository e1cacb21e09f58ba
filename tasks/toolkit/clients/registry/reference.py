"""OCI references and semantic versions, as helm understands them."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
