"""Execute a run with act where it reaches nothing of this machine but what it needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..github.act import SANDBOX, Machine
from ..github.runs import Run
from ..github.workflow_files import WorkflowFile
from .job_specs import labels_of
from .surroundings import Surroundings

SECRET = re.compile(r"\bsecrets\s*(?:\.\s*|\[\s*['\"])([A-Za-z_]\w*)")
LABELS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04", "ubuntu-slim", "ubuntu-24.04-arm")


@dataclass(frozen=True)
class RehearsalMachine(Machine):
    """Where the jobs of a rehearsal run. `options` are act's options for actions."""

    surroundings: Surroundings
    options: Sequence[str]
    all_files: Mapping[str, WorkflowFile]

    def prepare(self, run: Run, files: Mapping[str, WorkflowFile], folder: Path) -> None:
        """Write all workflows, and a value for each secret that they name."""
        super().prepare(run, {**self.all_files, **files}, folder)
        names = {"GITHUB_TOKEN"}
        for file in self.all_files.values():
            names.update(SECRET.findall(file.text))
        lines = [f"{name}={self.token}\n" for name in sorted(names)]
        (folder / "secrets").write_text("".join(lines))

    def command(self, run: Run, files: Mapping[str, WorkflowFile], folder: Path) -> list[str]:
        """Return the command that starts act in its surroundings, for all labels of runners."""
        argv = super().command(run, files, folder)
        labels = _labels_of(self.all_files.values())
        labels.update(LABELS)
        for label in sorted(labels):
            argv.append(f"--platform={label}=-self-hosted")
        source = folder / "source"
        return self.surroundings.command(["env", f"--chdir={source}", *argv])

    def environment(self, folder: Path, run: Run) -> dict[str, str]:  # noqa: ARG002
        """Return the variables of act, which steps get too."""
        artifacts = Path(self.surroundings.home).with_name("artifacts")
        own = {"RUNNER_ARTIFACTS": str(artifacts), "RUNNER_TOOLS": str(SANDBOX)}
        return {**self.surroundings.environment(), **own}

    def action_options(self, files: Mapping[str, WorkflowFile]) -> list[str]:  # noqa: ARG002
        """Return where the actions are that workflows use."""
        return list(self.options)


def _labels_of(files: Iterable[WorkflowFile]) -> set[str]:
    """Return the labels of machines that jobs name, but for those that only a run knows."""
    labels = set[str]()
    for file in files:
        for job in file.spec["jobs"].values():
            labels.update(labels_of(job))
    return {label for label in labels if "$" not in label}
