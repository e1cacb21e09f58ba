"""The workflows that `init --actions` lays: look for trouble, and roll back with an approval."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..clients.github.workflow_calls import WORKFLOWS
from ..core.errors import BadInput, RecipeError
from ..incident.project import Project
from .gate import CHECKOUT, COLUMNS, ensure_safe, scalar

ROLLBACK_FILE = "rollback.yml"
ROLLBACK = f"{WORKFLOWS}/{ROLLBACK_FILE}"
WHEN = f"{WORKFLOWS}/when.yml"
ENVIRONMENT = "rollback"  # its reviewers approve, and its secret can change workflows
LAID = Path(__file__).with_name("laid")
ACTIONS = {
    "CHECKOUT": CHECKOUT,
    "DOWNLOAD": "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093 # v4.3.0",
    "UPLOAD": "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2",
}
USABLE_PATH = re.compile(r"[\w./@-]+")


@dataclass(frozen=True)
class LaidFor:
    """What the workflows are laid for.

    `recipes` is their action, as `uses:` has it, and `publishers` the names of the workflows after
    which to look. Elsewhere than where the `condition` holds, such as in a fork, nothing looks.
    """

    recipes: str
    publishers: Sequence[str]
    condition: str
    settings: Mapping[str, str]
    written: str = "Written by `inv init --actions`. To renew it, delete it and run that again."


def laid_texts(target: LaidFor) -> dict[str, str]:
    """Return the texts of the workflows by their paths.

    Raises BadInput for a name that Actions would take for an expression.
    """
    ensure_safe([*target.settings.values(), *target.publishers], "the workflows")
    if not USABLE_PATH.fullmatch(target.recipes):
        what = f"the folder of the recipes, {target.recipes!r}, cannot be named in a workflow"
        raise BadInput(what, "rename it")
    settings = {}
    for name, value in target.settings.items():
        settings[name] = scalar(value)
    return fill(target, settings)


def fill(target: LaidFor, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the texts, where the settings are YAML already."""
    environment = {
        "REPO_DIR": scalar("."),
        "COLUMNS": scalar(COLUMNS),
        **settings,
    }
    lines = []
    for name, value in environment.items():
        lines.append(f"  {name}: {value}")
    values = {
        **ACTIONS,
        "WRITTEN": target.written,
        "SETTINGS": "\n".join(lines),
        "RECIPES": target.recipes,
        "PUBLISHERS": json.dumps(list(target.publishers), ensure_ascii=False),
        "CONDITION": target.condition,
    }
    texts = {}
    for path in (ROLLBACK, WHEN):
        file = LAID / Path(path).name
        template = file.read_text(encoding="utf-8")
        texts[path] = re.sub(r"@([A-Z]+)@", lambda found: values[found[1]], template)
    return texts


def rollback_page(project: Project) -> str:
    """Return the page from which a recovery is started; nothing if the workflow is not laid."""
    with suppress(RecipeError):
        if project.git.files.read(project.fetch_tip(), ROLLBACK):
            return f"https://github.com/{project.slug}/actions/workflows/{ROLLBACK_FILE}"
    return ""
