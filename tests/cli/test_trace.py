"""`--trace`: what a command waits for is drawn, however it ends, and without a secret."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tasks.cli.trace_rows import Bar, arrange, seconds_covered
from tasks.cli.waterfall import draw_waterfall
from tasks.sandbox.world import World
from tasks.toolkit.console.trace import Span

from ..bench.traces import SVG, read_bars
from ..conftest import PROJECT
from ..preloaded import INV, preloaded_invoke
from .typed import inv, refusal

CHAIN = "rollback.revert --pr 42 --merge publish.all"


def traced(line: str, file: Path, world: World) -> subprocess.CompletedProcess[str]:
    """Type `./inv --trace FILE` with the words of a line, in a sandbox."""
    words = ["--trace", str(file), *line.split()]
    return preloaded_invoke().run(words, PROJECT, world.env, program="inv")


def shown_texts(file: Path) -> list[str]:
    """Return the texts of a trace, in their order."""
    root = ET.fromstring(file.read_text())  # noqa: S314 - ours
    return [node.text or "" for node in root.iter(f"{SVG}text")]


def test_a_trace_has_a_bar_for_each_program_and_request(broken: World, tmp_path: Path) -> None:
    file = tmp_path / "trace.svg"
    ended = traced(CHAIN, file, broken)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.endswith(f"drawn in {file}\n")
    title = shown_texts(file)[0]
    names, _, total = title.removesuffix(" s").partition(": ")
    assert names == "rollback.revert publish.all"
    bars = list(read_bars(file))
    for bar in bars:
        assert 0 <= bar.start <= bar.end <= float(total) + 0.01, bar
    tasks = [bar.name for bar in bars if bar.kind == "task"]
    assert tasks[:3] == ["start", "rollback.revert", "publish.package"]
    for kind, name in {
        "gh": "gh api graphql PullRequestMerge",
        "git": "git fetch origin",
        "helm": "helm push",
        "registry": "GET /v2/stianfro/threek8s/chart/threek8s/manifests/1.7.0",
        "journal": "journal",
    }.items():
        assert [bar for bar in bars if bar.kind == kind and bar.name.startswith(name)], kind
    assert broken.token not in file.read_text()
    manifests = [path for _, path in broken.registry.requests if path.endswith("/1.7.0")]
    drawn = [bar for bar in bars if bar.kind == "registry" and bar.name.endswith("/1.7.0")]
    assert 0 < len(drawn) <= len(manifests)


def test_a_trace_changes_no_document_no_plan_and_no_exit_code(
    broken: World, tmp_path: Path
) -> None:
    file = tmp_path / "trace.svg"
    before = broken.snapshot()
    checked = traced("when.check --json", file, broken)
    assert checked.returncode == 1
    assert json.loads(checked.stdout)["outcome"] == "fired"
    first = file.read_text()
    planned = traced("--dry rollback.revert --pr 42", file, broken)
    assert planned.returncode == 0
    plain = preloaded_invoke().run(
        ["--dry", "rollback.revert", "--pr", "42"], PROJECT, broken.env, program="inv"
    )
    assert planned.stdout == plain.stdout
    assert broken.snapshot() == before
    assert shown_texts(file)[0].startswith("rollback.revert: ")
    assert file.read_text() != first


def test_a_value_that_is_given_to_a_chart_is_in_no_trace(world: World, tmp_path: Path) -> None:
    file = tmp_path / "trace.svg"
    rendered = traced("chart.template --set env.PASSWORD=s3cret", file, world)
    assert rendered.returncode == 0, rendered
    drawn = file.read_text()
    assert "helm template" in drawn
    assert "s3cret" not in drawn


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Give a folder with files that no trace may replace, and go there."""
    (tmp_path / "other.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (tmp_path / "empty.svg").touch()
    (tmp_path / "folder.svg").mkdir()
    os.mkfifo(tmp_path / "pipe.svg")
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


REFUSED = {
    "--trace": "--trace needs a file: for example --trace trace.svg",
    "--trace --dry": "--trace needs a file: for example --trace trace.svg",
    "--trace=": "--trace needs a file: for example --trace trace.svg",
    "--trace recover --pr 42": "--trace recover is not an SVG: for example --trace trace.svg",
    "--trace {0}/a.svg when.check --trace {0}/b.svg": "--trace is given twice: give it one file",
    "when.check --trace {0}/no/a.svg": "--trace {0}/no/a.svg: there is no folder {0}/no: make it, "
    "or name another one",
    "--trace {0}/other.svg when.check": "--trace {0}/other.svg exists, and is no trace: name "
    "another file",
    "--trace {0}/folder.svg when.check": "--trace {0}/folder.svg is not a regular file: name "
    "another file",
    "--trace {0}/pipe.svg when.check": "--trace {0}/pipe.svg is not a regular file: name "
    "another file",
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_file_that_cannot_be_drawn_in_is_refused(line: str, folder: Path) -> None:
    before = {path.name: path.is_file() and path.read_bytes() for path in folder.iterdir()}
    assert refusal(line.format(folder)) == REFUSED[line].format(folder)
    after = {path.name: path.is_file() and path.read_bytes() for path in folder.iterdir()}
    assert after == before


def test_an_empty_file_is_filled_and_a_refused_line_makes_none(folder: Path) -> None:
    ended = inv(f"timeline.history --trace {folder}/empty.svg")
    assert shown_texts(folder / "empty.svg")[0].startswith("timeline.history: "), ended
    assert "is not an option" in refusal(f"--trace {folder}/new.svg when.check --no")
    assert not (folder / "new.svg").exists()


@pytest.mark.thorough
def test_an_interrupt_draws_what_there_is(broken: World, tmp_path: Path) -> None:
    broken.github.check_seconds = 30
    file = tmp_path / "trace.svg"
    running = subprocess.Popen(
        [sys.executable, "-P", INV, *CHAIN.split(), "--trace", str(file)],
        cwd=PROJECT,
        env=broken.env,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr
    while "waiting for" not in running.stderr.readline():
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=20)
    assert running.returncode == 130
    assert [bar for bar in read_bars(file) if bar.name == "gh api graphql PullRequestRevert"]


def test_what_has_not_ended_lasts_until_the_end(tmp_path: Path) -> None:
    spans = [Span("gh pr view 42", "recover", 11.0, 12.0), Span("helm push", "recover", 12.5)]
    file = tmp_path / "trace.svg"
    file.write_text(draw_waterfall("recover", 10.0, 14.0, spans))
    times = {bar.name: (bar.start, bar.end) for bar in read_bars(file)}
    assert times == {"recover": (1.0, 4.0), "gh pr view 42": (1.0, 2.0), "helm push": (2.5, 4.0)}
    assert "not ended" in file.read_text()
    assert shown_texts(file)[1].startswith("2 programs and requests; 1.50 s beside them")


def test_the_journal_of_a_task_has_one_row() -> None:
    spans = [
        Span("journal", "publish.push", 1.0, 1.1),
        Span("helm push", "publish.push", 1.1, 2.0),
        Span("journal", "publish.push", 2.0, 2.1),
        Span("journal", "verify.all", 3.0, 3.1),
    ]
    push, verify = arrange(spans, 0.0, 4.0)
    assert [row.name for row in push.rows] == ["journal", "helm push"]
    assert [len(row.bars) for row in push.rows] == [2, 1]
    assert verify.extent() == Bar("verify.all", 3.0, 3.1)


def test_time_is_covered_once() -> None:
    bars = [Bar("a", 0.0, 2.0), Bar("b", 1.0, 3.0), Bar("c", 1.5, 2.5), Bar("d", 4.0, 5.0)]
    assert seconds_covered(bars) == 4.0
