"""Start the command line, as the wrapper `inv` does; `python -m tasks` does the same."""

from __future__ import annotations

import gc
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    # The imports take a moment: Ctrl-C ends them without a traceback, and the shell reports 130.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    gc.disable()  # it would look for garbage among what is imported, and at the end again
    from tasks.cli.program import main

    gc.freeze()
    gc.enable()
    main()
