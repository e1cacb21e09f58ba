"""The tasks of all sections, put together in the order of the runbook."""

import os

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
