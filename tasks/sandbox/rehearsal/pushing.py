"""Which steps may push a chart, by what workflow files say."""

from __future__ import annotations

import re

from ..github.act import ACTIONS
from ..github.workflow_files import Spec
from .known_actions import ALIASES, HARMLESS, PUSHES_NO_CHART, REASONS, SETUPS

MAY_PUSH = re.compile(r"push|publish|make|\./|\.sh\b")


def may_push_chart(spec: Spec) -> bool:
    """Return whether a step may push a chart, by what a workflow file says; `{}` is unclear."""
    name = str(spec.get("uses", "")).partition("@")[0].lower()
    if "run" in spec:
        return bool(MAY_PUSH.search(str(spec["run"])))
    if REASONS.get(name) in PUSHES_NO_CHART or name in HARMLESS or name in SETUPS:
        return False
    return not name or not (ACTIONS / ALIASES.get(name, name) / "action.yml").is_file()
