"""Pictures of the recipes: real output of a sandbox, as SVG."""

from __future__ import annotations

import io
import os
import pty
import shlex
import subprocess
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from .errors import Failed
from .hands_on import prepare_home
from .place import PROJECT
from .scenarios import SCENARIOS
from .summary_picture import draw_summary
from .world import World

FOLDER = PROJECT / "docs" / "pictures"
COLUMNS = 100
ROWS = 50
# Colours, without what is redrawn: a picture has no time.
SCREEN = {"CI": "true", "TERM": "xterm-256color"}
# The drawing of rich, without its fonts, which a reader's browser would fetch from elsewhere.
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: "Fira Code", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; white-space: pre;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


@dataclass(frozen=True)
class Picture:
    """A picture: its name, the command line, and the expected exit code."""

    name: str
    line: str
    exit_code: int = 0


WHEN = Picture("when-check", "inv when.check", 1)
REFUSED = Picture("refused-push", "inv publish.all --ref v1.6.1 --version 1.7.0", 1)
TIMELINE = Picture("timeline", "inv timeline.show")
DRILL = Picture("drill", "./inv drill")
TRACE = "trace.svg"
TRACED = "rollback.revert --pr 42 --merge publish.all verify.all"
LATENCY = 0.15  # seconds of a request in the trace


def draw_all(
    report: Callable[[str], None],
    programs: Sequence[Path],
    folder: Path = FOLDER,
) -> None:
    """Draw each picture into a folder. Raises Failed, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture, printed in _scenes(programs):
        file = folder / f"{picture.name}.svg"
        file.write_text(_draw(picture, printed), encoding="utf-8")
        report(f"{file} shows `{picture.line}`")
    draw_trace(programs, folder / TRACE)
    report(f"{folder / TRACE} is the trace of `{TRACED}`")
    draw_summary(report, programs, folder)


def draw_trace(programs: Sequence[Path], file: Path) -> None:
    """Let a recovery be traced while each request takes LATENCY. Raises Failed, OSError."""
    with World(programs) as world:
        SCENARIOS["publish"].happen(world)
        world.github.required_checks = []
        for server in (world.github.server, world.registry.server):
            server.latency = LATENCY
        env = prepare_home(world) | SCREEN
        traced = Picture("trace", f"inv --trace {shlex.quote(str(file))} {TRACED}")
        _run(traced, world.clone, env)


def _scenes(programs: Sequence[Path]) -> Iterator[tuple[Picture, str]]:
    """Yield each picture with the output of its command, colours included."""
    with World(programs) as world:
        SCENARIOS["publish"].happen(world)
        env = prepare_home(world) | SCREEN
        yield WHEN, _run(WHEN, world.clone, env)
        _run(Picture("", "inv recover"), world.clone, env)
        yield REFUSED, _run(REFUSED, world.clone, env)
        yield TIMELINE, _run(TIMELINE, world.clone, env)
    yield DRILL, _run(DRILL, PROJECT, os.environ | SCREEN)


def _run(picture: Picture, folder: Path, env: Mapping[str, str]) -> str:
    """Return what a command printed. Raises Failed if it ends with another exit code."""
    terminal, screen = pty.openpty()
    termios.tcsetwinsize(screen, (ROWS, COLUMNS))
    with subprocess.Popen(
        shlex.split(picture.line),
        cwd=folder,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=screen,
        stderr=screen,
    ) as running:
        os.close(screen)
        printed = _read_to_the_end(terminal)
        exit_code = running.wait()
    if exit_code != picture.exit_code:
        what = f"{picture.line} ended with {exit_code}, not {picture.exit_code}"
        raise Failed(f"{what}:\n{printed}")
    return printed


def _read_to_the_end(terminal: int) -> str:
    """Return what is printed on a terminal until no program has it open, and close it."""
    printed = b""
    with open(terminal, "rb", buffering=0) as stream, suppress(OSError):
        while part := stream.read(65536):
            printed += part
    return printed.decode().replace("\r\n", "\n")


def _draw(picture: Picture, printed: str) -> str:
    """Return the SVG of a terminal with a command and its output."""
    console = Console(
        record=True,
        width=COLUMNS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    console.print(Text(f"$ {picture.line}", "bold"))
    for line in printed.splitlines():
        console.print(Text.from_ansi(line))
    svg = console.export_svg(
        title="Helm rollback recipes",
        theme=MONOKAI,
        code_format=FORMAT,
        unique_id=picture.name,
    )
    stripped = [line.rstrip() for line in svg.splitlines()]
    return "\n".join(stripped) + "\n"
