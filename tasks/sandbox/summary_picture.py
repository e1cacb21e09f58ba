"""A picture of a job summary on a phone: what a real run wrote, as GitHub would show it.

Chromium draws it, with packages of npm. Where one of them is missing, the picture stays as it is.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import shlex
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import Failed
from .hands_on import prepare_home
from .scenarios import SCENARIOS
from .world import World

NAME = "summary.png"
PHONE = 390  # CSS pixels, as wide as a common phone
GAP = 24
TALLEST = 4000
MARGIN = 96  # Chromium takes the height of its own bars off a window
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LIMIT = 120  # seconds for the browser, or for a package
# What the steps of the two jobs type, and how each ends.
JOBS = {
    "plan: people approve this": {"when.check": 1, "--dry recover": 0},
    "recover: after the approval": {"recover": 0},
}
SIGNS = {  # most machines have no font with the emoji; these are in any
    "✅": '<span style="color:#1a7f37">✔</span>',
    "❌": '<span style="color:#cf222e">✘</span>',
    "⚠️": '<span style="color:#9a6700">⚠</span>',
    "📋": '<span style="color:#0969da">☰</span>',
}
PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<title>wait</title>
<style>{css}</style>
<style>
html {{ background: #eaeef2; }}
body {{ margin: 0; padding: {gap}px; display: flex; gap: {gap}px;
  align-items: flex-start; }}
article {{ box-sizing: border-box; width: {phone}px; padding: 16px; border-radius: 12px; }}
.markdown-body {{ font-family: "DejaVu Sans", sans-serif; font-size: 13px; }}
header {{ font: 600 12px "DejaVu Sans", sans-serif; color: #59636e; margin-bottom: 12px; }}
</style>
<body></body>
<script>{marked}</script>
<script>{mermaid}</script>
<script>
async function draw(jobs, signs) {{
  for (const [name, text] of jobs) {{
    const article = document.createElement("article");
    article.className = "markdown-body";
    let shown = marked.parse(text);
    for (const [emoji, sign] of signs) shown = shown.replaceAll(emoji, sign);
    article.innerHTML = shown;
    const header = document.createElement("header");
    header.textContent = name;
    article.prepend(header);
    document.body.append(article);
  }}
  mermaid.initialize({{ startOnLoad: false, gantt: {{ useWidth: {chart}, fontSize: 10 }} }});
  for (const block of document.querySelectorAll("code.language-mermaid")) {{
    const drawn = await mermaid.render("chart", block.textContent);
    block.parentElement.outerHTML = drawn.svg;
  }}
  document.title = "height " + Math.ceil(document.body.scrollHeight);
}}
draw({jobs}, {signs});
</script>
"""


@dataclass(frozen=True)
class Package:
    """A file of a package of npm, which is pinned by its version and its SHA-256."""

    name: str
    sha256: str
    file: str

    def text(self) -> str:
        """Return the file, after a download. Raises Failed."""
        with TemporaryDirectory() as folder:
            argv = ["npm", "pack", "--silent", "--ignore-scripts", self.name]
            environ = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
            _run(argv, Path(folder), environ)
            (archive,) = Path(folder).glob("*.tgz")
            if hashlib.sha256(archive.read_bytes()).hexdigest() != self.sha256:
                raise Failed(f"{self.name} is not the package that is pinned")
            with tarfile.open(archive) as tar:
                tar.extract(f"package/{self.file}", folder, filter="data")
            return Path(folder, "package", self.file).read_text("utf-8")


PACKAGES = {
    "css": Package(
        "github-markdown-css@5.9.0",
        "291a28816709426a8a348c8db497c6f2c625ec5e596d3406770dcfff975233b4",
        "github-markdown-light.css",
    ),
    "marked": Package(
        "marked@18.2.1",
        "d66c5213fc203466186060105b01f51896764ba64b3797d2620d02e28e34b8ca",
        "lib/marked.umd.js",
    ),
    "mermaid": Package(
        "mermaid@11.17.2",
        "6ad2f42c3fc26bbf9e45cbb6d11898972573ea52b33a5f4ff51952899f950ffd",
        "dist/mermaid.min.js",
    ),
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
    try:
        parts = {key: package.text() for key, package in PACKAGES.items()}
    except Failed as error:
        report(f"{NAME} stays as it is: {error}")
        return
    parts["jobs"] = _script(list(job_summaries(programs).items()))
    parts["signs"] = _script(list(SIGNS.items()))
    page = PAGE.format(**parts, gap=GAP, phone=PHONE, chart=PHONE - 2 * GAP)
    photograph(browser, page, folder / NAME)
    report(f"{folder / NAME} shows the job summaries of a plan and a recovery")


def job_summaries(programs: Sequence[Path]) -> dict[str, str]:
    """Return the Markdown that the steps of each job write in a sandbox. Raises Failed."""
    summaries = {}
    with World(programs) as world, TemporaryDirectory() as folder:
        SCENARIOS["publish"].happen(world)
        file = Path(folder, "summary")
        env = prepare_home(world) | {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(file)}
        env["GITHUB_REPOSITORY"] = world.github.repository.slug
        for job, lines in JOBS.items():
            file.write_text("")
            for line, code in lines.items():
                _run(["inv", *shlex.split(line)], world.clone, env, code)
            summaries[job] = file.read_text("utf-8")
    return summaries


def _script(value: object) -> str:
    """Return a value for a script in a page, which no text in it can end."""
    return json.dumps(value).replace("<", "\\u003c")


def photograph(browser: str, page: str, file: Path) -> None:
    """Save how a page looks, as tall as it is. Raises Failed."""
    width = len(JOBS) * (PHONE + GAP) + GAP
    with TemporaryDirectory() as folder:
        source = Path(folder, "page.html")
        source.write_text(page, encoding="utf-8")
        argv = [browser, "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"]
        argv += [f"--user-data-dir={folder}/profile", "--virtual-time-budget=20000"]
        size = f"--window-size={width},{TALLEST}"
        dumped = _run([*argv, size, "--dump-dom", source.as_uri()], Path(folder), os.environ)
        found = re.search(r"<title>height (\d+)", html.unescape(dumped))
        if not found:
            raise Failed("the browser did not draw the summary")
        height = int(found[1]) + MARGIN
        size = f"--window-size={width},{height}"
        argv += [size, "--force-device-scale-factor=2", f"--screenshot={file.absolute()}"]
        _run([*argv, source.as_uri()], Path(folder), os.environ)


def _run(argv: Sequence[str], folder: Path, env: Mapping[str, str], code: int = 0) -> str:
    """Return what a program prints on stdout. Raises Failed if it ends with another exit code."""
    try:
        ended = subprocess.run(
            argv, cwd=folder, env=env, capture_output=True, text=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{argv[0]} took too long") from error
    if ended.returncode != code:
        raise Failed(f"{shlex.join(argv)} ended with {ended.returncode}:\n{ended.stderr}")
    return ended.stdout
