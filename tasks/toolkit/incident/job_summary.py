"""What the runner of Actions is given of a task: a section of the job summary, and an output.

The section is the document of `--json` as Markdown. People approve a recovery by it on a phone:
the first line says what is wrong and what will be done, and no table needs a wide screen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..console.result import Table
from ..console.runner_files import append_summary
from ..core.invocation import INVOKED_AS, typed_command
from ..core.markdown import code, code_block
from .journal import Journal
from .planned_command import planned_words, write_planned_command
from .stages import gantt_chart, step_spans
from .summary_tables import BAD, SIGNS, findings_table, linked, table_of

Document = Mapping[str, Any]
TYPED = "typed"
FINDINGS = ("triggers", "checks", "releases")
SAME_AS = "the same as "
UNDO = ("recover", "rollback.revert")
CHANGES = re.compile(r"^# plan: (.*(?:\n#   .*)*)", re.MULTILINE)


def report_to_runner(
    document: Document,
    tables: Sequence[Table],
    journal: Journal,
    mask: Callable[[str], str],
) -> None:
    """Append the section of a task to the job summary, and set the output of a plan."""

    def clean(text: str) -> str:
        return mask(text).replace(f"{INVOKED_AS} ", "invoke ")

    cleaned = _cleaned({**document, TYPED: typed_command()}, clean)
    append_summary(list(_parts(cleaned, _cleaned(tables, clean), journal)))
    write_planned_command(document)


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    """Return a value with each of its texts cleaned: later they are broken into lines."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {key: _cleaned(part, clean) for key, part in value.items()}
    if isinstance(value, Sequence):
        return [_cleaned(part, clean) for part in value]
    return value


def _parts(document: Document, tables: Sequence[Table], journal: Journal) -> Iterator[str]:
    yield f"### {_headline(document)}"
    yield from _suspects(document)
    for table in tables:
        yield table_of(*table)
    for key in FINDINGS:
        findings = document.get(key) or []
        if findings:
            yield findings_table(findings)
    yield from _steps(document)
    words = planned_words(document)
    if words:
        yield f"To carry it out: {code(' '.join(words))}"
    if document["plan"]:
        yield _folded("The plan, as shell", code_block([document["plan"]], "sh"))
    if document["next"]:
        yield _block("To type next:", document["next"], "sh")
    if journal.id and step_spans(journal):
        yield _block("Timeline:", [gantt_chart(journal)], "mermaid")
    incident = f", incident {code(journal.id)}" if journal.id else ""
    exit_code = document["exit_code"]
    yield f"{code(document[TYPED])}{incident}, exit code {exit_code}"


def _block(title: str, lines: Sequence[str], language: str) -> str:
    return "\n".join([title, "", *code_block(lines, language)])


def _headline(document: Document) -> str:
    """Return in one line how it ended, or what will be done."""
    sign = SIGNS.get(document["outcome"], BAD)
    verdict = document.get("verdict", "")
    error = document["error"]
    if error:
        text = f"{verdict}: {error['what']}" if verdict else error["what"]
    elif document["outcome"] == "planned":
        text = f"planned: {_undone(document)}{_changes(document)}"
    else:
        text = verdict or _last_message(document)
    return f"{sign} {linked(text[:1].upper() + text[1:])}"


def _undone(document: Document) -> str:
    if document["pull"] and document["task"] in UNDO:
        return f"undo #{document['pull']} with "
    return ""


def _changes(document: Document) -> str:
    """Return what a plan changes, as its first line counts it."""
    found = CHANGES.search(document["plan"] or "")
    return found[1].replace("\n#  ", "") if found else "no changes"


def _last_message(document: Document) -> str:
    """Return the last status line that tells an outcome, else the task and its outcome."""
    for message in reversed(document["messages"]):
        if message["mark"] in ("done", "warning"):
            return str(message["text"])
    return f"{document['outcome']}: {document['task']}"


def _suspects(document: Document) -> Iterator[str]:
    """Yield the suspects, each with its pull request."""
    for suspect in document.get("suspects") or []:
        number = suspect["number"]
        name = f"#{number}" if number else suspect["sha"][:12]
        title = linked(suspect["title"])
        yield f"Suspect: {linked(name)} **{title}** {linked(suspect['why'])}"


def _steps(document: Document) -> Iterator[str]:
    """Yield the status lines: those of a plan, which are few, at once."""
    lines = []
    for message in document["messages"]:
        mark, text = message["mark"], message["text"]
        if mark not in ("failed", "next") and not text.startswith(SAME_AS):
            step = "" if message["step"] == document["task"] else f"{message['step']}: "
            shown = f"{SIGNS.get(mark, '')} {linked(step + text)}"
            lines.append(f"- {shown.strip()}")
    if not lines:
        return
    if document["plan"] is None:
        yield _folded("What was done", lines)
    else:
        yield "\n".join(lines)


def _folded(title: str, lines: Sequence[str]) -> str:
    head = f"<details><summary>{title}</summary>"
    return "\n".join([head, "", *lines, "", "</details>"])
