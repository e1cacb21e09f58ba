"""The event that starts a workflow, as its expressions find it.

https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
"""

from __future__ import annotations

from typing import Any

from .plan import Plan


def event_payload(plan: Plan, commit: str, message: str) -> dict[str, Any]:
    """Return what only the event of a plan has; `message` is that of the commit."""
    if plan.event == "workflow_dispatch":
        return {"inputs": dict(plan.inputs)}
    if plan.event == "release":
        return {"action": "published", "release": _release(plan.tag)}
    return {
        "before": plan.commit,
        "head_commit": {"id": commit, "message": message},
    }


def _release(tag: str) -> dict[str, Any]:
    return {
        "tag_name": tag,
        "name": tag,
        "body": "",
        "draft": False,
        "prerelease": False,
    }
