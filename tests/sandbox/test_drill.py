"""The drill ends what it started."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tasks.sandbox.drill import Drill
from tasks.sandbox.world import World
from tasks.toolkit.console import output


def test_a_signal_while_a_command_starts_ends_that_command(world: World) -> None:
    file = world.folder / "pid"

    @contextmanager
    def blocked_signals() -> Iterator[None]:
        yield
        while not file.exists() or not file.read_text():
            time.sleep(0.01)
        raise KeyboardInterrupt

    script = f"echo $$ > {shlex.quote(str(file))}; exec sleep 60"
    with pytest.raises(KeyboardInterrupt):
        Drill(output, [], blocked_signals)._run_command(shlex.join(["sh", "-c", script]), world)
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), 0)
