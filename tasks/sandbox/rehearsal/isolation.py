"""Isolate the programs of a rehearsal: own files, own processes, and no network but the gateway.

https://github.com/containers/bubblewrap, and unshare of https://github.com/util-linux/util-linux
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

BWRAP = "bwrap"
UNSHARE = "unshare"
SPACE = 512 << 20  # bytes that a rehearsal may write
SHARED = 64 << 20  # bytes of memory that programs may share
TMP = "/tmp"  # noqa: S108 the programs have one of their own
SCRIPTS = Path(__file__).parent
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/nix/store")
ROOT_OF_UNSHARE = "/mnt"  # where its file system is put together; any folder that all systems have
NAMESPACES = ("--user", "--map-root-user", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork")


@dataclass(frozen=True)
class View:
    """What programs see of this machine: the system's own files, these, and an empty /tmp."""

    readable: Sequence[Path] = ()
    writable: Sequence[Path] = ()

    @property
    def all_readable(self) -> list[Path]:
        """Those of the system too, without what is inside of another one."""
        paths = [Path(path) for path in SYSTEM if Path(path).exists()]
        for path in sorted(self.readable):
            if not any(path.is_relative_to(other) for other in paths):
                paths.append(path)
        return paths


@dataclass(frozen=True)
class Isolation:
    """What isolates programs: BWRAP, UNSHARE, or nothing where neither works."""

    name: str
    env: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def find(cls, env: Mapping[str, str]) -> Isolation:
        """Return the first that works on this machine, as programs with `env` find it."""
        path = env.get("PATH", os.defpath)
        for name in (BWRAP, UNSHARE):
            isolation = cls(name, env)
            if shutil.which(name, path=path) and isolation.works():
                return isolation
        return cls("")

    def works(self) -> bool:
        """Return whether a program can be started; the system may forbid namespaces."""
        argv = self.wrap(["/bin/sh", "-c", ":"], View())
        done = subprocess.run(argv, env=self.env, capture_output=True, check=False)
        return done.returncode == 0

    def wrap(self, argv: Sequence[str], view: View) -> list[str]:
        """Return the command that runs a program with this view, without a network."""
        if self.name == BWRAP:
            return [*_bwrap(view), *argv]
        if self.name == UNSHARE:
            return [*_unshare(view), *argv]
        return list(argv)


def _bwrap(view: View) -> list[str]:
    argv = [BWRAP, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    argv += ["--dev", "/dev", "--proc", "/proc", "--size", str(SPACE), "--tmpfs", TMP]
    argv += ["--size", str(SHARED), "--tmpfs", "/dev/shm"]  # noqa: S108
    for path in view.all_readable:
        argv += ["--ro-bind", str(path), str(path)]
    for path in view.writable:
        argv += ["--bind", str(path), str(path)]
    return [*argv, "--remount-ro", "/dev", "--remount-ro", "/", "--"]


def _unshare(view: View) -> list[str]:
    script = str(SCRIPTS / "unshare.sh")
    # unshare ends its child with itself, and itself with the process that started it.
    argv = ["setpriv", "--pdeathsig=KILL", UNSHARE, *NAMESPACES, "--kill-child", "sh", script]
    argv += [str(SPACE), ROOT_OF_UNSHARE, sys.executable]
    argv += [str(path) for path in view.all_readable]
    argv += [f"{path}:" for path in view.writable]
    return [*argv, "--"]
