"""What the runner of Actions reads: our commands as they are meant, and no others."""

from __future__ import annotations

import base64
import itertools
import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.toolkit.console.runner import without_commands

from ...conftest import PROJECT
from ...runner_rules import SPACE, Command, read_commands

HOSTILE = [
    "::error::x",
    "::add-mask::secret",
    "  \t::stop-commands::x",
    "a\n::set-output name=x::y",
    "a\r::set-output name=x::y",
    "a\r\n::warning file=x,line=1::y",
    "##[error]x",
    "text ##[add-path]/tmp",
    "###[error]x ##[error]y",
    "\n\n  \n ::group::x",
    *[f"{space}::error::x" for space in SPACE],
]
PRINT = """
import json, sys
from tasks.toolkit.console import terminal
for stream, text in json.loads(sys.argv[1]):
    print(text, end="", file=getattr(sys, stream))
"""


@dataclass
class Printed:
    """What a script printed."""

    stdout: str
    stderr: str


def run(script: str, *args: str, stderr: int = subprocess.PIPE, **env: str) -> Printed:
    """Run a script as a step of a workflow."""
    environ = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "GITHUB_ACTIONS": "true", **env}
    ended = subprocess.run(
        [sys.executable, "-c", script, *args],
        cwd=PROJECT,
        env=environ,
        check=True,
        stdout=subprocess.PIPE,
        stderr=stderr,
    )
    return Printed(ended.stdout.decode(), (ended.stderr or b"").decode())


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_command_wherever_it_is_cut(text: str) -> None:
    assert read_commands(text)
    assert read_commands(without_commands(text)) == []
    parts = []
    for cut in range(1, len(text)):
        parts += [("stdout", text[:cut]), ("stdout", text[cut:] + "\n")]
        parts += [("stderr", text[:cut]), ("stderr", text[cut:] + "\n")]
    ended = run(PRINT, json.dumps(parts))
    assert read_commands(ended.stdout) == []
    assert read_commands(ended.stderr) == []
    assert ended.stdout.replace("\\", "") == "".join(
        part for stream, part in parts if stream == "stdout"
    )


def test_no_mixture_of_what_commands_are_made_of_is_one() -> None:
    pieces = [":", "::", "#", "##", "[", "]", " ", "\n", "\r", "error", "x"]
    for parts in itertools.product(pieces, repeat=5):
        assert read_commands(without_commands("".join(parts))) == []


def test_other_text_is_printed_as_it_is() -> None:
    text = "a::b #42 ## [x] http://[::1]/ std::string\n"
    assert without_commands(text) == text


@pytest.mark.parametrize("text", ["é ::error::x", "é\n::error::x", "é ##[error]x"])
def test_text_in_another_encoding_is_guarded_too(text: str) -> None:
    script = f"from tasks.toolkit.console.output import print_line; print_line({text!a})"
    printed = run(script, PYTHONUTF8="0", LC_ALL="C", PYTHONCOERCECLOCALE="0").stdout
    assert read_commands(printed) == []
    assert "é" in printed


def test_without_actions_and_in_files_nothing_changes(tmp_path: Path) -> None:
    parts = json.dumps([("stdout", "::error::x\n##[error]y\n"), ("stderr", "::error::z\n")])
    ended = run(PRINT, parts, GITHUB_ACTIONS="false")
    assert ended.stdout == "::error::x\n##[error]y\n"
    file = tmp_path / "plan.sh"
    with file.open("w") as stream:
        subprocess.run(
            [sys.executable, "-c", PRINT, parts],
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], "GITHUB_ACTIONS": "true"},
            check=True,
            stdout=stream,
            stderr=subprocess.PIPE,
        )
    assert file.read_text() == "::error::x\n##[error]y\n"


def test_a_document_stays_json_that_says_the_same() -> None:
    script = """
from tasks.toolkit.core.printable import json_text
from tasks.toolkit.console.output import print_line
print_line(json_text({"title": "##[error]x", "##[b]": ["::error::y", "\\n::error::z"]}))
"""
    printed = run(script).stdout
    assert read_commands(printed) == []
    expected = {"title": "##[error]x", "##[b]": ["::error::y", "\n::error::z"]}
    assert json.loads(printed) == expected


def test_our_commands_arrive_as_they_are_meant() -> None:
    script = """
import sys
from tasks.toolkit.console import terminal, runner
print("half a line", end="", file=sys.stderr)
runner.write_command("error", "100% of a\\r\\nb::c ##[x]", "a: b, c%3A=d")
"""
    ended = run(script)
    expected = Command("error", "100% of a\r\nb::c ##[x]", {"title": "a: b, c%3A=d"})
    assert read_commands(ended.stderr) == [expected]
    assert ended.stdout == ""


ANNOUNCE = """
from tasks.toolkit.console import terminal
from tasks.toolkit.console.runner import announce_secret
announce_secret("hush-hush-hush", "me")
announce_secret("hush-hush-hush", "me")
announce_secret("")
announce_secret("short")
announce_secret("first-line-here\\n\\nsecond-line\\n")
"""


def test_secrets_are_announced_once_before_anything_else() -> None:
    commands = read_commands(run(ANNOUNCE, GITHUB_TOKEN="ghp_environment").stderr)
    login = base64.b64encode(b"me:hush-hush-hush").decode()
    announced = ["ghp_environment", "hush-hush-hush", login, "first-line-here", "second-line"]
    assert commands == [Command("add-mask", secret) for secret in announced]


def test_no_secret_is_announced_to_a_file_or_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with file.open("w") as stream:
        run(ANNOUNCE, stderr=stream.fileno())
    assert file.read_text() == ""
    reader, terminal = pty.openpty()
    run(ANNOUNCE + "import sys; print('end', file=sys.stderr)", stderr=terminal)
    assert os.read(reader, 1000) == b"end\r\n"


ANNOTATE = """
from tasks.toolkit.console import terminal
from tasks.toolkit.console.finding import Finding
from tasks.toolkit.console.runner_log import annotate_findings
advice = "first aid: invoke publish.alias\\nchoose what to revert\\ninvoke a\\ninvoke b"
annotate_findings([Finding("publish", "fired", "not published", advice)])
"""


def test_an_annotation_does_not_choose_among_suspects() -> None:
    (command,) = read_commands(run(ANNOTATE).stderr)
    assert command.data == "publish fired: not published: choose what to revert"
