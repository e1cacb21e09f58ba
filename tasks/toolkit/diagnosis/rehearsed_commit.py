"""The commit that is rehearsed: of a pull request, of a branch at origin, or of the clone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from ..clients.retry import Retries
from ..console.output import status
from ..core.errors import BadInput, RecipeError, Refused
from ..incident.project import Project
from ..workflows.branch import warn_if_behind

OF_PULLS = ("refs/pull/", "pull/")
TRUST = "read its changes first, then add --trust-code: its code runs on this machine as you"
BRIEF_PAUSE = 0.01  # seconds before a request is repeated for the first time


def ask_briefly(project: Project) -> Project:
    """Return the project with clients that soon go on without the answer of a service."""
    runner = replace(project.runner, retries=Retries(BRIEF_PAUSE))
    brief = Project(project.settings, runner, project.scratch)
    return brief.find_chart(project.label) if project.label else brief


def choose_commit(project: Project, ref: str, pr: str, *, trust_code: bool) -> tuple[str, str]:
    """Return a commit, and what it is of in words. HEAD is the default.

    Raises BadInput, and Refused for what somebody without write access may have written.
    """
    if pr:
        return _of_pull(project, pr, trust_code=trust_code)
    if ref.startswith(OF_PULLS):
        raise BadInput(f"{ref} is of a pull request", "give its number, for example --pr 42")
    commit = commit_named(ask_briefly(project), ref)
    if ref and not trust_code:
        _ensure_known(project, ref, commit)
    place = ref or project.git.current_branch() or "HEAD"
    return commit, place


def _ensure_known(project: Project, ref: str, commit: str) -> None:
    """Raise Refused for a commit that the clone may have got from the pull request of a fork."""
    if commit == project.git.resolve("HEAD") or project.git.history.is_on_a_branch(commit):
        return
    with suppress(RecipeError):  # without an answer of origin, its branches are not known
        if project.git.remote_commit(ref) == commit:
            return
    raise Refused(f"{ref} is on no branch: it may be from a fork", TRUST)


def commit_named(project: Project, ref: str) -> str:
    """Return the commit of a branch at origin, or of another name in the clone, such as HEAD.

    Without a name that is HEAD; what is not committed there is reported. Raises BadInput.
    """
    if not ref:
        _warn_of_changes(project)
        return project.git.resolve("HEAD")
    with suppress(RecipeError):  # without an answer of origin, the clone's branch counts
        if project.git.remote_commit(ref):
            return project.git.fetch(ref)
    return project.git.resolve(ref)


def _warn_of_changes(project: Project) -> None:
    """Report that what is not committed is not rehearsed."""
    changed = project.git.uncommitted_changes(project.root)
    tracked = [line for line in changed if not line.startswith("??")]
    if tracked:
        status(f"changes in {len(tracked)} files are not committed: not rehearsed", "warning")


def _of_pull(project: Project, given: str, *, trust_code: bool) -> tuple[str, str]:
    """Return the newest commit of a pull request, or what its merge made."""
    number = project.github.pulls.parse_number(given)
    pull = project.github.pulls.get(number)
    if pull.state == "MERGED":
        project.fetch_tip()
        return project.git.resolve(pull.merge_commit), f"#{number}, as it was merged"
    if pull.from_fork and not trust_code:
        what = f"#{number} is from a fork: {pull.author or 'somebody'} may have written anything"
        raise Refused(what, TRUST)
    project.git.fetch(pull.base, f"refs/pull/{number}/head")
    commit = project.git.resolve(pull.head_commit)
    warn_if_behind(project, commit)
    return commit, f"#{number}"
