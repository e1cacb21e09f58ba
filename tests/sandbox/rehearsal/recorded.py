"""Runs as they are recorded, of workflows given as texts, without running them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from tasks.sandbox.github.runs import Run, create_jobs
from tasks.sandbox.github.workflow_files import WorkflowFile
from tasks.sandbox.rehearsal.doubts import Doubts, find_doubts

FOLDER = ".github/workflows"
PATH = f"{FOLDER}/release.yml"
CALLED = f"{FOLDER}/publish.yml"


@dataclass
class Recorded:
    """A run of the workflow `text`, which may call the one of `called`."""

    text: str
    called: str = ""
    files: dict[str, WorkflowFile] = field(init=False)
    run: Run = field(init=False)

    def __post_init__(self) -> None:
        texts = {PATH: self.text}
        if self.called:
            texts[CALLED] = self.called
        self.files = {
            path: WorkflowFile(text, yaml.safe_load(text)) for path, text in texts.items()
        }
        jobs = create_jobs(1, self.files[PATH].spec, self.files)
        self.run = Run("release", path=PATH, jobs=jobs)

    def end_all(self, conclusion: str) -> None:
        """Let all jobs and steps end in a way."""
        for job in self.run.jobs.values():
            for part in (job, *job.steps.values()):
                part.complete(conclusion)

    def doubts(
        self, unrehearsed: Mapping[tuple[str, str], list[str]]
    ) -> dict[tuple[str, str], Doubts]:
        """Return the doubts on each step."""
        return find_doubts(self.run, self.files, unrehearsed)
