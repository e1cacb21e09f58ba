"""Text from others in what we post: it notifies nobody, links nowhere and ends no table.

https://github.github.com/gfm/#code-spans
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .printable import one_line

PLAIN = re.compile(r"[\w .,:/+-]+", re.ASCII)  # no mention, reference, link, HTML or table
LINK = re.compile(r"www\.|(https?|ftp)://|\bGH-\d", re.IGNORECASE)
# What a sentence may have; the rest is written as a character reference, which is only text.
SPECIAL = re.compile(r"[^\w ,.:;=/()'\"+-]|_")
ALIVE = re.compile(rf"{LINK.pattern}|@|#\d", re.IGNORECASE)  # what GitHub would link or notify
NUMBER = re.compile(r"([(\"]*)#(\d{1,9})([)\"',.:;]*)")  # of a pull request or an issue
PAGE = r"/(pull|issues|actions/runs)/(\d{1,12})"
TRAILING = ",;:.)"
LONG_WORD = 30  # characters; a longer one could be wider than a phone
BREAKS = re.compile(r"([/:@=])(?=[^/:])|(\w{16})(?=\w)")


def code(text: str) -> str:
    """Return `text` as a code span in one line, in which Markdown means nothing."""
    line = one_line(text).replace("\r", " ").strip() or " "
    fence = _fence(line, 1)
    if line.startswith("`") or line.endswith("`"):
        line = f" {line} "
    return f"{fence}{line}{fence}"


def plain(text: str) -> str:
    """Return `text` as it is if Markdown means nothing in it, else as a code span."""
    if PLAIN.fullmatch(text) and not LINK.search(text):
        return text
    return code(text)


def link_to(
    name: str,
    url: str = "",
    allowed: str = "",
) -> str:
    """Return a name as a link, if the URL is an allowed one, a pattern; else the name alone."""
    shown = name if re.fullmatch(r"#\d+", name) else plain(name)
    return f"[{shown}]({url})" if url and re.fullmatch(allowed, url) else shown


def code_block(
    lines: Sequence[str],
    language: str,
) -> list[str]:
    """Return the lines of a code block, which none of `lines` can end."""
    fence = _fence("\n".join(lines), 3)
    return [f"{fence}{language}", *lines, fence]


def _fence(
    text: str,
    shortest: int,
) -> str:
    """Return more backticks than `text` has in a row."""
    runs = []
    for run in re.findall("`+", text):
        runs.append(len(run))
    length = max(runs, default=0) + 1
    return "`" * max(length, shortest)


def prose(text: str, repository: str = "") -> str:
    """Return text of others, in one line: its punctuation means nothing, long words can break.

    Numbers and pages of the `repository`, a URL on GitHub, are links.
    """
    words = []
    for word in one_line(text).split():
        words.append(_word(word, repository))
    return " ".join(words)


def breakable_code(text: str) -> str:
    """Return text as code in one line, which breaks where a narrow screen needs it."""
    escaped = SPECIAL.sub(_reference, one_line(text).strip())
    broken = BREAKS.sub(r"\1\2<wbr>", escaped)
    return f"<code>{broken}</code>"


def _word(word: str, repository: str) -> str:
    bare = word.rstrip(TRAILING)
    after = word[len(bare) :]
    link = _link(word, bare, after, repository) if repository else ""
    if link:
        return link
    if ALIVE.search(word) or len(word) > LONG_WORD:
        return f"{breakable_code(bare)}{after}"
    return SPECIAL.sub(_reference, word)


def _link(
    word: str,
    bare: str,
    after: str,
    repository: str,
) -> str:
    """Return a word that names a page of the repository as a link; nothing for another word."""
    number = NUMBER.fullmatch(word)
    if number:
        before, digits, after = number.groups()
        url = f"{repository}/pull/{digits}"
        return f"{before}[#{digits}]({url}){after}"
    page = re.fullmatch(rf"{re.escape(repository)}{PAGE}", bare)
    if not page:
        return ""
    kind, digits = page.groups()
    sign = "#"
    if kind == "actions/runs":
        sign = "run "
    return f"[{sign}{digits}]({bare}){after}"


def _reference(found: re.Match[str]) -> str:
    """Return the character reference of a character."""
    return f"&#{ord(found[0])};"
