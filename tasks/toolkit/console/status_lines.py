"""Status lines on stderr: the step, a mark, and a text that a person can read at any width."""

from __future__ import annotations

from collections.abc import Callable

from ..core.actions import runs_under_actions
from ..core.invocation import as_invoked, current_step
from ..core.printable import one_line
from .commands import split_command
from .layout import GAP, command_line, longest_piece, wrap
from .result import noted_result
from .styled import Text
from .terminal import (
    Console,
    err,
    is_terminal,
    printable_mark,
    screen,
    temporary_line,
    width_of,
)

MARKS = {
    "done": ("✓", "green"),
    "note": ("·", "dim"),
    "warning": ("!", "yellow"),
    "failed": ("✗", "bold red"),
    "next": ("→", "cyan"),
}
COMMAND_STYLE = "bold cyan"
STEP_WIDTH = 19
NoteTaker = Callable[[str, str, str], None]

advice_on_screen: set[str] = set()  # what a person has been told to type
_note_takers: list[NoteTaker] = []


def take_notes(taker: NoteTaker | None) -> None:
    """Give status lines (text, mark, step) to `taker` from now on; but failures are printed."""
    _note_takers[:] = [taker] if taker else []


def status(
    text: str,
    mark: str = "note",
    step: str = "",
    advice: str = "",
) -> None:
    """Print a status line on stderr under the current step, or under `step`.

    `mark` is done, note, warning, failed, or next (a command to type). `advice` says what to do.
    """
    step = step or current_step()
    result = noted_result()
    if result:
        whole = f"{text}: {advice}" if advice else text
        result.add_message(step, mark, as_invoked(one_line(whole)))
    if _note_takers and mark != "failed":
        _note_takers[-1](as_invoked(text), mark, step)
        return
    print_status(text, mark, step, advice)


def print_status(
    text: str,
    mark: str,
    step: str,
    advice: str = "",
) -> None:
    """Print a status line on stderr, in one line unless a person sees it."""
    text = as_invoked(one_line(text))
    advice = as_invoked(one_line(advice))
    with screen:
        temporary_line.erase()
        whole = f"{text}: {advice}" if advice else text
        if runs_under_actions() and _say_to_runner(step, mark, whole):
            return
        if not is_terminal(err):
            err.print(_status_line(step, mark, whole))
            return
        _print_wrapped(step, mark, text)
        if advice and advice not in advice_on_screen:
            _print_wrapped("", "next", advice)


def _say_to_runner(step: str, mark: str, text: str) -> bool:
    from .runner_log import say_to_runner  # noqa: PLC0415 - only there

    return say_to_runner(step, mark, text)


def _status_line(step: str, mark: str, text: str) -> Text:
    sign, colour = MARKS[mark]
    text_colour = "red" if mark == "failed" else ""
    name = f"{step:<{STEP_WIDTH}} "
    shown = f"{printable_mark(sign, err)} "
    return Text.assemble((name, "bold"), (shown, colour), (text, text_colour))


def _print_wrapped(step: str, mark: str, text: str) -> None:
    """Print a status line for people: wrapped between words, a command alone on its line."""
    width = width_of(err)
    indent = STEP_WIDTH + 3
    before, command = split_command(text)
    if mark == "next" and not before:
        before = "next:"
    if before:
        text = before
    else:
        command = ""  # a message that starts with a program's name
    first, *lines = wrap(text, width - indent)
    if longest_piece(text) > width - indent:  # what follows gets the whole width
        if len(first) > width - indent:
            first = ""
        indent = len(GAP)
        rest = text.removeprefix(first).lstrip()
        lines = wrap(rest, width - indent)
    err.print(_status_line(step, mark, first))
    style = "red" if mark == "failed" else ""
    for line in lines:
        err.print(Text(" " * indent + line, style))
    if command:
        err.print(Text(shown_command(command, err), COMMAND_STYLE))


def shown_command(command: str, console: Console) -> str:
    """Return a command as it is shown: in one line, unless a terminal is too narrow for it."""
    if not is_terminal(console):
        return f"{GAP}{command}"
    return command_line(command, width_of(console))
