"""A shell reads quoted words as they were, and a terminal shows them."""

from __future__ import annotations

import subprocess

from tasks.toolkit.core.printable import harmless
from tasks.toolkit.core.shell import join

HOSTILE = [
    "x;rm -rf ~",
    "$(id) `id` ${HOME} !!",
    'it\'s "quoted" \\',
    "\x1b[31m\r\x01\x7f\x9b",
    "\u202eexe\u2069 '\u2028' \U000e0041 é",
    "two\nlines\tand a tab",
    "",
    "-x",
    "# no comment",
    "\udcff",  # a byte of a file's name that is no UTF-8
]


def test_a_shell_reads_the_words_that_were_quoted() -> None:
    line = join(["printf", r"%s\0", *HOSTILE])
    printed = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True).stdout
    words = printed.decode("utf-8", "surrogateescape").split("\0")
    assert words[:-1] == HOSTILE
    assert harmless(line) == line


def test_a_plain_word_is_not_quoted() -> None:
    assert join(["git", "push", "a b"]) == "git push 'a b'"


def test_a_lone_surrogate_is_quoted_too() -> None:
    assert join(["\ud800"]) == r"""''"$(printf '\355\240\200')"''"""
