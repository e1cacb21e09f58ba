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
        cleaned = {}
        for key, part in value.items():
            cleaned[key] = _cleaned(part, clean)
        return cleaned
    if isinstance(value, Sequence):
        return [_cleaned(part, clean) for part in value]
    return value


def _parts(
    document: Document,
    tables: Sequence[Table],
    journal: Journal,
) -> Iterator[str]:
    """Yield the parts of the section, the most important first."""
    yield f"### {_headline(document)}"
    yield from _suspects(document)
    for table in tables:
        yield table_of(*table)
    for key in FINDINGS:
        findings = document.get(key)
        if findings:
            yield findings_table(findings)
    yield from _steps(document)
    yield from _plan(document)
    if document["next"]:
        yield _block("To type next:", document["next"], "sh")
    if journal.id and step_spans(journal):
        chart = gantt_chart(journal)
        yield _block("Timeline:", [chart], "mermaid")
    ended = f"exit code {document['exit_code']}"
    if journal.id:
        ended = f"incident {code(journal.id)}, {ended}"
    yield f"{code(document[TYPED])}, {ended}"


def _plan(document: Document) -> Iterator[str]:
    """Yield the words that carry out a plan, and the plan itself."""
    words = planned_words(document, document[TYPED])
    if words:
        line = " ".join(words)
        yield f"To carry it out: {code(line)}"
    if document["plan"]:
        block = code_block([document["plan"]], "sh")
        yield _folded("The plan, as shell", block)


def _block(
    title: str,
    lines: Sequence[str],
    language: str,
) -> str:
    block = code_block(lines, language)
    return "\n".join([title, "", *block])


def _headline(document: Document) -> str:
    """Return in one line how it ended, or what will be done."""
    verdict = document.get("verdict", "")
    error = document["error"]
    if error and verdict:
        text = f"{verdict}: {error['what']}"
    elif error:
        text = error["what"]
    elif document["outcome"] == "planned":
        undone = _undone(document)
        changes = _changes(document)
        text = f"planned: {undone}{changes}"
    else:
        text = verdict or _last_message(document)
    sign = SIGNS.get(document["outcome"], BAD)
    return f"{sign} {_sentence(text)}"


def _sentence(text: str) -> str:
    """Return text of others with a capital letter."""
    return linked(text[:1].upper() + text[1:])


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
        name = suspect["sha"][:12]
        if suspect["number"]:
            name = f"#{suspect['number']}"
        title = linked(suspect["title"])
        why = linked(suspect["why"])
        yield f"Suspect: {linked(name)} **{title}** {why}"


def _steps(document: Document) -> Iterator[str]:
    """Yield the status lines: at once those of a plan, which are few, and how far it came."""
    lines = []
    headline = _headline(document)
    for message in document["messages"]:
        mark = message["mark"]
        text = message["text"]
        if mark in ("failed", "next") or text.startswith(SAME_AS):
            continue
        if headline.endswith(_sentence(text)):
            continue
        if message["step"] != document["task"]:
            text = f"{message['step']}: {text}"
        sign = SIGNS.get(mark, "")
        shown = f"{sign} {linked(text)}"
        lines.append(f"- {shown.strip()}")
    if not lines:
        return
    if document["plan"] is None and not document["error"]:
        yield _folded("What was done", lines)
    else:
        yield "\n".join(lines)


def _folded(title: str, lines: Sequence[str]) -> str:
    head = f"<details><summary>{title}</summary>"
    return "\n".join([head, "", *lines, "", "</details>"])
