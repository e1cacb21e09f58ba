"""Check what gh answers, once and before anything is read of it: another shape is one error."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ...core.errors import ServiceError

LIMIT = 10 * 1024 * 1024  # characters
ADVICE = "update gh, then re-run the same command"
# A shape is a type, a tuple of shapes, a list of one shape, or shapes by key, which may be
# missing if it ends in a question mark. A time is a text.
Shape = Any
NAMED = {"name": str}
STEP = {"name": str, "status": str}
WORD = (str, None)
CHECK = {"name?": WORD, "context?": WORD, "conclusion?": WORD, "state?": WORD}
SHAPES: Mapping[str, Shape] = {
    "associatedPullRequests": {"nodes": list},
    "author": ({"login?": str, "is_bot?": bool}, None),
    "baseRefName": str,
    "body": WORD,
    "conclusion": WORD,
    "createdAt": datetime,
    "created_at": datetime,
    "defaultBranchRef": NAMED,
    "draft": bool,
    "event": str,
    "files": [{"path": str}],
    "headRefName": str,
    "headRefOid": str,
    "head_branch": WORD,
    "head_sha": str,
    "html_url": str,
    "id": (int, str),
    "isCrossRepository": bool,
    "isDraft": bool,
    "isPrerelease": bool,
    "jobs": list,
    "labels": [NAMED],
    "mergeCommit": ({"oid": str}, None),
    "mergedAt": (datetime, None),
    "mergeCommitAllowed": bool,
    "mergeQueue": (dict, None),
    "mergeStateStatus": str,
    "name": WORD,
    "number": int,
    "path": str,
    "publishedAt": (datetime, None),
    "pullRequest": {"state": str, "isInMergeQueue": bool, "autoMergeRequest": (dict, None)},
    "rebaseMergeAllowed": bool,
    "reviewDecision": WORD,
    "squashMergeAllowed": bool,
    "state": str,
    "status": WORD,
    "steps": ([STEP], None),
    "statusCheckRollup": ([CHECK], None),
    "tagName": str,
    "tag_name": str,
    "title": str,
    "type": str,
    "updated_at": datetime,
    "url": str,
    "viewerPermission": str,
    "workflow_runs": list,
}


def decode_answer(command: str, printed: str) -> Any:
    """Return the JSON that a command printed. Raises ServiceError."""
    if len(printed) > LIMIT:
        what = f"{command} answered with more than {LIMIT >> 20} MiB"
        raise ServiceError(what, ADVICE)
    try:
        return json.loads(printed)
    except (ValueError, RecursionError) as error:
        what = f"the answer of {command} is not JSON"
        raise ServiceError(what, "re-run the same command in a minute") from error


def check_answer(command: str, data: Any, fields: Sequence[str], *, is_list: bool = False) -> Any:
    """Return an answer that has the fields, or a list of such. Raises ServiceError otherwise."""
    shape: Shape = {name: SHAPES.get(name, object) for name in fields}
    if is_list:
        shape = [shape]
    fault = _find_fault(data, shape)
    if not fault:
        return data
    raise ServiceError(f"{command} answered in another form: {fault}", ADVICE)


def _find_fault(data: Any, shape: Shape, path: str = "it") -> str:
    """Return what is wrong with data in words, or nothing."""
    if isinstance(shape, tuple):
        faults = []
        for alternative in shape:
            faults.append(_find_fault(data, alternative, path))
        return faults[0] if all(faults) else ""
    if isinstance(shape, list) and isinstance(data, list):
        faults = []
        for item in data:
            faults.append(_find_fault(item, shape[0], f"an item of {path}"))
        return next(filter(None, faults), "")
    if isinstance(shape, dict) and isinstance(data, dict):
        return _find_fault_in_fields(data, shape)
    if _is_of(data, shape):
        return ""
    found = repr(data)
    if len(found) > 60:
        found = found[:59] + "…"
    return f"{path} is {found}"


def _find_fault_in_fields(data: Mapping[str, Any], shape: Mapping[str, Shape]) -> str:
    for key, kind in shape.items():
        name = key.rstrip("?")
        if name not in data:
            if key == name:
                return f"it has no {name}"
            continue
        fault = _find_fault(data[name], kind, name)
        if fault:
            return fault
    return ""


def _is_of(data: Any, kind: Shape) -> bool:
    if kind is None:
        return data is None
    if kind is datetime:
        return _is_time(data)
    if kind is int:
        return isinstance(data, int) and not isinstance(data, bool)
    return isinstance(kind, type) and isinstance(data, kind)


def _is_time(data: Any) -> bool:
    try:
        return datetime.fromisoformat(data).tzinfo is not None
    except (ValueError, TypeError):
        return False
