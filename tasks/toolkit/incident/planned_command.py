"""The words that carry out what a dry run of `recover` has planned, as an output of the step.

The job after an approval recovers with them: exactly what was planned, and nothing newer.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from ..console.output import status
from ..console.runner_files import write_output
from ..core.invocation import typed_command

NAME = "command"
NOTHING = "nothing"  # true if the plan has nothing in it
PLANNED = "recover"
SAFE = re.compile(r"[\w.,:/@%+=#-]+", re.ASCII)  # bash splits and expands nothing of it
LEFT_OUT = ("--dry", "--json", "--echo")
REST_OF_URL = r"(?<=/pull/)(\d+)[/?#].*"  # of a pull request, as browsers and e-mails have it


def planned_words(document: Mapping[str, Any], typed: str) -> Sequence[str]:
    """Return the words of a recovery that was planned; none if nothing is to be done."""
    if document["task"] != PLANNED or document["error"] or not document["plan"]:
        return []
    words = shlex.split(typed)[1:]
    kept = []
    while words:
        word = words.pop(0)
        if word == "--trace":
            words = words[1:]
        elif word not in LEFT_OUT and not word.startswith("--trace="):
            kept.append(re.sub(REST_OF_URL, r"\1", word))
    return kept


def write_planned_command(document: Mapping[str, Any]) -> None:
    """Set the output of the step to these words, or say there that nothing is to be done.

    Neither is set if a word would need quotes: nobody should take that for nothing to do.
    """
    is_plan = document["plan"] is not None and not document["error"]
    if document["task"] != PLANNED or not is_plan:
        return
    if not document["plan"]:
        write_output(NOTHING, "true")
    words = planned_words(document, typed_command())
    for word in words:
        if not SAFE.fullmatch(word):
            status(f"no output `{NAME}`: {word!r} would need quotes", "warning")
            return
    write_output(NAME, " ".join(words))
