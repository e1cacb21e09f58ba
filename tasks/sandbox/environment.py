"""The environment of the sandbox's programs, apart from the caller's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

INHERITED = ("LANG", "LC_ALL", "TERM", "COLUMNS", "TMPDIR", "TZ")
GIT_CONFIG = """[user]
    name = Maintainer
    email = maintainer@example.com
[init]
    defaultBranch = main
[url "{remote}"]
    insteadOf = {url}
"""


def isolated_environment(home: Path, programs: Sequence[Path]) -> dict[str, str]:
    """Return variables that lead programs to `home`. The folders `programs` go before PATH."""
    path = [Path(sys.executable).parent, *programs, os.environ.get("PATH", os.defpath)]
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return inherited | {
        "PATH": os.pathsep.join(map(str, path)),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
        "GH_CONFIG_DIR": str(home / "gh"),
        "GH_NO_UPDATE_NOTIFIER": "1",
        "GH_PROMPT_DISABLED": "1",
        "GH_TELEMETRY": "false",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "KUBECONFIG": str(home / "no-cluster"),
        "ENV_FILE": os.devnull,
    }


def write_config(
    home: Path,
    url: str,
    remote: Path,
    socket: Path,
) -> None:
    """Let git find `remote` at `url`, and gh the API at a unix socket."""
    (home / "gh").mkdir(parents=True)
    (home / "gh" / "config.yml").write_text(f"http_unix_socket: {socket}\n")
    (home / ".gitconfig").write_text(GIT_CONFIG.format(url=url, remote=remote))
