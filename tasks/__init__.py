"""The runbook as Invoke tasks: each module is a section of it, each task a line of that section."""

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

# They configure how Invoke itself runs programs, which no recipe uses; some are a traceback.
for variable in list(os.environ):
    if variable.startswith("INVOKE_") and variable not in ("INVOKE_RUN_DRY", "INVOKE_RUN_ECHO"):
        del os.environ[variable]

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
