"""Read the plans that dry runs within a test have collected."""

from __future__ import annotations

import gc

import pytest

from tasks.toolkit.clients.dry_run import Executor


def finished_plan(capsys: pytest.CaptureFixture[str]) -> str:
    """Finish each plan of this process, and return what that prints."""
    for found in gc.get_objects():
        if type(found) is Executor:
            found.finish(complete=True)
    return capsys.readouterr().out


def planned(capsys: pytest.CaptureFixture[str]) -> str:
    """Finish each plan, and return its lines, each command in one line."""
    return unfolded(finished_plan(capsys))


def unfolded(plan: str) -> str:
    """Return the lines of a plan between its heading and its end, each command in one line."""
    body = plan.partition("\n# plan: ")[2].partition("\n")[2].rpartition("END_OF_PLAN")[0]
    for fold in ("'\\\n'", "\\\n  ", "\\\n"):
        body = body.replace(fold, "")
    return body


def notes_of(plan: str) -> str:
    """Return the comments of a plan as one text."""
    return " ".join(plan.replace("\n#", "").split())
