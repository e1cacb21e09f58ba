"""Why actions of the repository itself, and outputs of stand-ins, cannot be rehearsed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import PurePosixPath

from ..github.workflow_files import WorkflowFile
from .known_actions import ALIASES
from .used_actions import Use, runs_of_action

RELEASE_PLEASE = "googleapis/release-please-action"
OUTPUT_OF_PATH = re.compile(
    r"(?<![\w./-])[\w./-]+--(?:release_created|tag_name|version|upload_url|sha)\b"
)


def reasons_of_own_actions(actions: Mapping[str, str], path: str) -> dict[str, str]:
    """Return why actions do not run here, by what a `uses` says, with programs on `path`.

    `actions` are the texts of the actions by the paths of their files.
    """
    reasons = {}
    for file, text in actions.items():
        runs = runs_of_action(text)
        reason = _reason_of(str(runs.get("using", "")), path)
        if reason:
            reasons[f"./{PurePosixPath(file).parent}"] = reason
    return reasons


def _reason_of(using: str, path: str) -> str:
    if using == "docker":
        return "the action runs in a container, which is not started here"
    if using.startswith("node") and not shutil.which("node", path=path):
        return "node is not on this machine"
    return ""


def reasons_of_outputs(use: Use, files: Mapping[str, WorkflowFile]) -> str:
    """Return which outputs that workflows use the stand-in of an action does not have."""
    name = use.name.lower()
    if ALIASES.get(name, name) != RELEASE_PLEASE:
        return ""
    for workflow in files.values():
        output = OUTPUT_OF_PATH.search(workflow.text)
        if output:
            return f"the output {output[0]} of {use.name} cannot be had here"
    return ""
