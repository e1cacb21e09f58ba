"""How the steps of a rehearsal ended, in few lines: what is alike shares a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from .rehearsal_parts import Step

OF_A_MATRIX = re.compile(r" \([^()]*\)$")
HASH = re.compile(r"@([0-9a-f]{7})[0-9a-f]{33}\b")
OF_GITHUB = "GitHub may end it otherwise"
MOST_FAILURES = 3
MOST_JOBS = 12
MOST_REASONS = 6
MOST_NAMES = 3


def job_lines(steps: Sequence[Step]) -> Iterator[str]:
    """Yield how many steps of each job ended how; jobs of a matrix that ended alike share one."""
    jobs = dict[str, list[Step]]()
    for step in steps:
        jobs.setdefault(step.job, []).append(step)
    alike = dict[tuple[str, str], list[str]]()
    for job, its_steps in jobs.items():
        name = _without_matrix(job)
        counts = _count(its_steps)
        alike.setdefault((name, counts), []).append(job)
    for (name, counts), names in list(alike.items())[:MOST_JOBS]:
        yield f"{_name_of(name, names)}: {counts}"
    if len(alike) > MOST_JOBS:
        yield f"and {len(alike) - MOST_JOBS} more jobs"


def _without_matrix(job: str) -> str:
    return OF_A_MATRIX.sub("", job)


def _name_of(name: str, jobs: Sequence[str]) -> str:
    """Return the name of jobs that share the name `name` without the values of their matrix."""
    if len(jobs) == 1:
        return jobs[0]
    return f"{name} ({len(jobs)} jobs, each)"


def _count(steps: Iterable[Step]) -> str:
    counts = dict[str, int]()
    for step in steps:
        word = step.conclusion
        if step.not_rehearsed and word == "success":
            word = "not rehearsed"
        counts[word] = counts.get(word, 0) + 1
    texts = []
    for word, count in counts.items():
        texts.append(f"{count} {word}")
    return ", ".join(texts)


def step_name(step: Step) -> str:
    """Return the name of a step in quotation marks, with short hashes."""
    return f'"{_shorten(step.name)}"'


def _shorten(text: str) -> str:
    """Return a text with short hashes of commits."""
    return HASH.sub(r"@\1", text)


def failure_lines(steps: Sequence[Step]) -> Iterator[str]:
    """Yield the steps that failed with what they printed, those that are sure to fail first."""
    alike = dict[tuple[str, str, str], list[Step]]()
    for step in _failed(steps):
        name = _without_matrix(step.job)
        key = (name, step.name, step.log)
        alike.setdefault(key, []).append(step)
    for (name, _, _), its_steps in list(alike.items())[:MOST_FAILURES]:
        first = its_steps[0]
        jobs = _name_of(name, [step.job for step in its_steps])
        yield f"{jobs}, {step_name(first)} failed:"
        for line in first.log.splitlines():
            yield f"| {line}"
        if first.doubts:
            doubts = join_first(first.doubts, MOST_NAMES, "; ")
            yield f"{OF_GITHUB}: {_shorten(doubts)}"
    more = len(alike) - MOST_FAILURES
    if more > 0:
        yield f"and {more} more steps failed"


def _failed(steps: Iterable[Step]) -> list[Step]:
    """Return the steps that failed, those without doubts first."""
    sure = []
    doubtful = []
    for step in steps:
        if step.conclusion != "failure":
            continue
        if step.doubts:
            doubtful.append(step)
        else:
            sure.append(step)
    return [*sure, *doubtful]


def unrehearsed_lines(steps: Sequence[Step]) -> Iterator[str]:
    """Yield why steps were not rehearsed, each reason once with the names of its steps."""
    names = dict[str, dict[str, None]]()
    for step in steps:
        for reason in step.not_rehearsed:
            its_names = names.setdefault(_shorten(reason), {})
            its_names[step_name(step)] = None
    for reason, its_names in list(names.items())[:MOST_REASONS]:
        shown = join_first(list(its_names), MOST_NAMES, ", ")
        yield f"not rehearsed: {reason}: {shown}"
    more = len(names) - MOST_REASONS
    if more > 0:
        yield f"and {more} more reasons: --json has all"


def join_first(
    texts: Sequence[str],
    most: int,
    separator: str,
) -> str:
    """Return the first of some texts, and how many more there are."""
    shown = separator.join(texts[:most])
    more = len(texts) - most
    if more <= 0:
        return shown
    return f"{shown}{separator}and {more} more"
