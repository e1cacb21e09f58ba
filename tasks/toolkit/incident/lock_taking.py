"""Take the lock of the incidents' folder: one operator at a time works on a machine."""

from __future__ import annotations

from pathlib import Path

from ..console.waiting import Pending, poll_until
from ..core.errors import Refused
from ..core.files import write_error
from ..core.settings import Settings
from .lock import Lock
from .log import IncidentLog
from .project import Project


def take_lock(project: Project, log: IncidentLog, wait: bool) -> None:
    """Take the lock, behind another run if `wait`, and read the journal again.

    Raises Refused, TookTooLong, ServiceError.
    """
    state = log.state
    lock = Lock(state / log.owner.lock_name)
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not lock.take():
            _queue(lock, project.settings, wait)
        _ignore_files_in(state)
    except OSError as error:
        raise write_error(lock.file, error) from error
    project.runner.operator_locks.append(lock.descriptor)
    log.reload()


def _queue(lock: Lock, settings: Settings, wait: bool) -> None:
    """Wait for the lock, if `wait`, or if only a program of a killed operator holds it."""
    holder = lock.describe_holder()
    limit = settings.wait_timeout
    if not lock.is_holder_alive():
        holder = f"a program that {holder} left running"
        limit = settings.command_timeout
    elif not wait:
        what = f"another run is in progress here: {holder}"
        raise Refused(what, "add --wait to queue behind it")

    def is_taken() -> bool | Pending:
        return lock.take() or Pending(f"{holder} to end")

    interval = min(0.1, settings.poll_interval)
    poll_until(is_taken, interval=interval, limit=limit, advice=f"see `fuser {lock.file}`")


def _ignore_files_in(state: Path) -> None:
    """Let git ignore the folder, unless STATE_DIR is a folder with a .gitignore of the user's."""
    file = state / ".gitignore"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text("*\n")
