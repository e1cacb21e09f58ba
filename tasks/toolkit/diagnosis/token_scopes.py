"""Whether the token has the scopes that the recipes need."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..clients.registry.reference import GHCR
from ..console.findings import Finding
from ..incident.job_limits import LOGIN, STARTS_NOTHING, USE_ANOTHER
from ..incident.permissions import PURPOSES, scope_advice
from ..incident.project import Project

RARELY_NEEDED = ("delete:packages",)  # a rollback works without it


def scope_checks(project: Project) -> dict[str, Callable[[], Finding]]:
    """Return the checks of the token's scopes, by name."""
    return {f"scope {scope}": partial(check_scope, project, scope) for scope in PURPOSES}


def check_scope(project: Project, scope: str) -> Finding:
    """Check that the token has a scope; GitHub does not name those of every token."""
    name = f"scope {scope}"
    purpose = PURPOSES[scope]
    if scope.endswith(":packages"):
        host = project.push_reference.host
        if host != GHCR:
            return Finding(name, "passed", f"not needed: {host} is not {GHCR}")
    if project.github.job_token.is_used:
        return _limit_of_job(name, scope)
    scopes = project.github.scopes
    if scopes.granted() is None:
        evidence = "could not tell: no answer, no valid login, or a fine-grained token"
        return Finding(name, "unverified", evidence)
    if not scopes.lacks(scope):
        return Finding(name, "passed", f"the token may be used for {purpose}")
    outcome = "unverified" if scope in RARELY_NEEDED else "failed"
    evidence = f"the token lacks it, needed for {purpose}"
    return Finding(name, outcome, evidence, scope_advice(project, scope))


def _limit_of_job(name: str, scope: str) -> Finding:
    """Return what the token of a job has instead of a scope."""
    if scope != "workflow":
        evidence = f"{LOGIN} has the `permissions:` of its job instead"
        return Finding(name, "unverified", evidence)
    evidence = f"{LOGIN} may not change workflows; {STARTS_NOTHING}"
    return Finding(name, "unverified", evidence, USE_ANOTHER)
