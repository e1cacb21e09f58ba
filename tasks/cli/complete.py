"""What a shell runs at each TAB: `complete.py WORDS_FILE COMMAND WORD...`.

It takes the package `tab` from beside this file: `tasks.cli.tab` would import all recipes first.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        importlib.import_module("tab.answer").main(*sys.argv[1:])
    except Exception:  # an error in the middle of a typed line helps nobody
        sys.exit(0)
