"""One operator at a time: an flock that lasts as long as its process and their programs."""

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
    """The lock on `file`, whose text names the holder; it is held until the process ends."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.descriptor = -1

    def take(self) -> bool:
        """Take the lock if it is free; return whether it is held. Raises OSError."""
        if self.descriptor >= 0:
            return True
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        holder = {
            "pid": os.getpid(),
            "user": current_user(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": typed_command(),
        }
        os.truncate(descriptor, 0)
        os.write(descriptor, json.dumps(holder).encode())
        self.descriptor = descriptor
        return True

    def holder(self) -> dict[str, Any]:
        """Return the holder's `pid`, `user`, `since`, `command`; empty if incomplete."""
        try:
            holder = json.loads(self.file.read_bytes())
            texts = [holder[key] for key in ("user", "since", "command")]
            pid = holder["pid"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return {}
        if not all(isinstance(text, str) for text in texts) or not isinstance(pid, int):
            return {}
        return holder if 0 < pid <= LARGEST_PID else {}

    def describe_holder(self) -> str:
        """Return who holds the lock, in words."""
        holder = self.holder()
        if not holder:
            return "another operator"
        command = f"{holder['user']}'s `{holder['command']}`"
        return f"{command} (pid {holder['pid']}, since {holder['since']})"

    def is_holder_alive(self) -> bool:
        """Return whether the holder's process still runs; True while that is unknown."""
        pid = self.holder().get("pid")
        if not pid:
            return True
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
