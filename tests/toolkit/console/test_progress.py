"""Progress: what is shown while something runs, on a terminal and without one."""

from __future__ import annotations

import time

import pytest

from tasks.toolkit.console.progress import Progress, live_text, print_bars, show_progress
from tasks.toolkit.console.styled import Text
from tasks.toolkit.core.invocation import running_step

from .conftest import on_terminal


def plain(shown: Progress) -> str:
    return shown.text().plain


def test_the_line_names_the_step_the_time_the_limit_and_what_is_left_of_the_budget() -> None:
    with running_step("rollback.revert"):
        shown = Progress(60, lambda: "4:59 min left of 5:00 min")
    line = plain(shown)
    assert line == "rollback.revert     0.0 s of 1:00 min · 4:59 min left of 5:00 min"
    shown.wait_for("check lint")
    assert " waiting for check lint · 0." in plain(shown)


def test_without_limit_and_budget_the_line_has_the_time_alone() -> None:
    with running_step("publish.push"):
        assert plain(Progress(0, str)) == "publish.push        0.0 s"


def test_the_time_goes_on() -> None:
    shown = Progress(0, str)
    time.sleep(0.11)
    assert plain(shown).split()[-2] >= "0.1"


def test_the_steps_within_show_the_budget_of_the_innermost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with show_progress(budget_left=lambda: "5 min left"):
        with show_progress(10) as inner:
            assert plain(inner).endswith("0.0 s of 10.0 s · 5 min left")
        with show_progress(budget_left=lambda: "30 min left") as other:
            assert plain(other).endswith("· 30 min left")
    with show_progress() as after:
        assert "left" not in plain(after)
    assert capsys.readouterr().err == ""


REDRAW_LINE = """
import time
from tasks.toolkit.console.progress import show_progress
from tasks.toolkit.core.invocation import running_step

with running_step("publish.push"), show_progress(10) as shown:
    shown.wait_for("ghcr.io")
    time.sleep(0.3)
print("the end")
"""


def test_on_a_terminal_the_line_is_redrawn_until_the_block_ends() -> None:
    shown = on_terminal(REDRAW_LINE, COLUMNS="80")
    redrawn, _, after = shown.rpartition("the end")
    assert "publish.push" in redrawn
    assert "waiting for ghcr.io" in redrawn
    assert "publish.push" not in after


REDRAW_TEXT = """
from tasks.toolkit.console.styled import Text
from tasks.toolkit.console.progress import live_text

with live_text() as draw:
    for number in (1, 2):
        draw(Text(f"Releases, 10:0{number}"), [["chart"]])
"""


def test_live_text_in_a_pipe_is_printed_when_its_rows_change(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with live_text() as draw:
        draw(Text("Releases, 10:00"), [["chart", "passed"]])
        draw(Text("Releases, 10:01"), [["chart", "passed"]])
        draw(Text("Releases, 10:02"), [["chart", "failed"]])
    printed = capsys.readouterr().out
    assert printed == "Releases, 10:00\nReleases, 10:02\n"


def test_live_text_on_a_terminal_is_redrawn() -> None:
    shown = on_terminal(REDRAW_TEXT)
    first, line_up, second = shown.partition("\r\x1b[2K")
    assert "Releases, 10:01" in first
    assert line_up
    assert "Releases, 10:02" in second


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"CI": "true"}])
@pytest.mark.thorough
def test_nothing_is_redrawn_on_a_dumb_terminal_or_in_ci(env: dict[str, str]) -> None:
    shown = on_terminal(REDRAW_TEXT, env=env)
    shown += on_terminal(REDRAW_LINE, env=env, COLUMNS="90")
    assert shown.splitlines() == [
        "Releases, 10:01",
        "publish.push        · waiting for ghcr.io, at most 10.0 s",
        "the end",
    ]


def test_bars_have_a_row_for_each_span_and_are_never_invisible(
    capsys: pytest.CaptureFixture[str],
) -> None:
    spans = [("rollback.revert", 0.0, 30.0), ("verify.all", 60.0, 60.0)]
    print_bars("Its steps", spans, 60.0)
    printed = capsys.readouterr().out
    title, head, first, second = printed.splitlines()
    assert title.strip() == "Its steps"
    assert "0 to 1:00 min" in head
    assert "rollback.revert  30.0 s" in first
    assert first.count("█") == 25
    assert "verify.all       0.0 s" in second


def test_progress_and_bars_steer_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "[bold]\x1b[2J\u202e\nx"
    shown = Progress(0, str)
    shown.wait_for(hostile)
    assert r"waiting for [bold]\x1b[2J\u202e x" in plain(shown)
    print_bars(hostile, [(hostile, 0.0, 1.0)], 1.0)
    printed = capsys.readouterr()
    assert printed.out.count(r"[bold]\x1b[2J\u202e x") == 2
    assert r"[bold]\x1b[2J\u202e x" in printed.err
