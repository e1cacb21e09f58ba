"""Where Invoke starts: it prefers this file, Python prefers the package of the same name, and all is in the package."""

import sys

del sys.modules[__name__]
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)  # Invoke keeps Python from it, and compiling is about a seventh of each start
from tasks import ns  # noqa: E402, F401
