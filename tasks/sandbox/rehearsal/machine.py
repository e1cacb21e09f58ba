"""Execute a run with act where it reaches nothing of this machine but what it needs."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..github.act import QUIET, SANDBOX, Machine
from ..github.runs import Run
from ..github.workflow_files import WorkflowFile
from .isolation import SPACE, Isolation, View
from .missing_programs import NOTES

LAUNCH = Path(__file__).with_name("launch.py")
REAP = Path(__file__).with_name("reap.py")
INHERITED = ("LANG", "LC_ALL", "TZ")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Programs of publish workflows, which may be anywhere on this machine.
PROGRAMS = (
    "act",
    "helm",
    "gh",
    "git",
    "bash",
    "cosign",
    "crane",
    "curl",
    "jq",
    "node",
    "oras",
    "yq",
)
TRUSTING = (  # the variables that name an authority to clients
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)
SECRET = re.compile(r"\bsecrets\s*(?:\.\s*|\[\s*['\"])([A-Za-z_]\w*)")
LABELS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04", "ubuntu-slim", "ubuntu-24.04-arm")
LOOPBACK = re.compile(r"\b(?:127\.0\.0\.1|localhost):(\d{2,5})\b")
PROXY_PORT = 3128


@dataclass(frozen=True)
class Surroundings:
    """What the programs of a rehearsal have: the folder of its files, and the way to its gateway.

    `folder` has the programs in `bin`, what stands in for others in `standing-in`, the files of
    their HOME in `home`, the gateway's certificate and socket. `more` are further variables,
    `readable` further files. `ports` are those on loopback that lead to the gateway, or its own
    where nothing isolates the programs.
    """

    folder: Path
    isolation: Isolation
    ports: Sequence[int]
    more: Mapping[str, str]
    readable: Sequence[Path] = ()

    @property
    def home(self) -> str:
        """The HOME of programs; with isolation it is a copy in their own /tmp."""
        return "/tmp/home" if self.isolation.name else str(self.folder / "home")  # noqa: S108

    @property
    def standing_in(self) -> Path:
        """The folder of what stands in for programs, and of the notes about that."""
        return self.folder / "standing-in"

    def command(self, argv: Sequence[str]) -> list[str]:
        """Return the command that runs a program in these surroundings."""
        if not self.isolation.name:
            return [sys.executable, "-I", str(REAP), *argv]
        ports = ",".join(map(str, self.ports))
        launch = [sys.executable, "-I", str(LAUNCH), str(self.folder / "gateway.sock"), ports]
        launch += [str(self.folder / "home"), self.home, str(SPACE), *argv]
        readable = [self.folder, SANDBOX, Path(sys.prefix), Path(sys.base_prefix), *self.readable]
        readable += [link.resolve() for link in sorted((self.folder / "bin").iterdir())]
        view = View(list(dict.fromkeys(readable)), [self.standing_in / NOTES])
        return self.isolation.wrap(launch, view)

    def environment(self) -> dict[str, str]:
        """Return the variables of programs: none of the person's but the language."""
        env = dict(QUIET)
        for name in INHERITED:
            if name in os.environ:
                env[name] = os.environ[name]
        proxy = f"http://127.0.0.1:{self.ports[0]}"
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            env[name] = proxy
        env |= dict.fromkeys(TRUSTING, str(self.folder / "authority.pem"))
        return {**env, "HOME": self.home, "PATH": self.path, **self.more}

    @property
    def path(self) -> str:
        """The PATH of programs, without what stands in for them."""
        others = SYSTEM_PATH
        if not self.isolation.name:
            others = os.environ.get("PATH", SYSTEM_PATH)
        python = Path(sys.base_prefix) / "bin"
        return os.pathsep.join([str(self.folder / "bin"), others, str(python)])


def link_programs(folder: Path, path: str) -> None:
    """Link the programs of PROGRAMS that are on a PATH in a folder."""
    folder.mkdir()
    for name in PROGRAMS:
        program = shutil.which(name, path=path)
        if program:
            (folder / name).symlink_to(Path(program).resolve())


def find_loopback_ports(texts: Sequence[str]) -> list[int]:
    """Return the ports of this machine that workflows name, such as that of a registry."""
    ports = set()
    for text in texts:
        ports |= {int(port) for port in LOOPBACK.findall(text)}
    return sorted(ports - {PROXY_PORT})


@dataclass(frozen=True)
class RehearsalMachine(Machine):
    """Where the jobs of a rehearsal run. `options` are act's options for actions."""

    surroundings: Surroundings
    options: Sequence[str]
    all_files: Mapping[str, WorkflowFile]

    def prepare(self, run: Run, files: Mapping[str, WorkflowFile], folder: Path) -> None:
        """Write all workflows, and a value for each secret that they name."""
        super().prepare(run, {**self.all_files, **files}, folder)
        names = {"GITHUB_TOKEN"}
        for file in self.all_files.values():
            names.update(SECRET.findall(file.text))
        lines = [f"{name}={self.token}\n" for name in sorted(names)]
        (folder / "secrets").write_text("".join(lines))

    def command(self, run: Run, files: Mapping[str, WorkflowFile], folder: Path) -> list[str]:
        """Return the command that starts act in its surroundings, for all labels of runners."""
        argv = super().command(run, files, folder)
        labels = {*LABELS, *_labels_of(self.all_files)}
        argv += [f"--platform={label}=-self-hosted" for label in sorted(labels)]
        chdir = ["env", f"--chdir={folder / 'source'}"]
        return self.surroundings.command([*chdir, *argv])

    def environment(self, folder: Path, run: Run) -> dict[str, str]:  # noqa: ARG002
        """Return the variables of act, which steps get too."""
        artifacts = Path(self.surroundings.home).with_name("artifacts")
        own = {"RUNNER_ARTIFACTS": str(artifacts), "RUNNER_TOOLS": str(SANDBOX)}
        return {**self.surroundings.environment(), **own}

    def action_options(self, files: Mapping[str, WorkflowFile]) -> list[str]:  # noqa: ARG002
        """Return where the actions are that workflows use."""
        return list(self.options)


def _labels_of(files: Mapping[str, WorkflowFile]) -> set[str]:
    labels = set[str]()
    for file in files.values():
        for job in file.spec["jobs"].values():
            given = job.get("runs-on", [])
            if isinstance(given, dict):
                given = given.get("labels", [])
            listed = [given] if isinstance(given, str) else given
            labels.update(label for label in map(str, listed) if "$" not in label)
    return labels
