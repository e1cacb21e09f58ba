"""What the log of a failed run says: what the failed step printed, and which files it names."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from functools import partial

from ..core.errors import RecipeError
from ..core.printable import one_line
from ..incident.project import Project
from .failure import Failure

MOST_LOGS = 2
TIME = r"(?m)^\d{4}-\d\d-\d\dT[\d:.]+Z "
COLOUR = "\x1b\\[[0-9;]*m"
STEP_BEGINS = r"(?m)^(?=##\[group\]Run )"
OUTPUT_BEGINS = "##[endgroup]"
ERROR = "##[error]"
NO_PATH = r"[^\w./@+-]+"
ONLY_EXIT = re.compile(r"exit status \d+")  # it does not say why
LONGEST_LINE = 160


def read_log(project: Project, failure: Failure) -> str:
    """Return what the failed steps printed, with their commands; nothing if that is gone."""
    sections = []
    for job in failure.jobs[:MOST_LOGS]:
        with suppress(RecipeError):
            read = partial(project.github.actions.job_log, job.id)
            log = project.ask_once(("log", job.id), read)
            sections += failed_sections(log)
    return "\n".join(sections)


def failed_sections(log: str) -> list[str]:
    """Return the part of each failed step in the log of a job: from its command to its error."""
    plain = re.sub(TIME, "", log)
    plain = re.sub(COLOUR, "", plain)
    sections = []
    for part in re.split(STEP_BEGINS, plain):
        if ERROR in part:
            section, _, _ = part.partition(f"{ERROR}Process")
            sections.append(section)
    return sections


def last_line(section: str) -> str:
    """Return the last line that a failed step printed, made harmless; or nothing."""
    _, _, printed = section.rpartition(OUTPUT_BEGINS)
    last = ""
    for line in printed.split("\n"):
        text = line.strip().removeprefix(ERROR)
        if text and not ONLY_EXIT.fullmatch(text):
            last = text
    return one_line(last)[:LONGEST_LINE]


def mentioned_files(
    section: str,
    paths: Collection[str],
    chart_prefix: str,
    chart: str,
    repository: str,
) -> set[str]:
    """Return which of a repository's files, by `paths`, the failed steps name.

    Helm names the chart's as `chart/templates/...`, other programs as they are in the working copy.
    """
    known = set(paths)
    working_copy = f"/{repository}/{repository}/"
    found = set()
    for word in re.split(NO_PATH, section):
        name = word.rstrip(".").removeprefix("./")
        _, _, name = name.rpartition(working_copy)
        names = {name}
        if name.startswith(f"{chart}/"):
            inside = name.removeprefix(f"{chart}/")
            names.add(f"{chart_prefix}{inside}")
        if "/" in name:
            found |= names & known
    return found
