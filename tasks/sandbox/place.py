"""Where the recipes are, and where what they download goes; the toolkit's `core.installation`."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]  # `tasks`, in the wheel `helm_rollback`
PROJECT = PACKAGE.parent
IS_INSTALLED = PACKAGE.name == "helm_rollback"
COMMAND = "helm-rollback" if IS_INSTALLED else "invoke"
REQUIREMENTS = PACKAGE if IS_INSTALLED else PROJECT  # the folder of requirements-tools.txt
CACHE_VARIABLE = "HELM_ROLLBACK_CACHE"


def tools_folder() -> Path:
    """Return the folder of what is installed: `.tools` in a clone, for a package a cache."""
    if not IS_INSTALLED:
        return PROJECT / ".tools"
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given)
    caches = os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", "/"), ".cache")
    return Path(caches, "helm-rollback")


def folder_of_recipes(clone: Path) -> Path:
    """Return where the recipes are typed: in their own folder, or installed ones in the clone."""
    return clone if IS_INSTALLED else PROJECT
