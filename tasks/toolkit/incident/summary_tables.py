"""Tables of the job summary in Markdown, narrow enough for a phone; nothing in them is markup."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..console.commands import split_command
from ..core.markdown import breakable_code, prose

SIGNS = {
    "planned": "📋",
    "done": "✅",
    "passed": "✅",
    "clear": "✅",
    "unknown": "⚠️",
    "unverified": "⚠️",
    "stale": "⚠️",
    "warning": "⚠️",
}
BAD = "❌"
SERVER = r"https?://[\w.:-]+"
REPOSITORY = r"[\w.-]+/[\w.-]+"


def findings_table(findings: Sequence[Mapping[str, Any]]) -> str:
    """Return what checks or triggers found, with the evidence and what to type next."""
    rows = []
    for finding in findings:
        outcome = finding["outcome"]
        sign = SIGNS.get(outcome, BAD)
        chart = finding.get("chart", "")
        label = f"{chart} {finding['name']}".strip()
        row = [
            f"{sign} {linked(label)} {outcome}",
            _evidence(finding),
        ]
        rows.append(row)
    return _markdown_table(["check", "evidence, and what to type next"], rows)


def _evidence(finding: Mapping[str, Any]) -> str:
    """Return what was found, and what to type; what is between the two is folded."""
    lines = []
    for line in finding["evidence"].split("\n"):
        lines.append(linked(line))
    advice = []
    for line in finding["next"].split("\n"):
        if line:
            advice.append(f"→ {_advice(line)}")
    shown, *more = lines
    more += advice[:-1]
    last = advice[-1:]
    if not more:
        return "<br>".join([shown, *last])
    folded = "<br>".join(more)
    parts = [shown, f"<details><summary>more</summary>{folded}</details>", *last]
    return "".join(parts)


def _advice(line: str) -> str:
    """Return a line of advice, with the command that it ends with as code."""
    before, command = split_command(line)
    parts = [linked(before)]
    if command:
        parts.append(breakable_code(command))
    return " ".join(parts).strip()


def table_of(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> str:
    """Return a table as it was printed."""
    escaped = []
    for row in rows:
        escaped.append([_cell(cell) for cell in row])
    table = _markdown_table([linked(column) for column in columns], escaped)
    return f"**{linked(title)}**\n\n{table}" if title else table


def _cell(text: str) -> str:
    lines = []
    for line in text.split("\n"):
        lines.append(_advice(line))
    return "<br>".join(lines)


def _markdown_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> str:
    rule = ["---" for _ in columns]
    lines = []
    for row in (columns, rule, *rows):
        cells = " | ".join(row)
        lines.append(f"| {cells} |")
    return "\n".join(lines)


def linked(text: str) -> str:
    """Return text of others in one line; pages of the own repository are links."""
    return prose(text, _own_url())


def _own_url() -> str:
    """Return where the repository is on GitHub; nothing if the runner does not say so."""
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    repository = os.environ.get("GITHUB_REPOSITORY", "")
    is_usual = re.fullmatch(SERVER, server) and re.fullmatch(REPOSITORY, repository)
    return f"{server}/{repository}" if is_usual else ""
