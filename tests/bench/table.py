"""The table of what was measured, on a screen and in docs/performance.md."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence

from tasks.toolkit.console import output

from .parts import HIGHEST_PEAK, Figure
from .runs import PROJECT, Runs

PAGE = PROJECT / "docs" / "performance.md"
BEGIN = "<!-- the table is written by ./inv bench --write -->\n"
END = "<!-- end of the table -->\n"
NO_REQUESTS = "0 + 0"
COLUMNS = (
    "what",
    "a request takes",
    "ours",
    "beside it",
    "figure",
    "goal",
    "met",
    "requests: ours, beside it",
    "peak",
)


def print_table(figures: Sequence[Figure], rounds: int) -> None:
    """Print the figures on stdout."""
    output.print_table(_title(rounds), COLUMNS, [_row(figure) for figure in figures])


def write_table(figures: Sequence[Figure], rounds: int) -> None:
    """Put the figures into docs/performance.md."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = [COLUMNS, ["---"] * len(COLUMNS), *map(_row, figures)]
    lines = [f"{_title(rounds)}\n"]
    for row in rows:
        cells = " | ".join(row)
        lines.append(f"| {cells} |")
    table = "\n".join(lines)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n\n{END}{after}", encoding="utf-8")


def _title(rounds: int) -> str:
    cores = os.cpu_count() or 1
    machine = f"{platform.system()} on {platform.machine()}, {cores} cores"
    return f"Medians of {rounds} rounds, {machine}, Python {platform.python_version()}"


def _row(figure: Figure) -> list[str]:
    return [
        figure.name,
        f"{figure.latency * 1000:g} ms",
        _duration(figure.ours),
        f"{_duration(figure.other)}: {figure.beside}",
        figure.form.format(figure.value),
        *_goal(figure),
        _requests(figure),
        _peak(figure.ours),
    ]


def _goal(figure: Figure) -> tuple[str, str]:
    """Return the goal, and whether it is met."""
    if math.isinf(figure.goal):
        return "none", "-"
    met = "yes" if figure.is_met else "no"
    return f"at most {figure.form.format(figure.goal)}", met


def _requests(figure: Figure) -> str:
    """Return the requests to GitHub and to the registry of both sides."""
    both = f"{figure.ours.requests}, {figure.other.requests}"
    return both.replace(NO_REQUESTS, "none")


def _duration(runs: Runs) -> str:
    if runs.seconds < 0.1:
        return f"{runs.seconds * 1000:.1f} ms"
    return f"{runs.seconds:.2f} s"


def _peak(runs: Runs) -> str:
    """Return the peak of memory, and that it is too high."""
    if not runs.peak:
        return "-"
    text = f"{runs.peak:.0f} MiB"
    if runs.peak > HIGHEST_PEAK:
        text += f", over {HIGHEST_PEAK}"
    return text
