"""helm: charts on disk, and what it does with them in a registry. Helm 3 and 4 behave the same to the caller."""

from __future__ import annotations

import json
import re
from functools import cached_property
from pathlib import Path

from ...core.errors import (
    AccessDenied,
    Advice,
    BadInput,
    ProgramFailed,
    RecipeError,
    Refused,
    ServiceError,
    TookTooLong,
)
from ...core.secret import Secret
from ..process import ProcessRunner, Program
from ..registry.reference import Reference
from .chart import Chart

NETWORK = r"connection refused|connection reset|unexpected EOF|no such host|i/o timeout"
ABSENT = r"name unknown|not found|nable to locate any tags|ould not locate a version"
UNREACHABLE = "ubernetes cluster unreachable"


class NotCaughtUp(ServiceError):
    """The registry does not know yet what it was given a moment ago."""


ADVICE: Advice = (
    (
        r'failed to perform "Tag" on destination.*not found',
        NotCaughtUp,
        "GHCR has not caught up: run the same command again in a minute",
    ),
    (UNREACHABLE, ServiceError, "no cluster answers: check KUBECONFIG, or `kubectl cluster-info`"),
    (
        r"cannot re-?use a name",
        Refused,
        "a release of that name is there: `helm upgrade` it, or choose another name with --release",
    ),
    (
        r"basic credential not found",
        AccessDenied,
        "not logged in: set GITHUB_TOKEN to a token with write:packages",
    ),
    (
        r"write_package",
        AccessDenied,
        "the token lacks write:packages, or the package's Manage Actions access lacks this repository",
    ),
    (
        r"read_package|access to the resource is denied",
        AccessDenied,
        "the package is private: make it public",
    ),
    (
        r"denied: denied",
        AccessDenied,
        "the registry refused the token; for a public chart, `helm registry logout` a stale login",
    ),
    (r"\b401\b", AccessDenied, "the registry refused the token, or the package is private"),
    (
        r"\b403\b",
        AccessDenied,
        "the registry denies this to the token: pushing needs write:packages",
    ),
    (
        r"server gave HTTP response to HTTPS client",
        ServiceError,
        "the registry speaks plain HTTP: set PLAIN_HTTP=true",
    ),
    (
        r"x509: certificate signed by unknown",
        ServiceError,
        "the registry has a private CA: set SSL_CERT_FILE to its certificate",
    ),
    (NETWORK, ServiceError, "check the network and REGISTRY, then run the same command again"),
    (ABSENT, ProgramFailed, "that reference, or that version, is not published"),
)
CLUSTER_SECONDS = 30.0  # a cluster that has not answered by then is taken for none


