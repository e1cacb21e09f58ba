"""The helm program: for the user, with a login of its own, and as somebody without any login."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path

from ...core.errors import AccessDenied, Advice, ProgramFailed, Refused, ServiceError
from ..certificates import PRIVATE_CA
from ..process import ProcessRunner
from ..program import Program

UNREACHABLE = "ubernetes cluster unreachable"
NETWORK = r"connection refused|connection reset|unexpected EOF|no such host|i/o timeout"
NOT_PUBLISHED = r"name unknown|not found|nable to locate any tags|ould not locate a version"

# It ends soon: collecting garbage at each doubling of its memory takes a third of its time.
ENVIRONMENT = {"TZ": "UTC", "GOGC": "400"}


class NotCaughtUp(ServiceError):
    """The registry does not have yet what it received a moment ago."""


ADVICE: Advice = (
    (
        r'failed to perform "Tag" on destination.{0,500}not found',
        NotCaughtUp,
        "GHCR has not caught up: run the same command again in a minute",
    ),
    (
        UNREACHABLE,
        ServiceError,
        "no cluster is reachable: check KUBECONFIG, or run `kubectl cluster-info`",
    ),
    (
        r"cannot re-?use a name",
        Refused,
        "a release of that name exists: `helm upgrade` it, or choose another name with --release",
    ),
    (
        r"basic credential not found",
        AccessDenied,
        "not logged in: set GITHUB_TOKEN to a token with write:packages",
    ),
    (
        r"write_package",
        AccessDenied,
        "the token lacks write:packages, or the package does not give this repository access"
        " (Package settings, Manage Actions access)",
    ),
    (
        r"read_package|access to the resource is denied",
        AccessDenied,
        "the package is private: make it public",
    ),
    (
        r"denied: denied",
        AccessDenied,
        "the registry refused the token; for a public chart, remove an old login with"
        " `helm registry logout`",
    ),
    (r"\b401\b", AccessDenied, "the registry refused the token, or the package is private"),
    (
        r"\b403\b",
        AccessDenied,
        "the registry denies this to the token: a push needs write:packages",
    ),
    (
        r"server gave HTTP response to HTTPS client",
        ServiceError,
        "the registry uses plain HTTP: set PLAIN_HTTP=true",
    ),
    PRIVATE_CA,
    (NETWORK, ServiceError, "check the network and REGISTRY, then run the same command again"),
    (NOT_PUBLISHED, ProgramFailed, "that reference, or that version, is not published"),
)


class HelmProgram:
    """helm, with files of its own under `scratch`: the user's logins are not changed.

    `own` uses this process's login, `anonymous` no login and no cache.
    """

    def __init__(
        self,
        runner: ProcessRunner,
        scratch: Path,
        plain_http: bool,
    ) -> None:
        self.config = scratch / "registry.json"
        self.environ = runner.environ
        self._plain_http = plain_http
        env = {**ENVIRONMENT, "HELM_REGISTRY_CONFIG": str(self.config)}
        shown = ("HELM_REGISTRY_CONFIG", "SOURCE_DATE_EPOCH")
        self.own = Program(runner, ["helm"], env, ADVICE, shown, holds_lock=True)
        self.anonymous = Program(runner, ["helm"], _home_of_nobody(scratch / "anonymous"), ADVICE)

    @cached_property
    def version(self) -> tuple[int, int]:
        """The major version, 3 or 4, and the minor version."""
        output = self.own.read("version", "--template", "{{.Version}}")
        number = re.match(r"\s*v?(\d{1,9})\.(\d{1,9})\b", output.stdout)
        if not number:
            raise ServiceError("helm printed no version", "check `helm version`")
        return int(number[1]), int(number[2])

    def plain_http_option(self, command: str = "") -> list[str]:
        """Return the option for a registry without TLS; `registry login` has it since Helm 3.18."""
        if not self._plain_http:
            return []
        if command == "login" and self.version < (3, 18):
            return []
        return ["--plain-http"]


def _home_of_nobody(home: Path) -> dict[str, str]:
    """Return the variables that give helm a home without logins, repositories and plugins."""
    folders = {
        "DOCKER_CONFIG": "",
        "HELM_CACHE_HOME": "cache",
        "HELM_CONFIG_HOME": "config",
        "HELM_CONTENT_CACHE": "cache/content",
        "HELM_DATA_HOME": "data",
        "HELM_PLUGINS": "data/plugins",
        "HELM_REGISTRY_CONFIG": "registry.json",
        "HELM_REPOSITORY_CACHE": "cache/repository",
        "HELM_REPOSITORY_CONFIG": "config/repositories.yaml",
    }
    variables = dict(ENVIRONMENT)
    for name, path in folders.items():
        variables[name] = str(home / path)
    return variables
