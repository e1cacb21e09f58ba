"""Fold a shell script at the width of a terminal: copied from the screen, it is still the same."""

from __future__ import annotations

import textwrap

from .invocation import INVOKED_AS

WIDTH = 79  # a terminal of 80 columns shows that without a wrap of its own
PLAIN, SINGLE, DOUBLE, ESCAPED = "plain", "single", "double", "escaped"
OPENERS = ("[", "{", ">", "echo", "env", "inv", "invoke", INVOKED_AS)  # words at which no line ends
SEPARATORS = "/,;:&?="  # a long word may be broken after one


def fold_comment(text: str) -> str:
    """Return a text of one line as comments; words stay in one piece."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent="# ",
        subsequent_indent="#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def fold_script(script: str, width: int = WIDTH) -> str:
    r"""Return `script`, without comments, in lines of `width` columns, continued after `\`.

    A line is broken between two words if that is possible, then at a space in quotes, then in a
    long word after one of SEPARATORS.
    """
    quoting = quoting_of(script)
    folded = ""
    indent = ""
    start = 0
    while start < len(script):
        end = _end_of_line(script, start)
        if len(indent) + end - start > width:
            most = start + width - len(indent) - len("'\\")
            end = _best_cut(script, quoting, start, most) or _end_of_word(script, quoting, start)
        folded += indent + script[start:end]
        indent = ""
        if end < len(script) and script[end - 1] != "\n":
            end_of_line, indent = _continuation(quoting[end], script[end - 1])
            folded += end_of_line
        start = end
    return folded


def _end_of_line(script: str, start: int) -> int:
    return script.find("\n", start) + 1 or len(script)


def _continuation(within: str, before: str) -> tuple[str, str]:
    """Return the end of a line that goes on, and the beginning of the next one."""
    if within == SINGLE:
        return "'\\\n", "'"
    is_between_words = within == PLAIN and before == " "
    return "\\\n", "  " if is_between_words else ""


def _best_cut(
    script: str,
    quoting: list[str],
    start: int,
    most: int,
) -> int:
    """Return the last good place to break a line, or 0."""
    places: dict[int, int] = {}
    for cut in range(start + 1, most + 1):
        if not script[start:cut].strip() or quoting[cut] == ESCAPED:
            continue
        before = script[cut - 1]
        if before == " " and quoting[cut] == PLAIN:
            if not _belong_together(script[start:cut], script[cut]):
                places[0] = cut
        elif before == " ":
            places[1] = cut
        elif before in SEPARATORS and script[cut] not in SEPARATORS:
            places[2] = cut
    return places[min(places)] if places else 0


def _belong_together(line: str, following: str) -> bool:
    """Return whether the last word of a line, such as an option, needs the word that follows."""
    last = line.rsplit(maxsplit=1)[-1]
    is_option = last.startswith("-") and "=" not in last
    return last in OPENERS or (is_option and following != "-")


def _end_of_word(
    script: str,
    quoting: list[str],
    start: int,
) -> int:
    """Return where the first word ends, with the space after it, or else the line."""
    end = _end_of_line(script, start)
    for cut in range(start + 1, end):
        if script[cut - 1] == " " and quoting[cut] != ESCAPED and script[start:cut].strip():
            return cut
    return end


def quoting_of(script: str) -> list[str]:
    """Return for each place in a script, and for its end, how what is inserted there is quoted."""
    quoting = []
    within = [PLAIN]
    before = ""
    for character in script:
        quoting.append(within[-1])
        _step(within, character, before)
        before = character
    return [*quoting, within[-1]]


def _step(
    within: list[str],
    character: str,
    before: str,
) -> None:
    """Let `within`, the quoting from the outermost to the innermost, be that after a character."""
    now = within[-1]
    opens_command = character == "(" and (now == PLAIN or before == "$")
    if now == ESCAPED or (now == SINGLE and character == "'"):
        within.pop()
    elif now == SINGLE:
        return
    elif character == "\\":
        within.append(ESCAPED)
    elif character == '"' and now == DOUBLE:
        within.pop()
    elif character == '"':
        within.append(DOUBLE)
    elif opens_command:
        within.append(PLAIN)
    elif now == PLAIN:
        _step_unquoted(within, character)


def _step_unquoted(within: list[str], character: str) -> None:
    if character == "'":
        within.append(SINGLE)
    elif character == ")" and len(within) > 1:
        within.pop()
