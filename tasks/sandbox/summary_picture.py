"""A picture of a job summary on a phone: what a real run wrote, as GitHub would show it.

Chromium draws it, with packages of npm. Where one of them is missing, the picture stays as it is.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import Failed
from .hands_on import prepare_home
from .scenarios import SCENARIOS
from .summary_page import GAP, PHONE, make_page, run
from .world import World

NAME = "summary.png"
TALLEST = 4000
MARGIN = 96  # Chromium takes the height of its own bars off a window
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# What the steps of the two jobs type, and how each ends.
JOBS = {
    "plan: people approve this": {"when.check": 1, "--dry recover": 0},
    "recover: after the approval": {"recover": 0},
}


def draw_summary(
    report: Callable[[str], None],
    programs: Sequence[Path],
    folder: Path,
) -> None:
    """Draw the summaries of the two jobs side by side. Raises Failed, OSError."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), "")
    if not browser or not shutil.which("npm"):
        report(f"{NAME} stays as it is: drawing it takes Chromium and npm")
        return
    summaries = job_summaries(programs)
    try:
        page = make_page(summaries)
    except Failed as error:
        report(f"{NAME} stays as it is: {error}")
        return
    photograph(browser, page, folder / NAME)
    report(f"{folder / NAME} shows the job summaries of a plan and a recovery")


def job_summaries(programs: Sequence[Path]) -> dict[str, str]:
    """Return the Markdown that the steps of each job write in a sandbox. Raises Failed."""
    summaries = {}
    with World(programs) as world, TemporaryDirectory() as folder:
        SCENARIOS["publish"].happen(world)
        file = Path(folder, "summary")
        env = prepare_home(world)
        env |= {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": world.slug,
            "GITHUB_STEP_SUMMARY": str(file),
        }
        for job, lines in JOBS.items():
            file.write_text("")
            for line, code in lines.items():
                words = shlex.split(line)
                run(["inv", *words], world.clone, env, code)
            summaries[job] = file.read_text("utf-8")
    return summaries


def photograph(
    browser: str,
    page: str,
    file: Path,
) -> None:
    """Save how a page looks, as tall as it is. Raises Failed."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = folder / "page.html"
        source.write_text(page, encoding="utf-8")
        argv = [
            browser,
            "--headless",
            "--no-sandbox",
            "--hide-scrollbars",
            "--disable-gpu",
            "--virtual-time-budget=20000",
            "--force-device-scale-factor=1.5",
            f"--user-data-dir={folder / 'profile'}",
        ]
        url = source.as_uri()
        measure = [*argv, _window(TALLEST), "--dump-dom", url]
        dumped = run(measure, folder, os.environ)
        found = re.search(r"<title>height (\d+)", dumped)
        if not found:
            raise Failed("the browser did not draw the summary")
        window = _window(int(found[1]) + MARGIN)
        draw = [*argv, window, f"--screenshot={file.absolute()}", url]
        run(draw, folder, os.environ)


def _window(height: int) -> str:
    width = len(JOBS) * (PHONE + GAP) + GAP
    return f"--window-size={width},{height}"
