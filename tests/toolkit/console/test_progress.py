"""Progress: what is shown while something runs, on a terminal and without one."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from tasks.toolkit.console import output, progress
from tasks.toolkit.console.progress import Progress, live_table, print_bars, show_progress
from tasks.toolkit.core.invocation import running_step

COLUMNS = ["check", "outcome"]


def plain(shown: Progress) -> str:
    return shown.__rich__().plain


def test_the_line_names_the_step_the_time_the_limit_and_what_is_left_of_the_budget() -> None:
    with running_step("rollback.revert"):
        shown = Progress(60, lambda: "4:59 min left of 5:00 min")
    assert plain(shown).startswith("rollback.revert     0.0 s of 1:00 min · 4:59 min left of")
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


def test_on_a_terminal_the_line_is_redrawn_until_the_block_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80)
    monkeypatch.setattr(progress, "err", terminal)
    with running_step("publish.push"), show_progress(10) as shown:
        shown.wait_for("the registry")
        assert output.redrawn
        output.redrawn[-1].update(shown)
    assert output.redrawn == []
    assert "publish.push" in screen.getvalue()


def test_a_live_table_in_a_pipe_is_printed_when_its_rows_change(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with live_table() as draw:
        for time_of_day, outcome in [("10:00", "passed"), ("10:01", "passed"), ("10:02", "failed")]:
            draw("Releases", time_of_day, COLUMNS, [["chart", outcome]])
    printed = capsys.readouterr().out
    assert "Releases, 10:00" in printed
    assert "Releases, 10:01" not in printed
    assert "Releases, 10:02" in printed


def test_a_live_table_on_a_terminal_is_redrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(progress, "out", Console(file=screen, force_terminal=True, width=80))
    with live_table() as draw:
        draw("Releases", "10:00", COLUMNS, [["chart", "passed"]])
        draw("Releases", "10:01", COLUMNS, [["chart", "passed"]])
    assert "Releases, 10:01" in screen.getvalue()


def test_bars_have_a_row_for_each_span_and_are_never_invisible(
    capsys: pytest.CaptureFixture[str],
) -> None:
    spans = [("rollback.revert", 0.0, 30.0), ("verify.all", 60.0, 60.0)]
    print_bars("Its steps", spans, 60.0)
    title, head, first, second = capsys.readouterr().out.splitlines()
    assert title.strip() == "Its steps"
    assert "0 to 1:00 min" in head
    assert first.split()[:3] == ["rollback.revert", "30.0", "s"]
    assert first.count("█") == 25
    assert second.split()[:3] == ["verify.all", "0.0", "s"]