class Helm:
    """helm with a private registry config and cache under `scratch`: the person's logins are neither used nor changed."""

    def __init__(self, commands: ProcessRunner, scratch: Path, plain_http: bool) -> None:
        self._plain_http, self._config, self.logged_in = (
            plain_http,
            scratch / "registry.json",
            False,
        )
        env = {"TZ": "UTC", "HELM_REGISTRY_CONFIG": str(self._config)}
        nobody = (
            scratch / "anonymous"
        )  # as a user who never logged in anywhere, and has nothing cached
        bare = env | {
            "HELM_REGISTRY_CONFIG": f"{nobody}/registry.json",
            "DOCKER_CONFIG": str(nobody),
            "HELM_CACHE_HOME": f"{nobody}/cache",
        }
        self._helm = Program(
            commands,
            ["helm"],
            env,
            ADVICE,
            ("HELM_REGISTRY_CONFIG", "SOURCE_DATE_EPOCH"),
            lasting=True,
        )
        self._anybodys = Program(commands, ["helm"], bare, ADVICE)

    @cached_property
    def version(self) -> tuple[int, int]:
        """The version: major, 3 or 4, and minor."""
        major, minor = (
            self._helm.read("version", "--template", "{{.Version}}")
            .stdout.strip()
            .lstrip("v")
            .split(".")[:2]
        )
        return int(major), int(minor)

    def _http(self, since: tuple[int, int] = (3, 13)) -> list[str]:
        return ["--plain-http"] if self._plain_http and self.version >= since else []

    def chart(self, folder: Path) -> Chart:
        """Read the chart in `folder`. Raises BadInput when there is none."""
        file = folder / "Chart.yaml"
        if not file.is_file():
            raise BadInput(
                f"{folder} holds no chart (no Chart.yaml)",
                "set CHART_DIR to its folder, for example CHART_DIR=helm/threek8s",
            )
        return Chart.parse(file.read_text(encoding="utf-8", errors="replace"), str(file))

    def chart_in(self, archive: Path) -> Chart:
        """Read the chart in a packaged archive. Raises BadInput when it is none."""
        done = self._helm.read("show", "chart", str(archive), check=False)
        if done.status:
            said = ProgramFailed(["helm", "show", "chart"], done.status, done.stderr).what
            raise BadInput(
                f"{archive} is not a packaged chart ({said})",
                "give the archive that publish.package made",
            )
        return Chart.parse(done.stdout, f"{archive}: Chart.yaml")

    def check(self, folder: Path, chart: Chart, shown: Path | None = None) -> None:
        """Build declared dependencies, then lint and render: `helm package` takes charts that cannot be rendered. Raises Refused.

        A dry run builds them too, and shows that done in the folder `shown`, if `folder` is a copy of it.
        """
        if chart.dependencies and self._helm.commands.dry:
            self._helm.change("dependency", "build", str(shown or folder))
        for step in [["dependency", "build"]] * chart.dependencies + [
            ["lint"],
            ["template", "check"],
        ]:
            done = self._helm.read(*step, str(folder), check=False)
            if done.status:
                lines = [
                    line.strip()
                    for line in (done.stdout + done.stderr).splitlines()
                    if "error" in line.lower()
                ]
                what = f"helm {step[0]} refuses {chart.name}: {' '.join(lines[:2])}"
                raise Refused(what, "mend the chart, or choose another commit or release of it")

    def package(
        self,
        folder: Path,
        destination: Path,
        *,
        options: list[str],
        epoch: int = 0,
        shown: tuple[Path, Path] | None = None,
    ) -> Path:
        """Package the chart in `folder` and return the archive; a dry run does so too, and shows it with the folders `shown`.

        With `epoch` (seconds since 1970) Helm 4 makes the same bytes of the same tree each time.
        """
        env = {"SOURCE_DATE_EPOCH": str(epoch)} if epoch else {}
        if shown and self._helm.commands.dry:
            self._helm.change(
                "package", str(shown[0]), *options, "--destination", str(shown[1]), env=env
            )
        said = self._helm.read(
            "package", str(folder), *options, "--destination", str(destination), env=env
        ).stdout
        return Path(said.rpartition("saved it to: ")[2].strip())

    def login(self, host: str, user: str, token: Secret, shown_token: str) -> None:
        """Log in to `host` with the token on stdin; `shown_token` is the command by which a dry run gets it."""
        args = [
            "registry",
            "login",
            host,
            f"--username={user}",
            "--password-stdin",
            *self._http(since=(3, 18)),
        ]
        self._helm.change(*args, stdin=token.reveal(), shown=f"{shown_token} | {{}}")
        self.logged_in = True

    def logout(self, host: str) -> None:
        """Forget the login; not being logged in is no error."""
        self._helm.change("registry", "logout", host, check=False)
        self._config.unlink(missing_ok=True)
        self.logged_in = False

    def push(self, archive: Path, registry: Reference) -> tuple[Reference, str] | None:
        """Push `archive` and return the reference that helm says it pushed, and its digest; nothing in a dry run."""
        output = self._helm.change("push", str(archive), registry.oci, *self._http())
        said = output.stdout + output.stderr  # Helm 3 and 4.1 say it on stderr, 4.3 on stdout
        pushed, digest = (re.search(rf"^{key}: (\S+)", said, re.M) for key in ("Pushed", "Digest"))
        if self._helm.commands.dry:
            return None
        if not pushed or not digest:
            raise ServiceError(
                "helm push did not say what it pushed", "run the same command again: it looks first"
            )
        return Reference.parse(pushed[1]), digest[1]

    def show(self, reference: Reference, wanted: str) -> Chart:
        """Return what anybody gets who asks for the chart: no credentials, nothing cached; `wanted` empty is the newest."""
        options = [f"--version={wanted}"] * bool(wanted)
        text = self._anybodys.read("show", "chart", reference.oci, *options, *self._http()).stdout
        return Chart.parse(text, f"{reference} in the registry")

    def try_install(self, chart: str, wanted: str, release: str, namespace: str) -> str:
        """Install the chart at a reference or in a folder for trial, `--dry-run`, as anybody.

        Returns in words how many objects it makes, and whether a cluster accepts them; without one they are rendered here.
        """
        options = (
            [f"--version={wanted}"] * bool(wanted) + self._http() + [f"--namespace={namespace}"]
        )
        argv = ["install", release, chart]
        try:
            made = self._anybodys.read(
                *argv, "--dry-run=server", *options, limit=CLUSTER_SECONDS
            ).stdout
            return f"{_objects(made)} objects, accepted by the cluster"
        except TookTooLong:
            pass
        except RecipeError as error:
            if UNREACHABLE not in str(error):
                raise
        form = [*argv, "--dry-run=client"] if self.version >= (4, 0) else ["template", *argv[1:]]
        made = self._anybodys.read(*form, *options).stdout
        return f"{_objects(made)} objects, rendered here: no cluster answered, so that none has checked them"

    def release(self, name: str, namespace: str) -> tuple[str, str, str] | None:
        """Return the chart, version and status of a release in the person's cluster, or None if there is none. Raises ServiceError."""
        done = self._helm.read(
            "get", "metadata", name, f"--namespace={namespace}", "--output=json", check=False
        )
        if done.status and "release: not found" in done.stderr:
            return None
        if done.status:
            raise ProgramFailed(["helm", "get", "metadata"], done.status, done.stderr).explained(
                ADVICE
            )
        found = json.loads(done.stdout)
        return found["chart"], found["version"], found["status"]

    def install(self, folder: Path, release: str, namespace: str) -> None:
        """Install the chart in `folder` into the person's cluster."""
        self._helm.change("install", release, str(folder), f"--namespace={namespace}")


def _objects(rendered: str) -> int:
    return len(re.findall(r"^kind: ", rendered, re.M))
