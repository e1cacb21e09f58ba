"""The two consoles: results go to stdout, status lines go to stderr.

So `invoke verify.all --json | jq` and `invoke --dry ... > plan.sh` read nothing but the result.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..core.actions import runs_under_actions
from ..core.invocation import as_invoked
from ..core.printable import harmless, one_line
from ..core.shell_lines import fold_script
from .commands import split_command
from .layout import GAP, lay_out, wrap
from .result import collected_result, note_table
from .status_lines import (
    COMMAND_STYLE,
    MARKS,
    STEP_WIDTH,
    print_status,
    shown_command,
    status,
    take_notes,
)
from .streams import discard_closed_streams, write_unchanged
from .styled import Text
from .terminal import (
    PIPE_WIDTH,
    err,
    is_terminal,
    out,
    printable_mark,
    screen,
    screen_to_itself,
    temporary_line,
    width_of,
)

__all__ = [
    "COMMAND_STYLE",
    "DAY",
    "HOUR",
    "MARKS",
    "MINUTE",
    "PIPE_WIDTH",
    "STEP_WIDTH",
    "discard_closed_streams",
    "echo_command",
    "err",
    "format_duration",
    "out",
    "outcome_mark",
    "outcome_style",
    "print_line",
    "print_next",
    "print_status",
    "print_table",
    "print_text",
    "status",
    "take_notes",
]
GOOD, BAD, UNCLEAR = "done", "failed", "warning"
OUTCOMES = {  # the marks of what checks and triggers find
    "passed": GOOD,
    "failed": BAD,
    "unverified": UNCLEAR,
    "stale": UNCLEAR,
    "clear": GOOD,
    "fired": BAD,
    "unknown": UNCLEAR,
}
MINUTE = 60  # seconds
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def print_next(text: str) -> None:
    """Print on stdout what to type next; a command stands alone on its line: it can be copied."""
    if collected_result():
        return
    with screen_to_itself():
        before, command = split_command(as_invoked(one_line(text)))
        for part in wrap(before, width_of(out) - len(GAP)):
            if part:
                out.print(Text(f"{GAP}{part}"))
        if command:
            out.print(Text(shown_command(command, out), COMMAND_STYLE))


def echo_command(line: str) -> None:
    """Print a command that is run on stderr; where a terminal is too narrow, in several lines."""
    line = as_invoked(line)
    with screen:
        temporary_line.erase()
        if runs_under_actions():
            from .runner_log import begin_group  # noqa: PLC0415 - only there

            begin_group()
        width = width_of(err)
        if is_terminal(err) and len(line) > width:
            line = fold_script(line, width - 1)
        err.print(Text(harmless(line), "dim"))


def print_line(line: str) -> None:
    """Print a line, or several, on stdout, unwrapped; with --json it is a field of the result."""
    result = collected_result()
    if result:
        result.output.append(line)
        return
    with screen_to_itself():
        write_unchanged(out.file, harmless(line) + "\n")


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> None:
    """Print a table on stdout; a cell that is an outcome, such as `passed`, is coloured."""
    harmless_rows = []
    for row in rows:
        harmless_rows.append([harmless(cell) for cell in row])
    note_table(title, columns, rows)
    names = [one_line(name) for name in columns]
    head, lines = lay_out(names, harmless_rows, width_of(out))
    text = Text(one_line(title), "bold")
    if head:
        text.append("\n" + GAP.join(head).rstrip(), "dim")
    for line in lines:
        text.append("\n")
        if not head and not line[0].startswith(GAP):  # the first line of a block
            text.append(line[0], "bold")
            continue
        for cell in line[:-1]:
            text.append(cell + GAP, outcome_style(cell.strip()))
        text.append(line[-1].rstrip(), outcome_style(line[-1].strip()))
    print_text(text)


def print_text(text: Text) -> None:
    """Print text with colours on stdout; with --json none: the result has what is in it."""
    if collected_result():
        return
    with screen_to_itself():
        out.print(text)


def outcome_style(outcome: str) -> str:
    """Return the colour of what a check or a trigger found; nothing for another text."""
    if outcome not in OUTCOMES:
        return ""
    return MARKS[OUTCOMES[outcome]][1]


def outcome_mark(outcome: str) -> str:
    """Return the mark of what a check or a trigger found."""
    sign, _ = MARKS[OUTCOMES.get(outcome, "note")]
    return printable_mark(sign, out)


def format_duration(seconds: float) -> str:
    """Return a duration as people read it: `3.1 s`, `2:05 min`, `1:02:05 h`, `3 d 4 h`."""
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    if seconds >= DAY:
        days, hours = divmod(round(seconds / HOUR), 24)
        return f"{days} d {hours} h"
    minutes, rest = divmod(round(seconds), MINUTE)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} h"
