"""What the events say that start workflows, and the inputs of a run by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .records import Refusal
from .repository import Repository
from .runs import Run


def complete_inputs(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs of a run with their defaults. Raises Refusal for wrong ones."""
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise Refusal(f"Unexpected inputs provided: {json.dumps(unknown)}")
    inputs = dict[str, str]()
    for name, declaration in declared.items():
        inputs[name] = given.get(name, _text(declaration.get("default", "")))
        if declaration.get("required") and not inputs[name]:
            raise Refusal(f"Required input '{name}' not provided")
    return inputs


def _text(value: object) -> str:
    """Return a value of YAML as text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def completed(run: Run) -> dict[str, Any]:
    """Return what the event `workflow_run` says of a run that has ended."""
    shown = {
        "id": run.id,
        "name": run.name,
        "event": run.event,
        "conclusion": run.conclusion,
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
    }
    return {"action": "completed", "workflow_run": shown}


def make_context(
    repository: Repository,
    event: str,
    ref: str,
    commit: str,
    payload: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what the expressions of a workflow find in `github`."""
    return {
        "ref": ref,
        "sha": commit,
        "event_name": event,
        "event": {"ref": ref, "after": commit, **payload},
        "actor": repository.owner,
        "repository": repository.slug,
    }
