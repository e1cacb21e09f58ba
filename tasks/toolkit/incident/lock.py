"""One operator at a time: an flock that lasts as long as its process and their programs."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core.errors import Refused, ServiceError
from ..core.invocation import current_user, typed_command
from ..core.own_files import open_own, read_own

LARGEST_PID = 2**31 - 1
LARGEST_TEXT = 2**16  # bytes


class Lock:
    """The lock on `file`, whose text names the holder; it is held until the process ends."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.descriptor = -1

    def take(self) -> bool:
        """Take the lock if it is free; return whether it is held.

        Raises OSError, Refused, and ServiceError where the file system has no locks.
        """
        if self.descriptor >= 0:
            return True
        descriptor = open_own(self.file.parent, self.file, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError as error:
            os.close(descriptor)
            what = f"{self.file} cannot be locked ({error.strerror})"
            advice = "its file system has no file locks: set STATE_DIR to a folder on a local disk"
            raise ServiceError(what, advice) from error
        holder = {
            "pid": os.getpid(),
            "user": current_user(),
            "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
            "command": typed_command(),
        }
        os.truncate(descriptor, 0)
        os.write(descriptor, json.dumps(holder).encode())
        self.descriptor = descriptor
        return True

    def holder(self) -> dict[str, Any]:
        """Return the holder's `pid`, `user`, `since`, `command`; empty if incomplete."""
        try:
            holder = json.loads(read_own(self.file.parent, self.file, LARGEST_TEXT))
            texts = []
            for key in ("user", "since", "command"):
                texts.append(holder[key])
            pid = holder["pid"]
        except (OSError, Refused, ValueError, LookupError, TypeError, RecursionError):
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
