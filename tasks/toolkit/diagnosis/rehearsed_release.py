"""What a rehearsal of a release runs: which workflow, started by what, with which version."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from ..core.errors import BadInput, RecipeError
from ..incident.project import Project
from ..workflows.release_inputs import ReleaseNames, release_inputs
from .next_release import NextRelease, Releasing
from .release_start import (
    BY_HAND,
    RELEASE,
    TAG,
    WAYS,
    Starter,
    choose_start,
    find_starters,
)


@dataclass(frozen=True)
class RehearsedRelease:
    """The release of `commit`: the workflow file `path` runs as the `event` on the full ref `ref`.

    `tag` and `version` are what it releases, and `app_version` what users should get beside, which
    is empty where no rule tells. `edits` are the new texts of the files that the release's own
    commit changes, by path, and `message` is that commit's; without edits `commit` itself is
    released. `inputs` are those of a run by hand. `how` says in words what starts the workflow.
    """

    commit: str
    path: str
    event: str  # push, release or workflow_dispatch
    ref: str
    default_branch: str
    tag: str
    version: str
    app_version: str
    how: str
    message: str = ""
    edits: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


def plan_release(project: Project, commit: str, way: str = "") -> RehearsedRelease:
    """Return how the chart would be released next from a commit, given by its full hash.

    The way is `release`, as a release is published, which is the default; `tag`, by a pushed tag;
    or `dispatch`, by hand. Neither GitHub nor a registry is asked. Raises BadInput for a way that
    the workflow does not offer, and for a commit without the workflow or the chart.
    """
    way = way or RELEASE
    if way not in WAYS:
        names = ", ".join(WAYS)
        raise BadInput(f"{way!r} is no way to release", f"give one of {names}")
    branch = default_branch_of(project)
    starters = find_starters(project, commit)
    filters = []
    for starter in reversed(starters):
        filters += starter.tag_filters
    release = Releasing(project, commit, branch).next_release(filters)
    starter, kind = choose_start(starters, way, release.tag, branch)
    inputs = {}
    if kind == BY_HAND:
        app_version = release.app_version or release.chart.app_version
        release_names = ReleaseNames(release.tag, release.version, app_version)
        inputs = release_inputs(starter.workflow, starter.file, release_names)
    event, ref = _event_and_ref(kind, release.tag, branch)
    own = project.settings.workflow
    return RehearsedRelease(
        commit,
        starter.path,
        event,
        ref,
        branch,
        release.tag,
        release.version,
        release.app_version,
        _describe(starter, own, _words(kind, release, branch, inputs)),
        release.message,
        release.edits,
        inputs,
    )


def default_branch_of(project: Project) -> str:
    """Return the default branch, or if origin does not answer the one that is checked out."""
    with suppress(RecipeError):
        branch = project.default_branch
        if branch:
            return branch
    return project.git.current_branch() or "main"


def _event_and_ref(kind: str, tag: str, branch: str) -> tuple[str, str]:
    if kind == RELEASE:
        return "release", f"refs/tags/{tag}"
    if kind == TAG:
        return "push", f"refs/tags/{tag}"
    if kind == BY_HAND:
        return "workflow_dispatch", f"refs/heads/{branch}"
    return "push", f"refs/heads/{branch}"


def _words(kind: str, release: NextRelease, branch: str, inputs: Mapping[str, str]) -> str:
    """Return what starts a workflow, in words."""
    if kind == RELEASE:
        return f"the publication of the release {release.tag}"
    if kind == TAG:
        return f"a push of the tag {release.tag}"
    if kind == BY_HAND:
        given = ", ".join(f"{name}={value}" for name, value in inputs.items())
        return f"a run by hand with {given}" if given else "a run by hand"
    what = "the release commit" if release.edits else "the commit"
    return f"the push of {what} to {branch}"


def _describe(starter: Starter, own: str, words: str) -> str:
    if starter.file == own:
        return words
    return f"{starter.file} calls {own}, on {words}"
