"""Start the command line, as the wrapper `inv` does; `python -m tasks` does the same.

In the wheel this is `helm_rollback/__main__.py`, which the command `helm-rollback` starts.
"""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import signal
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent  # `tasks`, in the wheel `helm_rollback`
COMMAND = "helm-rollback"
UVX = "uvx helm-rollback"


def main() -> None:
    """Import the recipes, and run the words that were typed."""
    # The imports take a moment: Ctrl-C ends them without a traceback, and the shell reports 130.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if PACKAGE.name == "helm_rollback":
        _prepare_installed()
    gc.disable()  # it would look for garbage among what is imported, and at the end again
    program = importlib.import_module(f"{PACKAGE.name}.cli.program")
    gc.freeze()
    gc.enable()
    program.main()


def _prepare_installed() -> None:
    """Let advice name the command as it was typed, and find programs that came with it."""
    path = os.environ.get("PATH", os.defpath)
    programs = Path(sys.executable).parent
    os.environ.setdefault("INVOKED_AS", _typed(programs, path))
    if str(programs) not in path.split(os.pathsep):
        os.environ["PATH"] = f"{path}{os.pathsep}{programs}"


def _typed(programs: Path, path: str) -> str:
    """Return how the command is typed; uvx runs it from a folder of its cache."""
    if "UV" in os.environ and programs.parents[1].name.startswith("archive-"):
        return UVX
    script = Path(sys.argv[0])
    if script.name != COMMAND:  # python -m helm_rollback
        script = programs / COMMAND
    found = shutil.which(COMMAND, path=path)
    if found and Path(found).resolve() == script.resolve():
        return COMMAND
    return str(script)


if __name__ == "__main__":
    if str(PACKAGE.parent) not in sys.path:
        sys.path.insert(0, str(PACKAGE.parent))
    main()
