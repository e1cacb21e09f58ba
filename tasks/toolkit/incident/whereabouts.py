"""Whether the user is in another clone than the one that the settings are for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path

from ..clients.git.clones import is_same_repository
from ..console.output import status
from ..core.errors import BadInput
from ..core.installation import enclosing_clone
from ..core.shell import quote
from .env_writing import REPO_DIR, own_file_advice
from .project import Project
from .recipes_place import is_checkout


class Whereabouts:
    """The current folder, compared with the clone that the settings of a project name."""

    def __init__(self, project: Project, cwd: Path, environ: Mapping[str, str]) -> None:
        self._runner = project.runner
        self._configured = project.settings.repo_dir
        self._cwd = cwd
        self._is_in_environment = bool(environ.get(REPO_DIR))
        self._is_reported = False

    def ensure_own_clone(self, *, acts: bool) -> None:
        """Refuse what `acts` while the user is in another clone; warn of it otherwise, once.

        A dry run acts on nothing, and a REPO_DIR in the environment was set for this command.
        Raises BadInput.
        """
        error = self._problem
        if not error:
            return
        if acts and not self._is_in_environment:
            self._runner.executor.quietly(partial(_refuse, error))
        if not self._is_reported:
            self._is_reported = True
            status(error.what, "warning", step="settings", advice=error.advice)

    @cached_property
    def _problem(self) -> BadInput | None:
        """The error if this is another clone. Git is asked only where the folders differ.

        A clone of the recipes is no other one, nor is one around the wanted one, or inside it.
        """
        wanted = enclosing_clone(self._configured)
        here = enclosing_clone(self._cwd)
        if not wanted or not here or is_checkout(here):
            return None
        if here.is_relative_to(wanted) or wanted.is_relative_to(here):
            return None
        if is_same_repository(self._runner, here, wanted):
            return None
        what = f"these settings are for {wanted}, and you are in {here}"
        return BadInput(what, self._advice(wanted, here))

    def _advice(self, wanted: Path, here: Path) -> str:
        move = f"`cd {quote(str(wanted))}`"
        if self._is_in_environment:
            return f"{move}, or let {REPO_DIR} and the other variables of settings name this one"
        return f"{move}, or {own_file_advice(here)}"


def _refuse(error: BadInput) -> None:
    raise error
