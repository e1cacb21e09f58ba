"""What the programs of a rehearsal have around them: files, variables, and no network."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..github.act import QUIET, SANDBOX
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
        launch = [
            sys.executable,
            "-I",
            str(LAUNCH),
            str(self.folder / "gateway.sock"),
            ",".join(map(str, self.ports)),
            str(self.folder / "home"),
            self.home,
            str(SPACE),
            *argv,
        ]
        return self.isolation.wrap(launch, self._view())

    def _view(self) -> View:
        """Return what programs see of this machine."""
        readable = [
            self.folder,
            SANDBOX,
            Path(sys.prefix),
            Path(sys.base_prefix),
            *self.readable,
        ]
        links = self.folder / "bin"
        for link in sorted(links.iterdir()):
            readable.append(link.resolve())
        notes = self.standing_in / NOTES
        return View(list(dict.fromkeys(readable)), [notes])

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
