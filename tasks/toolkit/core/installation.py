"""Where these recipes run from: a clone or copy of their own, or an installed package."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

DISTRIBUTION = "helm-rollback"
CACHE_VARIABLE = "HELM_ROLLBACK_CACHE"
PACKAGE = Path(__file__).resolve().parents[2]  # `tasks`, in the wheel `helm_rollback`
CHECKOUT = PACKAGE.parent  # the folder that holds `tasks`, or site-packages
IS_INSTALLED = PACKAGE.name == "helm_rollback"
UVX = f"uvx {DISTRIBUTION}"  # runs it without an installation
COMMAND = DISTRIBUTION if IS_INSTALLED else "invoke"
# A repository's own `.env` belongs to its application.
SETTINGS_FILE = ".helm-rollback.env" if IS_INSTALLED else ".env"
EXAMPLE = str(PACKAGE / ".env.example") if IS_INSTALLED else ".env.example"


def enclosing_clone(folder: Path) -> Path | None:
    """Return the top folder of the clone around `folder`, without asking git."""
    folder = folder.resolve()
    for one in (folder, *folder.parents):
        if (one / ".git").exists():
            return one
    return None


def settings_folder(environ: Mapping[str, str], cwd: Path) -> Path:
    """Return the folder of SETTINGS_FILE.

    It is that of the recipes. An installed package serves many repositories, so it is the top of
    the clone that REPO_DIR names, or else that around `cwd`. Outside of clones no file is read.
    """
    if not IS_INSTALLED:
        return CHECKOUT
    given = os.path.expanduser(environ.get("REPO_DIR", ""))  # noqa: PTH111 - it raises nothing
    return enclosing_clone(cwd / given) or CHECKOUT


def cache_folder() -> Path:
    """Return the folder of what an installed package downloads, which may not exist."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given)
    caches = os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", "/"), ".cache")
    return Path(caches, DISTRIBUTION)


def tools_folder() -> Path:
    """Return the folder of the programs that the drill has downloaded."""
    if IS_INSTALLED:
        return cache_folder()
    return CHECKOUT / ".tools"
