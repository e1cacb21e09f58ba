"""Files and folders that a path may go on with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

SUFFIXES = {  # of the files that an option takes
    "--trace": (".svg",),
    "--values": (".yaml", ".yml"),
}


def files_below(begun: str, suffixes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what is in the folder of a path that is begun, hidden files left out."""
    folder, slash, _ = begun.rpartition("/")
    start = f"{folder}{slash}"
    place = Path(start or ".").expanduser()
    for entry in sorted(place.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield f"{start}{entry.name}/", ""
        elif entry.suffix in suffixes:
            yield f"{start}{entry.name}", ""
