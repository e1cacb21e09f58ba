"""Lay the workflows into the user's clone that look for trouble, and roll back with an approval."""

from __future__ import annotations

from ..console.output import status
from ..core.shell import quote
from ..incident.project import Project
from ..workflows.callers import related_files, workflows_at
from ..workflows.gate_recipes import find_recipes
from ..workflows.laid_files import ENVIRONMENT, LaidFor, laid_texts
from ..workflows.writing import advise_commit, write_workflows
from .adopted import adopted

COMMIT = "ci: roll back a bad release from Actions"
NO_APPROVAL = "without required reviewers nobody is asked before a recovery"


def lay_actions(configured: Project) -> None:
    """Write both workflows into the clone around the current folder; other files stay.

    What is `configured` for that clone counts, and else what is found in it.
    Raises Refused, BadInput, OSError.
    """
    project, settings = adopted(configured)
    recipes = find_recipes(project)
    target = LaidFor(
        recipes=recipes.action,
        publishers=_publishers(project),
        condition=f"github.repository == {quote_expression(project.slug)}",
        settings=settings,
    )
    texts = laid_texts(target)
    write_workflows(project, texts)
    advise_commit([*filter(None, [recipes.untracked]), *texts], COMMIT)
    page = f"https://github.com/{project.slug}/settings/environments"
    branch = quote(project.default_branch)
    status(f"create the environment `{ENVIRONMENT}`: {page}", "next")
    status(f"in it: required reviewers, and only the branch {branch}; {NO_APPROVAL}", "next")
    status("in it too, the secret ROLLBACK_TOKEN: docs/actions-token.md", "next")


def _publishers(project: Project) -> list[str]:
    """Return the names of the workflow that publishes the chart, and of those that call it."""
    commit = project.git.resolve("HEAD")
    workflows = workflows_at(project, commit)
    names = []
    for path in related_files(project, commit):
        workflow = workflows.get(path)
        if workflow and set(workflow.triggers) - {"workflow_call"}:
            names.append(str(workflow.document.get("name") or path))
    return list(dict.fromkeys(names))


def quote_expression(text: str) -> str:
    """Return a text as a string of Actions' expressions."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
