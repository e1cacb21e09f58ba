"""Where Invoke starts.

Invoke prefers this file, Python the package of the same name; everything is in the package.
"""

import gc
import sys

del sys.modules[__name__]
# Invoke turns bytecode off; compiling would take about a seventh of each start.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
from tasks import ns  # noqa: E402, F401

gc.freeze()  # at the end it would look for garbage among what is imported
