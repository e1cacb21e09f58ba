"""The environment of the sandbox's programs, apart from the caller's own."""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Sequence
from pathlib import Path

from .place import CACHE_VARIABLE, IS_INSTALLED, tools_folder
from .registry import Registry

INHERITED = (
    "LANG",
    "LC_ALL",
    "TERM",
    "COLUMNS",
    "NO_COLOR",
    "FORCE_COLOR",
    "CI",
    "TMPDIR",
    "TZ",
)
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
    python = Path(sys.executable).parent
    path = [python, *programs, os.environ.get("PATH", os.defpath)]
    inherited = {}
    for name in INHERITED:
        if name in os.environ:
            inherited[name] = os.environ[name]
    if inherited.get("TERM") == "dumb":
        inherited["NO_COLOR"] = "1"  # gh has colours on any terminal
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
        **_of_installation(),
        "GOGC": "off",  # gh and helm end long before their garbage matters
    }


def _of_installation() -> dict[str, str]:
    """Return the variables of an installed package, whose folders do not depend on HOME then."""
    if not IS_INSTALLED:
        return {}
    return {CACHE_VARIABLE: str(tools_folder()), "PYTHONUSERBASE": site.getuserbase()}


def recipe_settings(
    clone: Path,
    token: str,
    registry: Registry,
    push_to: str,
) -> dict[str, str]:
    """Return the settings of the recipes; charts go to `push_to` on the registry."""
    owner = push_to.partition("/")[0]
    settings = {
        "REPO_DIR": str(clone),
        "GITHUB_TOKEN": token,
        "GITHUB_USER": owner,
        "REGISTRY": f"oci://{registry.host}/{push_to}",
        "PLAIN_HTTP": str(registry.plain_http),
        "POLL_INTERVAL": "0.2",
        "WAIT_TIMEOUT": "60",
    }
    if registry.authority:
        settings["SSL_CERT_FILE"] = registry.authority
    return settings


def write_config(
    home: Path,
    url: str,
    remote: Path,
    socket: Path,
) -> None:
    """Let git find `remote` at `url`, and gh the API at a unix socket."""
    gh = home / "gh" / "config.yml"
    gh.parent.mkdir(parents=True)
    gh.write_text(f"http_unix_socket: {socket}\n")
    git = home / ".gitconfig"
    git.write_text(GIT_CONFIG.format(url=url, remote=remote))
