"""What takes long is shown: a terminal has one line that goes away, others get lines."""

from __future__ import annotations

from .conftest import on_terminal

ASK = """
import time
from tasks.toolkit.console import requests
from tasks.toolkit.console.output import print_line

requests.PATIENCE = requests.INTERVAL = 0.05
requests.REPEAT = 0.2
with requests.asking("helm push"):
    time.sleep(0.02)
print_line("the first")
with requests.asking("gh pr view 42"), requests.asking("ghcr.io"):
    time.sleep(0.5)
print_line("the end")
"""


def test_a_terminal_shows_one_line_that_goes_away() -> None:
    shown = on_terminal(ASK, COLUMNS="80")
    before, _, after = shown.partition("the first\n")
    assert before == ""
    redrawn, _, end = after.rpartition("\r\x1b[K")
    assert "waiting for gh pr view 42 and 1 more, " in redrawn
    assert end == "the end\n"


def test_elsewhere_a_line_is_printed_from_time_to_time() -> None:
    shown = on_terminal(ASK, COLUMNS="80", CI="true").splitlines()
    first, *lines, end = shown
    assert (first, end) == ("the first", "the end")
    assert len(lines) in (1, 2)
    assert lines[0] == "invoke              · waiting for gh pr view 42 and 1 more, 0 s"
