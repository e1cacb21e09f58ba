"""The newest looks at the triggers, kept for the incident that may begin with them: they are why it does, and looking opens none."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..core.files import read_text, replace_text
from .event import Event

RECENT = timedelta(days=1)  # what was seen earlier was of another emergency


def keep(file: Path, look: Event, mask: Callable[[str], str]) -> None:
    """Keep a look, in the place of those that looked at nothing more; where it cannot be, it was shown nevertheless."""
    earlier = [
        one for one in _kept(file) if one.data["triggers"].keys() - look.data["triggers"].keys()
    ]
    with contextlib.suppress(OSError):
        replace_text(file, "".join(f"{mask(one.line())}\n" for one in [*earlier, look]))


def seen(file: Path) -> list[Event]:
    """Return what was seen, the newest last, as events of this moment, since an incident's time is counted from its beginning."""
    now = datetime.now(UTC)
    return [
        replace(one, at=now, data={**one.data, "seen": f"{one.at:%Y-%m-%d %H:%M:%S}"})
        for one in _kept(file)
    ]


def forget(file: Path) -> None:
    """Forget what was seen: an incident has it now, and the next one is not for that."""
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)


def _kept(file: Path) -> list[Event]:
    try:
        found = [Event.of(json.loads(line)) for line in read_text(file).split("\n") if line]
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        OverflowError,
        RecursionError,
    ):  # it is of use, not of need
        return []
    return [one for one in found if "triggers" in one.data and datetime.now(UTC) - one.at < RECENT]
