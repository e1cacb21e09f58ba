"""Look up what users get from a reference without a login."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from ..clients.registry.reference import GHCR, Reference
from ..console.waiting import run_parallel
from ..core.errors import AccessDenied, RecipeError
from ..core.versions import newest_release
from ..incident.project import Project
from ..workflows.public import public_manifest, public_tags


@dataclass(frozen=True)
class Answer:
    """What anybody gets from a reference: a chart, unless there is a `problem`, in words.

    `is_other`: it is something that is no chart. `is_version`: only that version is missing.
    `is_unknown`: the registry did not answer that.
    """

    problem: str = ""
    is_other: bool = False
    is_version: bool = False
    is_unknown: bool = False

    @property
    def is_broken(self) -> bool:
        """Whether users certainly get no chart."""
        return bool(self.problem) and not self.is_unknown


def look_up(project: Project, references: Iterable[Reference]) -> dict[Reference, Answer]:
    """Ask the registry for each reference without a login, at the same time."""
    asked = list(references)
    answers = run_parallel([partial(_ask, project, reference) for reference in asked])
    return dict(zip(asked, answers, strict=True))


def _ask(project: Project, reference: Reference) -> Answer:
    if reference.host == GHCR and "/" not in reference.repository:
        return Answer("names an owner, not a chart")
    try:
        tags = public_tags(project, reference)
        tag = reference.tag or newest_release(tags).replace("+", "_")
        manifest = None
        if tag in tags:
            manifest = public_manifest(project, replace(reference, tag=tag))
    except AccessDenied:
        return Answer("is denied to users: private, or not published")
    except RecipeError as error:
        return Answer(f"could not be looked up: {error.what}", is_unknown=True)
    if manifest is None:
        return _missing(reference, tags)
    if not manifest.is_chart:
        return Answer(f"is {manifest.kind}, not a chart", is_other=True)
    return Answer()


def _missing(reference: Reference, tags: list[str]) -> Answer:
    if not tags:
        return Answer("is not published")
    if reference.tag:
        return Answer("is a version that is not published", is_version=True)
    return Answer("has no version that is a release")
