"""One operator at a time on this machine: an flock, which ends with its process and with the programs that it was handed to."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core.invocation import current_user, typed_command

LARGEST_PID = 2**31 - 1


class Lock:
    """The lock on `file`, which tells who holds it. `take` it once; it is held until the process ends."""

    def __init__(self, file: Path) -> None:
        self.file, self.descriptor = file, -1

    def take(self) -> bool:
        """Take the lock if it is free, and tell whether it is held now. Raises OSError when the file cannot be written."""
        if self.descriptor >= 0:
            return True
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        who = {
            "pid": os.getpid(),
            "user": current_user(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": typed_command(),
        }
        os.truncate(descriptor, 0)
        os.write(descriptor, json.dumps(who).encode())
        self.descriptor = descriptor
        return True

    def holder(self) -> dict[str, Any]:
        """Return who holds the lock: `pid`, `user`, `since`, `command`; nothing while that is not there whole."""
        try:
            who = json.loads(self.file.read_bytes())
            whole = all(
                isinstance(who[key], str) for key in ("user", "since", "command")
            ) and isinstance(who["pid"], int)
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return {}
        return who if whole and 0 < who["pid"] <= LARGEST_PID else {}

    def told(self) -> str:
        """Return who holds the lock, in words."""
        who = self.holder()
        return (
            f"{who['user']}'s `{who['command']}` (pid {who['pid']}, since {who['since']})"
            if who
            else "another operator"
        )

    def alive(self) -> bool:
        """Tell whether the process that took the lock still runs; True while that is not known."""
        try:
            os.kill(self.holder().get("pid", os.getpid()), 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
