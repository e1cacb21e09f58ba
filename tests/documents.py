"""The documents that tasks print with --json, checked against their schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SCHEMA = Path(__file__).parents[1] / "docs" / "result.schema.json"
Document = dict[str, Any]


@cache
def validator() -> Draft202012Validator:
    """Return what checks a document."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def read_documents(text: str) -> list[Document]:
    """Return the documents that `text` consists of. Each must be as the schema says."""
    decoder = json.JSONDecoder()
    found = []
    rest = text.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        validator().validate(document)
        found.append(document)
        rest = rest[end:].strip()
    return found


def check_documents(words: Sequence[str], code: int, text: str) -> None:
    """Check what was printed by a command that has --json in all its tasks, and ended so."""
    typed = sum(word == "--json" for word in words)
    found = read_documents(text)
    assert 1 <= len(found) <= typed, text
    assert code or len(found) == typed, text
    assert found[-1]["exit_code"] == code
