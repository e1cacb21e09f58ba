"""Generate actions and workflows that do nothing, and say so."""

from __future__ import annotations

import json
from typing import Any

from .known_actions import HARMLESS, OUTPUTS, REASONS, SETUPS
from .used_actions import Use

NOTE = 'not-rehearsed "$WHY" || echo "not rehearsed: $WHY"'
JOB = "not-rehearsed"


def reason_of(use: Use) -> str:
    """Return why what does nothing is not rehearsed, or nothing if that changes no result."""
    if use.is_workflow:
        return f"{use.name} is a workflow of another repository"
    if _find(use, HARMLESS) or _find(use, SETUPS):
        return ""
    key = _find(use, REASONS)
    return f"{use.name}: {REASONS[key]}" if key else f"{use.name} is unknown here"


def generate(use: Use) -> str:
    """Return the text of an action or a workflow that does nothing."""
    reason = reason_of(use)
    if use.is_workflow:
        return _dump(_workflow(reason))
    setup = _find(use, SETUPS)
    if setup:
        return _dump(_setup(use.name, *SETUPS[setup]))
    if reason:
        step = {"shell": "bash", "env": {"WHY": reason}, "run": NOTE}
    else:
        env = {"NAME": use.name}
        step = {"shell": "bash", "env": env, "run": 'echo "$NAME has nothing to do here"'}
    action = _composite(use.name, step)
    outputs = OUTPUTS.get(use.name.lower(), {})
    action["outputs"] = {name: {"value": value} for name, value in outputs.items()}
    return _dump(action)


def _find(use: Use, names: Any) -> str:
    """Return which of the names is that of an action or of its repository, or nothing."""
    for name in (use.name.lower(), use.repository.lower()):
        if name in names:
            return name
    return ""


def _composite(name: str, step: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "description": "Do nothing",
        "runs": {"using": "composite", "steps": [step]},
    }


def _setup(name: str, version_input: str, show_version: str) -> dict[str, Any]:
    """Return an action that compares the version here with the one asked for."""
    wanted = f"${{{{ inputs.{version_input} }}}}"
    step = {
        "shell": "bash",
        "env": {"SHOW_VERSION": show_version, "WANTED": wanted},
        "run": 'bash "$RUNNER_TOOLS/runner/check_version.sh"',
    }
    action = _composite(name, step)
    action["inputs"] = {version_input: {"default": ""}}
    return action


def _workflow(reason: str) -> dict[str, Any]:
    step = {"env": {"WHY": reason}, "run": 'echo "not rehearsed: $WHY"'}
    job = {"runs-on": "ubuntu-latest", "steps": [step]}
    return {"on": "workflow_call", "jobs": {JOB: job}}


def _dump(spec: dict[str, Any]) -> str:
    """Return a text in JSON, which is YAML, too."""
    return json.dumps(spec, indent=2)
