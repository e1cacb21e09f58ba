"""Check that the token has the scopes that a recipe needs, before its first side effect.

Refuse only what the token certainly lacks: GitHub explains the rest itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..clients.github.workflow_calls import WORKFLOWS
from ..clients.registry.reference import GHCR, Reference
from ..core.errors import RecipeError, Refused
from .project import Project

# The scopes, and what they are needed for.
PURPOSES = {
    "repo": "changing the repository, its pull requests, issues and releases",
    "workflow": f"reverting and merging changes of {WORKFLOWS}",
    "write:packages": f"publishing to {GHCR}",
    "delete:packages": f"deleting from {GHCR}",
}
MAYBE_WORKFLOW = (
    f"; the revert changes {WORKFLOWS}, and a token without the permission for workflows"
    " cannot merge that"
)


def ensure_may_write(project: Project) -> None:
    """Check that the token may change the repository and its issues. Raises Refused."""
    _ensure_scope(project, "repo")


def ensure_may_revert(project: Project, bad: str) -> None:
    """Check that the token may let GitHub revert, or merge the revert of, a commit.

    Raises Refused.
    """
    _ensure_scope(project, "repo")
    if project.github.scopes.lacks("workflow") and changes_workflows(project, bad):
        _ensure_scope(project, "workflow")


def ensure_may_publish(project: Project, references: Iterable[Reference]) -> None:
    """Check that the token may publish under each reference. Raises Refused."""
    if any(reference.host == GHCR for reference in references):
        _ensure_scope(project, "write:packages")


def ensure_may_delete(project: Project, references: Iterable[Reference]) -> None:
    """Check that the token may delete what the references name. Raises Refused."""
    if any(reference.host == GHCR for reference in references):
        _ensure_scope(project, "delete:packages")


def explain_blocked(project: Project, bad: str) -> str:
    """Return why the merge of the revert of `bad` may stay blocked, if the token may be why."""
    if project.github.scopes.granted() is None and changes_workflows(project, bad):
        return MAYBE_WORKFLOW
    return ""


def changes_workflows(project: Project, commit: str) -> bool:
    """Return whether a commit of the default branch changes workflows; False if unknown."""
    try:
        project.git.fetch(project.default_branch)
        return bool(project.git.differing_files(f"{commit}^", commit, WORKFLOWS))
    except RecipeError:
        return False


def scope_advice(project: Project, scope: str) -> str:
    """Return how to add a scope to the token."""
    if project.settings.github_token:
        page = "https://github.com/settings/tokens"
        return f"add it to the token of GITHUB_TOKEN at {page}, or set one that has it"
    return f"gh auth refresh --scopes {scope}"


def _ensure_scope(project: Project, scope: str) -> None:
    if not project.github.scopes.lacks(scope):
        return
    what = f"the token lacks the scope `{scope}`, needed for {PURPOSES[scope]}"
    raise Refused(f"{what}; nothing was changed", scope_advice(project, scope))
