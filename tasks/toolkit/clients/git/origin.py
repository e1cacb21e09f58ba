"""Which repository of GitHub the clone's origin is, as far as its URLs tell."""

from __future__ import annotations

import re

from ..program import Program

HOSTS = ("github.com", "ssh.github.com", "www.github.com")
URL = re.compile(
    r"(?:[a-z+]+://)?(?:[^/@]+@)?([A-Za-z0-9.-]+)(?::\d+)?[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?"
)


def repository_in_url(url: str, host: str = "") -> str:
    """Return owner/name of a URL of GitHub, or of GitHub on the server `host`; else nothing."""
    match = URL.fullmatch(url)
    if match and match[1].lower() in (*HOSTS, host):
        return match[2]
    return ""


class Origin:
    """The URLs of the clone's origin."""

    def __init__(self, git: Program) -> None:
        self._git = git

    def url(self, remote: str = "origin") -> str:
        """Return the URL of a remote as configured (`insteadOf` not applied), or nothing."""
        return self._git.text("config", "--get", f"remote.{remote}.url", check=False)

    def repositories(self, host: str = "") -> set[str]:
        """Return owner/name of the repositories that origin is fetched from and pushed to.

        Where `insteadOf` leads elsewhere, such as to a mirror, the URL as it is configured counts.
        """
        configured = self.url()
        repositories = set()
        for line in self._git.text("remote", "--verbose", check=False).split("\n"):
            name, _, place = line.partition("\t")
            if name == "origin":
                url = place.rpartition(" ")[0]
                found = repository_in_url(url, host) or repository_in_url(configured, host)
                repositories.add(found)
        return repositories - {""}
