"""Text for another program, such as manifests: written to a pipe as it is."""

from __future__ import annotations

from .output import out, print_line
from .result import collected_result
from .streams import write_unchanged
from .terminal import screen_to_itself


def print_exactly(text: str) -> None:
    """Print text on stdout, unchanged unless it goes to a terminal or into a document."""
    if collected_result() or out.is_terminal:
        print_line(text.removesuffix("\n"))
        return
    with screen_to_itself():
        write_unchanged(out.file, text)
