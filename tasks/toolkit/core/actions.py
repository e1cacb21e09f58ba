"""Whether this is a step of a workflow of GitHub Actions."""

from __future__ import annotations

import os


def runs_under_actions() -> bool:
    """Return whether the runner of GitHub Actions reads what this process prints."""
    return os.environ.get("GITHUB_ACTIONS") == "true"
