"""The actions and workflows of other repositories that workflows and actions use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from ..github.workflow_files import Spec

WORKFLOWS = ".github/workflows/"
FILE_NAMES = ("action.yml", "action.yaml")


@dataclass(frozen=True)
class Use:
    """What the text of a `uses` says: the folder `path` of `repository` (owner/name) at `ref`.

    For a workflow, `path` is that of its file.
    """

    text: str
    repository: str
    path: str
    ref: str

    @property
    def name(self) -> str:
        """The text without the ref."""
        return self.text.partition("@")[0]

    @property
    def is_workflow(self) -> bool:
        """Whether a job calls it."""
        return self.path.startswith(WORKFLOWS)

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the repository, of which one must be there."""
        if self.is_workflow:
            return (self.path,)
        prefix = f"{self.path}/" if self.path else ""
        return tuple(prefix + name for name in FILE_NAMES)


def uses_of_workflow(spec: Spec) -> Iterator[Use]:
    """Return what the jobs of a workflow, and their steps, use of other repositories."""
    for job in spec["jobs"].values():
        yield from _uses_of((job, *(job.get("steps") or ())))


def uses_of_action(text: str) -> Iterator[Use]:
    """Return what the steps of a composite action use of other repositories."""
    runs = runs_of_action(text)
    yield from _uses_of(runs.get("steps") or ())


def runs_of_action(text: str) -> Mapping[str, Any]:
    """Return how an action runs, which is nothing if its file cannot be read."""
    try:
        spec = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    runs = spec.get("runs") if isinstance(spec, dict) else None
    return runs if isinstance(runs, dict) else {}


def _uses_of(parts: Iterable[Mapping[str, Any]]) -> Iterator[Use]:
    for part in parts:
        use = _parse(str(part.get("uses", "")))
        if use:
            yield use


def _parse(text: str) -> Use | None:
    """Return what a text means, or None for a folder of this repository and for an image."""
    name, _, ref = text.partition("@")
    parts = name.split("/", 2)
    if not ref or len(parts) < 2 or text.startswith((".", "docker://")):
        return None
    path = parts[2].strip("/") if len(parts) == 3 else ""
    if ".." in path.split("/"):
        return None  # act fails the job
    return Use(text, f"{parts[0]}/{parts[1]}", path, ref)
