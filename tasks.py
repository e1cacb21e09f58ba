"""Where Invoke starts: it prefers this file, Python prefers the package of the same name, and all is in the package."""

import sys

del sys.modules[__name__]
from tasks import ns  # noqa: E402, F401
