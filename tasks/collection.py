"""The tasks of all sections, put together in the order of the runbook."""

import os

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

KEPT = ("INVOKE_RUN_DRY", "INVOKE_RUN_ECHO")


def forget_variables_of_invoke() -> None:
    """Forget how Invoke is to run programs itself, which no recipe uses; some are a traceback."""
    for variable in list(os.environ):
        if variable.startswith("INVOKE_") and variable not in KEPT:
            del os.environ[variable]


if not IS_INSTALLED:  # else they may be for other tasks
    forget_variables_of_invoke()
ns = Collection.from_module(shortcuts)
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
    ns.add_collection(Collection.from_module(section))
