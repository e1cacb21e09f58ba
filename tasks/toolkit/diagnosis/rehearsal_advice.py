"""What to do where a rehearsal could not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .rehearsed import Rehearsed

ADVICE = {  # by what a reason says; {} is the first group of the pattern
    re.compile(
        r"another event"
    ): "rehearse another way of a release: --as release, tag or dispatch",
    re.compile(r"([\w.-]+/[\w.-]+)\S* is unknown here"): "give the action: --action {}=FOLDER",
    re.compile(r"(\S+ \S+) is asked for, and this machine has "): "install {} on this machine",
    re.compile(r"(\S+) is not on this machine"): "install {} on this machine",
    re.compile(r"(\S+) here is another program than on GitHub's machines"): (
        "install the {} that GitHub's machines have"
    ),
}
INDIRECT = ("the step ", "it takes ", "it may get ")  # the cause may be among the next ones


def advise_on_doubts(rehearsed: Rehearsed) -> str:
    """Return how to find out more: with an action, with a program, or on GitHub."""
    for reason in _reasons(rehearsed):
        for pattern, advice in ADVICE.items():
            found = pattern.search(reason)
            if found:
                return advice.format(*found.groups())
        if not reason.startswith(INDIRECT):
            break
    return _advise_to_run(rehearsed)


def _advise_to_run(rehearsed: Rehearsed) -> str:
    """Return how to run, on GitHub, what starts the workflow."""
    release = rehearsed.release
    if release.event == "workflow_dispatch":
        return "only a run on GitHub can tell: invoke prevention.dispatch"
    if release.ref.startswith("refs/tags/"):
        return "only a run on GitHub can tell: invoke prevention.test-tag"
    file = release.path.rpartition("/")[2]
    return f"only GitHub can tell; its last runs: gh run list --workflow={file}"


def _reasons(rehearsed: Rehearsed) -> Iterator[str]:
    """Yield the doubts on what failed first; without a failure those on what may push a chart."""
    if rehearsed.doubtful_steps:
        yield from rehearsed.doubtful_steps[0].doubts
        return
    for step in rehearsed.results.steps:
        if step.may_push:
            yield from step.doubts
    for step in rehearsed.results.steps:
        yield from step.not_rehearsed
