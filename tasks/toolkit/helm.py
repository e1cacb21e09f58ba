"""helm: charts on disk, and what it does with them in a registry. Helm 3 and 4 behave the same to the caller."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .command import Commands, Output
from .errors import AccessDenied, BadInput, ProgramFailed, RecipeError, Refused, ServiceError, TookTooLong
from .reference import Reference, version
from .secret import Secret

# What helm says, what kind of error that is, and what to tell the person; the first that fits.
ADVICE: tuple[tuple[str, type[RecipeError], str], ...] = (
    (r"basic credential not found", AccessDenied, "not logged in: set GITHUB_TOKEN to a token with write:packages"),
    (
        r"permission_denied: write_package",
        AccessDenied,
        "the token lacks write:packages, or the package's Manage Actions access leaves this repository out",
    ),
    (r"permission_denied: read_package|requested access to the resource is denied", AccessDenied, "the package is private: make it public"),
    (
        r"denied: denied",
        AccessDenied,
        "the registry refused the token: check that it is valid; for a public chart `helm registry logout` a stale login",
    ),
    (r"\b401\b", AccessDenied, "the registry refused the token, or the package is private"),
    (r"\b403\b", AccessDenied, "the registry denies this to the token"),
    (r"server gave HTTP response to HTTPS client", ServiceError, "the registry speaks plain HTTP: set PLAIN_HTTP=true"),
    (r"x509: certificate signed by unknown authority", ServiceError, "the registry has a private CA: set SSL_CERT_FILE to its certificate"),
    (
        r"connection refused|connection reset|unexpected EOF|no such host|i/o timeout",
        ServiceError,
        "check the network and REGISTRY, then run it again",
    ),
    (
        r"name unknown|not found|nable to locate any tags|ould not locate a version",
        ProgramFailed,
        "that reference, or that version, is not published",
    ),
)
UNREACHABLE = "ubernetes cluster unreachable"
CLUSTER_SECONDS = 30.0  # a cluster that has not answered by then is taken for none


@dataclass(frozen=True)
class Chart:
    """What Chart.yaml says of a chart: its name, version and appVersion (empty if it has none)."""

    name: str
    version: str
    app_version: str
    dependencies: bool = False

    @classmethod
    def parse(cls, text: str, where: str) -> Chart:
        """Read a Chart.yaml. Raises BadInput, naming `where` it is, when it is not one."""
        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise BadInput(
                f"{where} is not YAML" + (f", line {mark.line + 1}" if mark else ""), "mend it; `helm lint` shows more"
            ) from error
        for key in ("name", "version"):
            if not isinstance(data, dict) or not data.get(key):
                raise BadInput(f"{where} has no {key}", f"add a line such as `{key}: {'threek8s' if key == 'name' else '1.7.0'}`")
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", str(data["name"])):
            raise BadInput(f"{where} names the chart {data['name']!r}", "lower case letters, digits and dashes are needed")
        return cls(
            data["name"],
            version(str(data["version"]), f"{where}: version"),
            str(data.get("appVersion", "")),
            bool(data.get("dependencies")),
        )


class Helm:
    """helm with a private registry config and cache under `scratch`: the person's logins are neither used nor changed."""

    def __init__(self, commands: Commands, scratch: Path, plain_http: bool) -> None:
        self._commands, self._scratch, self._plain_http = commands, scratch, plain_http
        self._config = scratch / "registry.json"
        self._major = 0

    def _env(self, *, anonymous: bool = False) -> dict[str, str]:
        env = {"TZ": "UTC", "HELM_REGISTRY_CONFIG": str(self._config)}
        if anonymous:  # as a user who never logged in anywhere, and has nothing cached
            nobody = str(self._scratch / "anonymous")
            env |= {"HELM_REGISTRY_CONFIG": f"{nobody}/registry.json", "DOCKER_CONFIG": nobody, "HELM_CACHE_HOME": f"{nobody}/cache"}
        return env

    def _run(self, *args: str, env: Mapping[str, str] | None = None, **options: Any) -> Output:
        return self._explained(self._commands.read, ["helm", *args], env={**self._env(), **(env or {})}, **options)

    def _change(self, *args: str, pipe: str = "", **options: Any) -> Output:
        shown = shlex.join(["env", f"HELM_REGISTRY_CONFIG={self._config}", "helm", *args])
        return self._explained(self._commands.change, ["helm", *args], env=self._env(), shown=pipe + shown, **options)

    def _explained(self, call: Callable[..., Output], argv: list[str], **options: Any) -> Output:
        try:
            return call(argv, **options)
        except ProgramFailed as error:
            raise explained(error) from error

    def major(self) -> int:
        """Return helm's major version, 3 or 4."""
        if not self._major:
            self._major = int(self._run("version", "--template", "{{.Version}}").stdout.strip().lstrip("v").split(".")[0])
        return self._major

    def _http(self) -> list[str]:
        # Helm 3 falls back to plain HTTP on loopback by itself, and before 3.18 its login knows no such option.
        return ["--plain-http"] if self._plain_http and self.major() > 3 else []

    def chart(self, folder: Path) -> Chart:
        """Read the chart in `folder`. Raises BadInput when there is none."""
        file = folder / "Chart.yaml"
        if not file.is_file():
            raise BadInput(
                f"{folder} holds no chart (no Chart.yaml)", "set CHART_DIR to the chart's folder, for example CHART_DIR=helm/threek8s"
            )
        return Chart.parse(file.read_text(encoding="utf-8", errors="replace"), str(file))

    def chart_in(self, archive: Path) -> Chart:
        """Read the chart in a packaged archive."""
        return Chart.parse(self._run("show", "chart", str(archive)).stdout, f"{archive}: Chart.yaml")

    def check(self, folder: Path, chart: Chart) -> None:
        """Build declared dependencies, then lint and render: `helm package` takes charts that cannot be rendered. Raises Refused."""
        steps = [["dependency", "build"]] * chart.dependencies + [["lint"], ["template", "check"]]
        for step in steps:
            try:
                self._run(*step, str(folder))
            except ProgramFailed as error:
                lines = [line for line in error.stderr.splitlines() if "rror" in line.lower()] or [error.what]
                raise Refused(
                    f"helm {step[0]} refuses {chart.name}: {' '.join(lines[-2:])}", "mend the chart, or package another commit with --ref"
                ) from error

    def package(self, folder: Path, destination: Path, *, options: list[str], epoch: int = 0, shown: Path | None = None) -> Path:
        """Package the chart in `folder` and return the archive; a dry run does so too, and shows it with destination `shown`.

        With `epoch` (seconds since 1970) Helm 4 makes the same bytes of the same tree each time.
        """
        env = {"SOURCE_DATE_EPOCH": str(epoch)} if epoch else {}
        args = ["package", str(folder), *options, "--destination"]
        if shown:
            argv = ["env", *(f"{key}={value}" for key, value in env.items()), "helm", *args, str(shown)]
            self._commands.change(argv, shown=shlex.join(argv))
        said = self._run(*args, str(destination), env=env).stdout
        return Path(said.rpartition("saved it to: ")[2].strip())

    def login(self, host: str, user: str, token: Secret, shown_token: str) -> None:
        """Log in to `host` with the token on stdin; `shown_token` is the command by which a dry run gets it."""
        args = ["registry", "login", host, f"--username={user}", "--password-stdin", *self._http()]
        self._change(*args, stdin=token.reveal(), pipe=f"{shown_token} | ")

    def logout(self, host: str) -> None:
        """Forget the login; not being logged in is no error."""
        self._change("registry", "logout", host, check=False)
        self._config.unlink(missing_ok=True)

    def push(self, archive: Path, registry: Reference) -> tuple[Reference, str] | None:
        """Push `archive` and return the reference that helm says it pushed, and its digest; nothing in a dry run."""
        output = self._change("push", str(archive), registry.oci, *self._http())
        said = output.stdout + output.stderr  # Helm 3 and 4.1 say it on stderr, 4.3 on stdout
        pushed, digest = (re.search(rf"^{key}: (\S+)", said, re.M) for key in ("Pushed", "Digest"))
        if self._commands.dry:
            return None
        if not pushed or not digest:
            raise ServiceError("helm push did not say what it pushed", "run the same command again: it looks first")
        return Reference.parse(pushed[1]), digest[1]

    def show(self, reference: Reference, wanted: str) -> Chart:
        """Return what anybody gets who asks for the chart: no credentials, nothing cached; `wanted` empty is the newest."""
        options = [f"--version={wanted}"] * bool(wanted)
        text = self._run("show", "chart", reference.oci, *options, *self._http(), env=self._env(anonymous=True)).stdout
        return Chart.parse(text, f"{reference} in the registry")

    def try_install(self, reference: Reference, wanted: str, release: str, namespace: str) -> tuple[int, bool]:
        """Install the chart for trial, `--dry-run`, as anybody.

        Returns how many objects it makes, and whether a cluster answered; without one they are rendered here.
        """
        options = [f"--version={wanted}"] * bool(wanted) + self._http() + [f"--namespace={namespace}"]
        env = self._env(anonymous=True)
        argv = ["install", release, reference.oci]
        try:
            return _objects(self._run(*argv, "--dry-run=server", *options, env=env, limit=CLUSTER_SECONDS).stdout), True
        except TookTooLong:
            pass
        except RecipeError as error:
            if UNREACHABLE not in str(error):
                raise
        form = [*argv, "--dry-run=client"] if self.major() > 3 else ["template", *argv[1:]]
        return _objects(self._run(*form, *options, env=env).stdout), False


def _objects(rendered: str) -> int:
    return len(re.findall(r"^kind: ", rendered, re.M))


def explained(error: ProgramFailed) -> RecipeError:
    """Return helm's failure as what it is, with the advice that fits it."""
    for pattern, kind, advice in ADVICE:
        if re.search(pattern, error.stderr):
            return ProgramFailed(error.argv, error.status, error.stderr, advice) if kind is ProgramFailed else kind(error.what, advice)
    return error
