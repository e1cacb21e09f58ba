"""Output: results on stdout, status lines on stderr, in a form that people and programs read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tasks.toolkit.console import output
from tasks.toolkit.console.commands import split_command
from tasks.toolkit.console.findings import Finding, show_findings
from tasks.toolkit.console.layout import command_line
from tasks.toolkit.console.result import Result, add_details, collecting
from tasks.toolkit.core.installation import CHECKOUT
from tasks.toolkit.core.invocation import running_step
from tasks.toolkit.core.printable import is_steering, json_text

from .conftest import on_terminal

LONG_REFERENCE = "oci://ghcr.io/" + "stianfro/" * 30 + "threek8s"


DURATIONS = [
    (0, "0.0 s"),
    (3.14, "3.1 s"),
    (59.94, "59.9 s"),
    (125, "2:05 min"),
    (5 * output.MINUTE, "5:00 min"),
    (59.6 * output.MINUTE, "59:36 min"),
    (2 * output.HOUR, "2:00:00 h"),
    (output.HOUR + 2 * output.MINUTE + 5, "1:02:05 h"),
    (3 * output.DAY + 4 * output.HOUR, "3 d 4 h"),
]


@pytest.mark.parametrize(
    ("seconds", "text"),
    DURATIONS,
)
def test_a_duration_is_in_the_largest_unit_that_fits(seconds: float, text: str) -> None:
    assert output.format_duration(seconds) == text


SIGNS = [("done", "✓"), ("note", "·"), ("warning", "!"), ("failed", "✗"), ("next", "→")]


@pytest.mark.parametrize(
    ("mark", "sign"),
    SIGNS,
)
def test_a_status_line_has_its_step_and_its_mark_on_stderr(
    mark: str, sign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_step("publish.push"):
        output.status("published 1.7.0", mark)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"publish.push        {sign} published 1.7.0\n"


def test_a_status_line_can_belong_to_another_step(capsys: pytest.CaptureFixture[str]) -> None:
    output.status("REGISTRY is set twice", "warning", step="settings")
    output.status("ready")
    assert capsys.readouterr().err.splitlines() == [
        "settings            ! REGISTRY is set twice",
        "invoke              · ready",
    ]


def test_what_a_program_failed_with_is_no_command() -> None:
    failed = "no cluster answered: helm upgrade: Error: unreachable"
    assert split_command(failed) == (failed, "")
    merge = "gh pr merge 43 --subject 'fix: x'"
    assert split_command(f"then: {merge}") == ("then:", merge)


SHOW_COMMAND = """
from tasks.toolkit.console.output import status

status("to resume: invoke recover --pr 42, or invoke --dry publish.all", "next")
"""


def test_a_command_is_shown_as_it_was_really_typed() -> None:
    shown = on_terminal(SHOW_COMMAND, INVOKED_AS="./inv", COLUMNS="100")
    assert shown.endswith("./inv recover --pr 42, or ./inv --dry publish.all\n")
    echoed = "from tasks.toolkit.console import output\noutput.echo_command('$ invoke recover')"
    assert on_terminal(echoed, INVOKED_AS="./inv").endswith("$ ./inv recover\n")


def test_a_pipe_gets_every_status_line_in_one_piece(capsys: pytest.CaptureFixture[str]) -> None:
    output.status(f"published {LONG_REFERENCE}")
    assert capsys.readouterr().err.count("\n") == 1


SHOW_LINES = """
from tasks.toolkit.console.output import status

status("one two three four five", step="publish.push")
status("gh workflow run publish-helm.yml", "next", step="publish.push")
"""


def test_a_terminal_gets_wrapped_lines_below_their_text_and_commands_in_one_piece() -> None:
    assert on_terminal(SHOW_LINES).splitlines() == [
        "publish.push        · one two three four",
        "                      five",
        "publish.push        → next:",
        "  gh workflow run publish-helm.yml",
    ]


SHOW_FAILURE = """
from tasks.toolkit.console.output import status

