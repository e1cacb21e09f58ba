"""The standard streams: a closed one is opened, and whatever is printed can be printed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.toolkit.console.streams import write_unchanged

PROJECT = Path(__file__).parents[3]
ASCII = {"PYTHONIOENCODING": "ascii"}
C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
OPEN_A_FILE = """
import os, sys
from tasks.toolkit.console.output import print_line, status
print_line("a line")
status("a status line")
with open(sys.argv[1], "w") as file:
    file.write(str(file.fileno()))
"""
PRINT = """
from tasks.toolkit.console.output import print_line, print_table, status
from tasks.toolkit.core.printable import json_text
status("\\u2028 \\udcff e\\u0301")
print_line(json_text({"reason": "\\u00e9"}))
print_line("cd caf\\u00e9")
print_table("\\u00e9", ["\\u00e9"], [["\\u00e9"]])
"""


def test_what_a_program_reads_is_utf_8_whatever_the_encoding() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    for text in ("cd ", "caf\u00e9", "-\udcff\n"):
        write_unchanged(stream, text)
    assert stream.buffer.getvalue() == b"cd caf\xc3\xa9-\xff\n"


def test_no_file_gets_the_number_of_a_stream_that_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "number"
    line = 'exec "$@" <&- >&- 2>&-'
    argv = ["sh", "-c", line, "sh", sys.executable, "-c", OPEN_A_FILE, str(file)]
    subprocess.run(argv, cwd=PROJECT, check=True)
    assert int(file.read_text()) > 2


@pytest.mark.parametrize(
    "env", [ASCII, pytest.param(C_LOCALE, marks=pytest.mark.thorough)], ids=["ascii", "C"]
)
def test_an_encoding_without_our_characters_stops_nothing(env: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=PROJECT,
        env={**os.environ, **env},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    printed = ended.stdout.split(b"}\n")[0] + b"}"
    assert json.loads(printed) == {"reason": "\u00e9"}
    assert b"cd caf\xc3\xa9\n" in ended.stdout
    assert b"\\u2028 " in ended.stderr
