"""What a shell completes: the script that sets it up, and the words that the script reads.

`complete.py` answers at each TAB. It imports nothing of ours, since that takes too long; it reads
the tasks and their options from a file beside the programs of `.venv`, or in the cache.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..toolkit.console.output import print_line
from ..toolkit.core.errors import BadInput
from ..toolkit.core.installation import COMMAND, IS_INSTALLED, PACKAGE, cache_folder
from ..toolkit.core.shell import quote
from .catalogue import Catalogue
from .choices import CHOICES, ensure_choice
from .line import COMPLETION, EVERYWHERE, HELP, LIST, TRACE_HELP, VERSION
from .listing import summary, table_of_contents
from .tracing import OPTION as TRACE

HERE = Path(__file__).parent
WORDS = ".completion.json"
DANGEROUS = ("--delete", "--overwrite", "--push-to-default")  # offered once they are begun
QUESTIONS = (*HELP, *LIST, *VERSION, COMPLETION)


def print_script(shell: str) -> None:
    """Print the lines that complete words in a shell. Raises BadInput."""
    if not shell:
        raise BadInput(f"{COMPLETION} needs a shell", f"for example {COMPLETION} bash")
    ensure_choice(COMPLETION, shell)
    script = (HERE / "shells" / f"inv.{shell}").read_text(encoding="utf-8")
    program = [sys.executable, "-I", "-S", str(HERE / "complete.py"), str(_words_file())]
    names = COMMAND if IS_INSTALLED else "inv invoke"
    values = {
        "@COMPLETE@": " ".join(map(quote, program)),
        "@NAMES@": names,
        "@FUNCTION@": f"_{names.split()[0].replace('-', '_')}_complete",
    }
    for placeholder, value in values.items():
        script = script.replace(placeholder, value)
    print_line(script.rstrip())


def refresh_words(catalogue: Catalogue) -> None:
    """Write the words that are completed, if the recipes have changed since."""
    stamp = _stamp()
    file = _words_file()
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if json.loads(file.read_bytes()).get("stamp") == stamp:
            return
    words = {"stamp": stamp, **_words(catalogue)}
    temporary = file.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):  # without the file nothing is completed
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(words), encoding="utf-8")
        temporary.replace(file)


def _words_file() -> Path:
    folder = cache_folder() if IS_INSTALLED else Path(sys.prefix)
    return folder / WORDS


def _stamp() -> list[list[Any]]:
    """Return the recipes' files with the times of their last changes."""
    parts = (PACKAGE / "shortcuts", PACKAGE / "toolkit" / "incident")
    folders = (PACKAGE, *parts, HERE)
    files = [file for folder in folders for file in sorted(folder.glob("*.py"))]
    return [[str(file), file.stat().st_mtime_ns] for file in files]


def _words(catalogue: Catalogue) -> dict[str, Any]:
    tasks = {}
    for name in _in_order(catalogue):
        tasks[name] = summary(catalogue.task(name))
    options = {}
    for name, context in catalogue.contexts.items():
        options[name] = [
            [flag, argument.takes_value, argument.help or ""]
            for flag, argument in context.flags.items()
        ]
    sections = {}
    for name, section in catalogue.sections.items():
        sections[name] = (section.__doc__ or "").strip()
    return {
        "tasks": tasks,
        "options": options,
        "sections": sections,
        "everywhere": {**EVERYWHERE, TRACE: TRACE_HELP},
        "questions": QUESTIONS,
        "choices": CHOICES,
        "dangerous": DANGEROUS,
    }


def _in_order(catalogue: Catalogue) -> Iterator[str]:
    """Yield the names of tasks as the list has them, each once."""
    seen = set()
    for _, names in table_of_contents(catalogue):
        for name in names:
            if name not in seen:
                seen.add(name)
                yield name
