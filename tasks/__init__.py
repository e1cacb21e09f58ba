"""The runbook as Invoke tasks: each module is a section of it, each task a line of that section."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from invoke.collection import Collection

    from . import chart as chart
    from . import contact as contact
    from . import prevention as prevention
    from . import publish as publish
    from . import rollback as rollback
    from . import run as run
    from . import shortcuts as shortcuts
    from . import support as support
    from . import timeline as timeline
    from . import verify as verify
    from . import when as when
    from . import workaround as workaround

    ns: Collection

KEPT = ("INVOKE_RUN_DRY", "INVOKE_RUN_ECHO")


def __getattr__(name: str) -> object:
    """Import the tasks when `ns` is asked for: the command line is ready for Ctrl-C before."""
    if name != "ns":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = _collect()
    return globals()[name]


def forget_variables_of_invoke() -> None:
    """Forget how Invoke is to run programs itself, which no recipe uses; some are a traceback."""
    for variable in list(os.environ):
        if variable.startswith("INVOKE_") and variable not in KEPT:
            del os.environ[variable]


def _collect() -> Collection:
    """Return the tasks of all sections, in the order of the runbook."""
    from invoke.collection import Collection

    from . import (
        chart,
        contact,
        prevention,
        publish,
        rollback,
        run,
        shortcuts,
        support,
        timeline,
        verify,
        when,
        workaround,
    )
    from .toolkit.core.installation import IS_INSTALLED

    if not IS_INSTALLED:  # else they may be for other tasks
        forget_variables_of_invoke()
    collection = Collection.from_module(shortcuts)
    for section in (
        when,
        rollback,
        publish,
        workaround,
        verify,
        prevention,
        support,
        timeline,
        contact,
        chart,
        run,
    ):
        collection.add_collection(Collection.from_module(section))
    return collection
