"""What the texts of jobs and steps name that a rehearsal does not have, or not as GitHub has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ..github.records import Execution

SECRET = re.compile(r"\bsecrets\.(?!GITHUB_TOKEN\b)(\w+)", re.IGNORECASE)
VARIABLE = re.compile(r"\bvars\.(\w+)")
OF_EVENT = re.compile(r"\bgithub\.(?:event|event_name|ref|ref_name|ref_type)\b|\binputs\.")


def with_environment(text: str, environment: Mapping[str, str]) -> str:
    """Return the text of a step with the values of the variables that it names."""
    for name, value in environment.items():
        if re.search(rf"\b{re.escape(name)}\b", text):
            text += f"\n{value}"
    return text


def find_named(text: str, jobs: Iterable[str], steps: Mapping[str, str]) -> Iterator[str]:
    """Yield what a text takes from where nothing real is: secrets, variables, outputs."""
    for name in dict.fromkeys(SECRET.findall(text)):
        yield f"the secret {name} is not here"
    for name in dict.fromkeys(VARIABLE.findall(text)):
        yield f"the variable {name} of the repository is not here"
    for key, name in steps.items():
        if re.search(rf"\bsteps\.{re.escape(key)}\.", text):
            yield f'it takes outputs of the step "{name}", which was not rehearsed'
    for key in jobs:
        if re.search(rf"\bneeds\.{re.escape(key)}\.outputs\b", text):
            yield f"it takes outputs of the job {key}, not all of which was rehearsed"


def find_artifacts(uses: str, jobs: Iterable[str]) -> Iterator[str]:
    """Yield from which jobs a step may get artifacts that are not what they would be."""
    if "/download-artifact@" in uses:
        for key in jobs:
            yield f"it may get artifacts of the job {key}, not all of which was rehearsed"


def find_other_event(part: Execution, condition: str) -> Iterator[str]:
    """Yield that a job or a step was skipped for the event, or for the inputs of a run by hand."""
    if part.conclusion == "skipped" and OF_EVENT.search(condition):
        yield "another event or other inputs may start it"
