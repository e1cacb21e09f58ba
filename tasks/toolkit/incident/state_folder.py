"""The folder of the incidents: trusted only if it is this user's own and outside git."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from ..clients.git.tracking import tracked_within, tracking_of
from ..clients.process import ProcessRunner
from ..core.errors import Refused
from ..core.own_files import ensure_own


def find_state(
    runner: ProcessRunner,
    chosen: Path | None,
    find_root: Callable[[], Path],
) -> Path:
    """Return the folder of the incidents: the `chosen` one, or `.rollback` in the clone.

    Raises Refused, ServiceError, and what `find_root` raises.
    """
    if not chosen:
        state = find_root() / ".rollback"
        _ensure_own(runner, state)
        return state
    real = Path(os.path.realpath(chosen))  # the user may choose a folder by a link
    _ensure_own(runner, real)
    return chosen


def _ensure_own(runner: ProcessRunner, state: Path) -> None:
    """Refuse a folder of incidents that somebody else may have written.

    Whoever commits one could have a prepared archive published. One that is not made
    yet, or is no folder, is not refused here. Raises Refused, ServiceError.
    """
    try:
        status = state.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    if stat.S_ISLNK(status.st_mode):
        what = f"{state} is a symbolic link"
        raise Refused(what, "delete the link, or name the folder itself in STATE_DIR")
    if not stat.S_ISDIR(status.st_mode):
        return
    ensure_own(state, status)
    inside = tracked_within(runner, state)
    if inside:
        what = f"{state} is a clone whose git tracks {inside[0]}, so others can change its content"
        raise Refused(what, "name a new folder in STATE_DIR, outside any repository")
    tracked = tracking_of(runner, state).tracked
    if not tracked:
        return
    what = f"git tracks {tracked[0]} in {state.parent}, so others can change its content"
    advice = f"see `git log -- {state.name}` for who committed it, then `git rm -r {state.name}`"
    raise Refused(what, advice)
