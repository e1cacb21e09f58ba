"""When a revert lands on the default branch."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from ..core.errors import RecipeError
from ..incident.project import Project


def time_before_push(project: Project) -> datetime | None:
    """Return GitHub's time, since a commit has that of this machine; None if it is unknown.

    A push does not depend on the API.
    """
    with suppress(RecipeError):
        return project.github.now()
    return None
