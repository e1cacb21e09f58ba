"""Where a registry may lead a client, and where the login may go: nowhere but to the registry.

A registry names other addresses in redirects, in a Location, and as the realm of its tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...core.errors import ServiceError
from .manifest import shown

NAME = r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*"
URL = re.compile(
    rf"(https?)://({NAME}|\[[0-9a-f:.]+\])(?::(\d{{1,5}}))?(?:[/?][!-~]*)?",
    re.IGNORECASE | re.ASCII,
)
PORTS = {"http": 80, "https": 443}
# Domains in which each customer of a cloud has a name, see https://publicsuffix.org.
SHARED = (
    "amazonaws.com",
    "azurecr.io",
    "cloudsmith.io",
    "github.io",
    "gitlab.io",
    "jfrog.io",
    "pkg.dev",
)
ADVICE = "check REGISTRY and PLAIN_HTTP, and ask the registry's administrator"


@dataclass(frozen=True)
class Origin:
    """What an address is of: the host's name is in lower case."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Return the origin of a URL without a login in it. Raises ServiceError."""
        match = URL.fullmatch(url)
        if not match:
            raise ServiceError(f"the registry leads to {shown(url)}, which is no address", ADVICE)
        scheme = match[1].lower()
        port = int(match[3] or PORTS[scheme])
        return cls(scheme, match[2].lower(), port)

    @property
    def site(self) -> str:
        """The domain that one owner has; of an IP address itself."""
        labels = self.host.split(".")
        if labels[-1].isdecimal() or self.host.startswith("["):
            return self.host
        size = 2
        is_public = False
        if len(labels) > 1:
            last_but_one, last = labels[-2:]
            is_public = len(last_but_one) <= 3 and len(last) == 2  # co.uk
        if is_public or ".".join(labels[-2:]) in SHARED:
            size = 3
        return ".".join(labels[-size:])

    def ensure_no_downgrade(self, url: str) -> None:
        """Refuse to be led from https to http. Raises ServiceError."""
        if self.scheme == "https" and Origin.of(url).scheme != "https":
            what = f"{self.host} leads to {shown(url)}, without TLS: refused"
            raise ServiceError(what, ADVICE)

    def ensure_token_service(self, realm: str) -> None:
        """Refuse to send the login to a token service that is not the registry's own.

        It is on the registry's host, or uses https on the same site, as auth.docker.io does for
        registry-1.docker.io. Raises ServiceError.
        """
        service = Origin.of(realm)
        self.ensure_no_downgrade(realm)
        if service.host == self.host:
            return
        if service.scheme != "https" or service.site != self.site:
            what = f"{self.host} asks for the login to be sent to {shown(realm)}: refused"
            raise ServiceError(what, ADVICE)