status("helm lint refuses x", "failed", step="chart.lint")
"""


def test_a_failure_that_starts_with_a_program_is_no_command() -> None:
    shown = on_terminal(SHOW_FAILURE).splitlines()
    assert shown == ["chart.lint          ✗ helm lint refuses", "                      x"]


def test_text_in_brackets_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    output.status("[red]no markup[/red]")
    output.print_table("Title", ["column"], [["[bold]cell[/bold]"]])
    printed = capsys.readouterr()
    assert "[red]no markup[/red]" in printed.err
    assert "[bold]cell[/bold]" in printed.out


def test_json_is_the_only_thing_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    result = Result("when.check")
    with collecting(result):
        output.status("looking")
        output.print_line("a line")
        output.print_table("Checks", ["check"], [["chart"]])
        add_details({"at": at, "name": "é"})
    assert capsys.readouterr().out == ""
    assert result.output == ["a line"]
    assert result.messages == [{"step": "invoke", "mark": "note", "text": "looking"}]
    value = json.loads(json_text(result.details))
    assert value == {"at": "2026-11-24 00:00:00+00:00", "name": "é"}
    assert "é" in json_text(result.details)


def test_a_table_has_its_cells_in_their_columns(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        ["chart", "passed"],
        ["x", "failed"],
    ]
    output.print_table("Checks", ["check", "outcome"], rows)
    printed = capsys.readouterr().out
    assert printed.splitlines() == [
        "Checks",
        "check  outcome",
        "chart  passed",
        "x      failed",
    ]


def test_a_table_in_a_pipe_breaks_no_reference(capsys: pytest.CaptureFixture[str]) -> None:
    reference = "oci://ghcr.io/stianfro/threek8s/chart/threek8s:1.7.0"
    output.print_table("Checks", ["check", "evidence"], [["chart", f"{reference} is there"]])
    assert reference in capsys.readouterr().out


REFERENCE = "oci://ghcr.io/stianfro/threek8s/chart/threek8s-with-a-long-name:1.7.0-r"
DIGEST = f"sha256:{'0123456789abcdef' * 4}"
COMMAND = "REGISTRY=oci://ghcr.io/stianfro/charts invoke publish.alias --version 1.7.0 --pr 42"


@pytest.mark.parametrize("columns", [80, 140])
def test_at_no_width_breaks_a_reference_a_digest_or_a_command(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    evidence = f"it is published at {REFERENCE}, {DIGEST}, without credentials"
    finding = Finding("chart", "failed", evidence, f"the alias is missing: {COMMAND}")
    show_findings("Checks", [finding])
    output.print_table("Steps", ["step", "what happened", "time"], [["push", evidence, "3 s"]])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= max(columns, len(COMMAND) + 2)
    assert f"  {COMMAND}" in lines
    for word in (REFERENCE, DIGEST):
        assert len([line for line in lines if word in line]) == 2


SHOW_LONG = f"""
from tasks.toolkit.console.output import status

status("published {DIGEST}", "done", step="publish.push")
status("it is not published", "failed", step="publish.push", advice="invoke publish.all --pr 42")
"""


def test_a_status_line_breaks_no_digest_and_its_advice_has_a_line_of_its_own() -> None:
    assert on_terminal(SHOW_LONG, COLUMNS="80").splitlines() == [
        "publish.push        ✓ published",
        f"  {DIGEST}",
        "publish.push        ✗ it is not published",
        "                    → next:",
        "  invoke publish.all --pr 42",
    ]


SHOW_COLOURS = """
from tasks.toolkit.console.output import print_table, status

status("done", "done")
print_table("Checks", ["outcome"], [["failed"]])
"""


@pytest.mark.parametrize(
    ("env", "is_coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colours_are_left_out_if_they_are_not_wanted(
    env: dict[str, str], is_coloured: bool
) -> None:
    shown = on_terminal(SHOW_COLOURS, raw=True, env=env)
    assert ("\x1b[31m" in shown or "\x1b[1;31m" in shown) == is_coloured
    assert "failed" in shown


WRITE_AND_DISCARD = """
import sys
from tasks.toolkit.console.output import discard_closed_streams

