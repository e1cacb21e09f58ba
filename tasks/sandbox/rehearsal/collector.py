"""Collect what a rehearsal found, from the records of the run and what asked for what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..github.repository import Repository
from ..github.runs import Run
from ..github.workflow_files import WorkflowFile
from ..registry import Registry
from .dependencies import declared_references
from .doubts import Doubts, Key, find_doubts
from .job_specs import specs_of
from .missing_programs import read_notes
from .permissions import find_faults
from .printable import one_line
from .pushing import may_push_chart
from .results import Pushed, Results, Step
from .services import Refusal, Services, Upload
from .unrehearsed import find_cut_off, find_noting
from .unrunnable import WHOLE_JOB

CHART_CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
MOST_LOG = 1 << 14
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
LAST_LINES = 12
ACTS_OWN = re.compile(r"(https?://)?api\.nektosact\.com[:/]")  # act asks there for notices
NO_DOCKER = "Couldn't get a valid docker connection"
NO_NETWORK = "it looked for a network without the proxy, which a rehearsal does not have"
NOT_HAD = "asked for {}, which a rehearsal does not have"


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
        for key in find_cut_off(self.run):
            reasons.setdefault(key, []).append(NO_NETWORK)
        refused = self._all_refused()
        for refusal in refused:
            for key in refusal.steps:
                reasons.setdefault(key, []).append(NOT_HAD.format(refusal.wanted))
        doubts = find_doubts(self.run, self.files, reasons)
        return Results(
            str(self.run.conclusion),
            late,
            list(self._steps(reasons, doubts)),
            [self._pushed(upload, doubts) for upload in self.services.uploads],
            [refusal.wanted for refusal in refused],
            last_lines(_without_notices(self.run.log)),
            isolation,
            list(find_faults(self.run, self.files, self.services.uploads)),
        )

    def _all_refused(self) -> list[Refusal]:
        """Return what was refused, and what was read from registries that is somebody else's."""
        refused = []
        for refusal in self.services.refusals:
            if not ACTS_OWN.match(refusal.wanted):
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
            specs = specs_of(job, self.run, self.files)
            steps = specs.steps(job)
            if not job.steps:
                steps = iter([(WHOLE_JOB, job, {})])
            for key, step, spec in steps:
                own = reasons.get((job.name, key), ())
                found = doubts.get((job.name, key), Doubts())
                texts = found.failure
                if step.conclusion == "skipped":
                    texts = found.says  # steps before it do not decide that
                may_push = bool(texts) and may_push_chart(spec)
                yield Step(
                    one_line(job.name),
                    specs.path,
                    one_line(step.name),
                    str(step.conclusion),
                    last_lines(step.log),
                    _each_once(own),
                    _each_once(texts),
                    may_push,
                )

    def _file_of(self, upload: Upload) -> str:
        """Return the workflow file with the step that pushed; nothing if several may have."""
        files = set()
        for name, _ in upload.steps:
            files.add(specs_of(self.run.jobs[name], self.run, self.files).path)
        return files.pop() if len(files) == 1 else ""

    def _pushed(self, upload: Upload, doubts: Mapping[Key, Doubts]) -> Pushed:
        says: list[str] = []
        content: list[str] = []
        for key in upload.steps:
            found = doubts.get(key, Doubts())
            says += found.says
            content += found.failure
        registry = self.services.registries[upload.host]
        return Pushed(
            one_line(upload.host),
            one_line(upload.repository),
            one_line(upload.tag),
            upload.digest,
            _chart_in(registry, upload),
            self._file_of(upload),
            _each_once(says),
            _each_once(content),
        )


def _without_notices(log: str) -> str:
    """Return what act printed about the run without what it always prints here."""
    lines = [line for line in log.splitlines() if NO_DOCKER not in line]
    return "\n".join(lines)


def _each_once(texts: Iterable[str]) -> tuple[str, ...]:
    """Return texts in their order, each as one line."""
    return tuple(dict.fromkeys(map(one_line, texts)))


def _owner(reference: str) -> tuple[str, str]:
    """Return the host and the first part of the path."""
    host, _, path = reference.partition("/")
    return host, path.partition("/")[0].lower()


def last_lines(text: str) -> str:
    """Return the last lines of what a step printed, without escape codes and empty lines."""
    plain = ESCAPES.sub("", text[-MOST_LOG:])
    lines = [one_line(line) for line in plain.splitlines() if line.strip()]
    return "\n".join(lines[-LAST_LINES:])


def _chart_in(registry: Registry, upload: Upload) -> bytes:
    """Return the archive of the chart that was pushed; nothing if it is no chart."""
    try:
        manifest = json.loads(registry.manifest(upload.repository, upload.digest))
        for layer in manifest.get("layers", []):
            if layer.get("mediaType") == CHART_CONTENT:
                return registry.blob(layer["digest"])
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return b""  # the step wrote something else, or deleted it
    return b""
