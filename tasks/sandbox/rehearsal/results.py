"""What a rehearsal found: how each step ended, and what was pushed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..github.repository import Repository
from ..github.runs import Run
from ..github.workflow_files import WorkflowFile
from ..registry import Registry
from .dependencies import declared_references
from .doubts import Doubts, Key, find_doubts
from .missing_programs import read_notes
from .services import Refusal, Services, Upload
from .unrehearsed import find_noting

CHART_CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
MOST_LOG = 1 << 14
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
LAST_LINES = 12
MOST_COLUMNS = 200
ACTS_OWN = "api.nektosact.com"  # act asks there for notices
NOT_HAD = "asked for {}, which a rehearsal does not have"


@dataclass(frozen=True)
class Step:
    """A step of a job, and how it ended: success, failure, cancelled or skipped.

    `not_rehearsed` says what it could not do here. `doubts` say why it may end otherwise on
    GitHub. `log` are the last lines of what it printed.
    """

    job: str
    name: str
    conclusion: str
    log: str
    not_rehearsed: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pushed:
    """A tag that was pushed. `archive` is that of the chart; empty if it is none.

    `doubts` say why it may go elsewhere on GitHub, `content_doubts` why it may be another.
    """

    host: str
    repository: str
    tag: str
    digest: str
    archive: bytes
    doubts: tuple[str, ...] = ()
    content_doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Results:
    """How the run ended: success, failure or cancelled. `is_late`: it was ended at its limit.

    `refused` is what was asked for in vain, with the steps that ran then.
    """

    conclusion: str
    is_late: bool
    steps: Sequence[Step]
    pushed: Sequence[Pushed]
    refused: Sequence[str]
    log: str
    isolation: str


@dataclass(frozen=True)
class Collector:
    """Collects the results of a run, whose workflow files are `files` by path."""

    run: Run
    files: Mapping[str, WorkflowFile]
    services: Services
    repository: Repository
    standing_in: Path  # the folder in which steps note what they could not do

    def collect(
        self, unknown: Mapping[Key, Sequence[str]], isolation: str, *, late: bool
    ) -> Results:
        """Return the results. `unknown` are the steps that are not rehearsed in any case."""
        reasons = dict[Key, list[str]]()
        for key, texts in unknown.items():
            reasons[key] = list(texts)
        for note in read_notes(self.standing_in):
            for key in find_noting(self.run, self.files, note):
                reasons.setdefault(key, []).append(note.why)
        for refusal in self._all_refused():
            for key in refusal.steps:
                reasons.setdefault(key, []).append(NOT_HAD.format(refusal.wanted))
        doubts = find_doubts(self.run, self.files, reasons)
        return Results(
            str(self.run.conclusion),
            late,
            list(self._steps(reasons, doubts)),
            [self._pushed(upload, doubts) for upload in self.services.uploads],
            [refusal.wanted for refusal in self._all_refused()],
            self.run.log[-MOST_COLUMNS * LAST_LINES :],
            isolation,
        )

    def _all_refused(self) -> list[Refusal]:
        """Return what was refused, and what was read from registries that is somebody else's."""
        refused = []
        for refusal in self.services.refusals:
            if ACTS_OWN not in refusal.wanted:
                refused.append(refusal)
        own = {_owner(f"{one.host}/{one.repository}") for one in self.services.uploads}
        declared = declared_references(self.repository, self.run.head_sha)
        for refusal in self.services.absent:
            host, owner = _owner(refusal.wanted)
            is_own = (host, owner) in own or owner == self.repository.owner.lower()
            if refusal.wanted in declared or not is_own:
                refused.append(refusal)
        return refused

    def _steps(
        self, reasons: Mapping[Key, Sequence[str]], doubts: Mapping[Key, Doubts]
    ) -> Iterator[Step]:
        for job in self.run.jobs.values():
            for key, step in job.steps.items():
                found = doubts.get((job.name, key), Doubts())
                yield Step(
                    job.name,
                    step.name,
                    str(step.conclusion),
                    last_lines(step.log),
                    tuple(dict.fromkeys(reasons.get((job.name, key), ()))),
                    tuple(dict.fromkeys(found.failure)),
                )

    def _pushed(self, upload: Upload, doubts: Mapping[Key, Doubts]) -> Pushed:
        says: list[str] = []
        others: list[str] = []
        for key in upload.steps:
            found = doubts.get(key, Doubts())
            says += found.says
            others += found.failure
        registry = self.services.registries[upload.host]
        return Pushed(
            upload.host,
            upload.repository,
            upload.tag,
            upload.digest,
            _chart_in(registry, upload),
            tuple(dict.fromkeys(says)),
            tuple(dict.fromkeys(others)),
        )


def _owner(reference: str) -> tuple[str, str]:
    """Return the host and the first part of the path."""
    host, _, path = reference.partition("/")
    return host, path.partition("/")[0].lower()


def last_lines(text: str) -> str:
    """Return the last lines of what a step printed, without escape codes and empty lines."""
    plain = ESCAPES.sub("", text[-MOST_LOG:])
    lines = [line.rstrip()[:MOST_COLUMNS] for line in plain.splitlines() if line.strip()]
    return "\n".join(lines[-LAST_LINES:])


def _chart_in(registry: Registry, upload: Upload) -> bytes:
    """Return the archive of the chart that was pushed; nothing if it is no chart."""
    manifest = json.loads(registry.manifest(upload.repository, upload.digest))
    for layer in manifest.get("layers", []):
        if layer.get("mediaType") == CHART_CONTENT:
            return registry.blob(layer["digest"])
    return b""