sys.stdin.read()  # until its stdout is closed
print("this cannot be written")
print(discard_closed_streams(), discard_closed_streams(), file=sys.stderr)
"""


def test_a_closed_stream_is_discarded_once_and_python_ends_quietly() -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE_AND_DISCARD],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert writer.stdin
    assert writer.stdout
    assert writer.stderr
    writer.stdout.close()  # as `head` does
    writer.stdin.close()
    assert writer.stderr.read() == "True False\n"
    assert writer.wait() == 0


HOSTILE = "\x1b[2Jx\ry\x07\x9b\u202ez\u2028[link=http://evil][bold]\nforged"
SHOWN = r"\x1b[2Jx\ry\x07\x9b\u202ez\u2028[link=http://evil][bold]"


@pytest.mark.parametrize("mark", ["failed", "next"])
def test_a_status_line_of_others_is_one_harmless_line(
    mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output.status(HOSTILE, mark)
    (line,) = capsys.readouterr().err.split("\n")[:-1]
    assert line.endswith(f" {SHOWN} forged")


def test_tables_plans_and_echoes_show_what_would_steer_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.print_table(HOSTILE, [HOSTILE], [[HOSTILE]])
    output.print_line(HOSTILE)
    output.echo_command(HOSTILE)
    printed = capsys.readouterr()
    shown = printed.out + printed.err
    assert shown.count(SHOWN) == 5
    assert not [char for char in shown if is_steering(char) and char != "\n"]


PRINT_ALL = """
from tasks.toolkit.console.output import print_line, print_table, status
print_line("é → \\udc80")
print_table("Ärger", ["✓"], [["日本"]])
status("✓ é")
"""


def test_a_stream_that_takes_only_ascii_gets_escapes() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PRINT_ALL],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    plan, rest = ended.stdout.split(b"\n", 1)
    assert plan == "é → ".encode() + rb"\udc80"
    assert rest.isascii()


def test_a_command_that_is_wider_than_the_terminal_is_folded_between_words() -> None:
    reference = "oci://ghcr.io/stianfro/threek8s/chart/threek8s"
    command = f"helm upgrade --install threek8s {reference} --version 1.7.0"
    assert command_line(command, 200) == f"  {command}"
    shown = command_line(command, 60)
    assert max(map(len, shown.split("\n"))) <= 60
    assert reference in shown
    assert shown.replace("\\\n  ", "") == f"  {command}"


def test_a_folded_command_keeps_its_task_beside_the_program() -> None:
    variables = "REGISTRY=oci://ghcr.io/stianfro/charts CHART_REF=oci://ghcr.io/threek8s"
    first, *_, last = command_line(f"{variables} invoke publish.alias", 86).splitlines()
    assert first == f"  {variables} \\"
    assert last == "  invoke publish.alias"


ECHO = """
from tasks.toolkit.console.output import echo_command

echo_command("$ gh workflow run publish-helm.yml --ref main --raw-field=chart_version=1.7.0")
"""


def test_an_echoed_command_is_folded_between_words_where_a_terminal_is_narrow() -> None:
    assert on_terminal(ECHO, COLUMNS="60").splitlines() == [
        "$ gh workflow run publish-helm.yml --ref main \\",
        "  --raw-field=chart_version=1.7.0",
    ]


ADVISE_TWICE = """
from tasks.toolkit.console.findings import Finding, show_findings
from tasks.toolkit.console.output import status

advice = "invoke publish.alias --version 1.7.0"
show_findings("Checks", [Finding("publish", "failed", "it is not published", advice)])
status("publication failed", "failed", advice=advice)
status("versions differ", "failed", advice="invoke recover --pr 42")
"""


def test_a_person_is_told_once_what_to_type() -> None:
    shown = on_terminal(ADVISE_TWICE, COLUMNS="80", INVOKED_AS="./inv")
    assert shown.count("./inv publish.alias --version 1.7.0") == 1
    assert shown.count("./inv recover --pr 42") == 1
    ended = subprocess.run(
        [sys.executable, "-c", ADVISE_TWICE],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "publication failed: invoke publish.alias --version 1.7.0\n" in ended.stderr


WIDE = """
import os, pty, sys, termios
from tasks.toolkit.console.terminal import err, width_of

_, stream = pty.openpty()
termios.tcsetwinsize(stream, (50, 140))
os.dup2(stream, 2)
print(width_of(err))
"""


def test_the_width_is_that_of_the_terminal_also_if_the_result_goes_to_a_pipe() -> None:
    env = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    script = [sys.executable, "-c", WIDE]
    ended = subprocess.run(script, cwd=CHECKOUT, env=env, capture_output=True, check=True)
    assert ended.stdout == b"140\n"


INTERRUPT = """
import sys
from invoke.exceptions import Exit
from tasks.toolkit.incident.exits import exit_cleanly

sys.stderr.write("^C")
sys.stderr.flush()
try:
    with exit_cleanly("drill", "interrupted"):
        raise KeyboardInterrupt
except Exit:
    pass
"""


def test_what_a_terminal_shows_of_a_key_is_taken_away_before_the_message() -> None:
    line = "drill               ✗ interrupted\n"
    assert on_terminal(INTERRUPT) == f"^C\r\x1b[K{line}"
    assert on_terminal(INTERRUPT, TERM="dumb") == f"^C{line}"
