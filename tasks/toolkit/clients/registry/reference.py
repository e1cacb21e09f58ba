"""OCI references, as helm writes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

GHCR = "ghcr.io"


@dataclass(frozen=True)
class Reference:
    """A place in a registry: `host` with its port, `repository`, and `tag` if there is one."""

    host: str
    repository: str
    tag: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Return the reference of `[oci://]host[:port]/repository[:tag]`, which is not checked."""
        address = text.removeprefix("oci://")
        host, _, path = address.partition("/")
        repository, _, tag = path.partition(":")
        return cls(host, repository, tag)

    @property
    def is_local(self) -> bool:
        """Whether the registry is on this machine."""
        name = self.host.partition(":")[0]
        return name == "localhost" or name.startswith("127.")

    def with_version(self, version: str) -> Reference:
        """Return the reference of a version; helm writes `+` as `_`, which a tag may contain."""
        tag = version.replace("+", "_")
        return replace(self, tag=tag)

    def with_chart(self, name: str) -> Reference:
        """Return where `helm push` to this reference publishes a chart: it appends the name."""
        repository = f"{self.repository}/{name}"
        return Reference(self.host, repository)

    @property
    def name(self) -> str:
        """The last part of the repository; in a chart's reference the chart's name."""
        _, _, name = self.repository.rpartition("/")
        return name

    @property
    def oci(self) -> str:
        """The reference without its tag, as helm takes it."""
        return f"oci://{self.host}/{self.repository}"

    def __str__(self) -> str:
        if not self.tag:
            return self.oci
        return f"{self.oci}:{self.tag}"
