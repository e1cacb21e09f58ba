"""Add the gate to the user's clone: the workflow that rehearses releases in pull requests."""

from __future__ import annotations

from ..console.output import status
from ..incident.project import Project
from ..workflows.gate import CHECK, GATE, gate_text
from ..workflows.gate_charts import gated_charts
from ..workflows.gate_recipes import find_recipes
from ..workflows.writing import advise_commit, write_workflows
from .adopted import adopted

COMMIT = "ci: rehearse the release in pull requests"


def add_gate(configured: Project) -> None:
    """Write the workflow into the clone around the current folder; another file stays.

    What is `configured` for that clone counts, and else what is found in it.
    Raises Refused, BadInput, OSError.
    """
    project, settings = adopted(configured)
    charts = gated_charts(project, project.git.resolve("HEAD"))
    recipes = find_recipes(project)
    text = gate_text(charts, settings, recipes, project.settings.wait_timeout)
    write_workflows(project, {GATE: text})
    advise_commit([*filter(None, [recipes.untracked]), GATE], COMMIT)
    status("push that as a pull request of its own: the gate rehearses it", "next")
    status(f"to require the check: Settings, Branches, `{CHECK}`", "next")
