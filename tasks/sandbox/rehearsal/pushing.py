"""Which steps may push a chart, by what workflow files say."""

from __future__ import annotations

import re

from ..github.act import ACTIONS
from ..github.workflow_files import Spec
from .known_actions import ALIASES, HARMLESS, PUSHES_NO_CHART, REASONS, SETUPS

MAY_PUSH = re.compile(r"push|publish|make|\./|\.sh\b")


def may_push_chart(spec: Spec) -> bool:
    """Return whether a step may push a chart, by what a workflow file says; `{}` is unclear."""
    if "run" in spec:
        script = str(spec["run"])
        return bool(MAY_PUSH.search(script))
    uses = str(spec.get("uses", ""))
    name = uses.partition("@")[0].lower()
    if not name:
        return True
    if name in HARMLESS or name in SETUPS:
        return False
    if REASONS.get(name) in PUSHES_NO_CHART:
        return False
    stand_in = ACTIONS / ALIASES.get(name, name)
    return not (stand_in / "action.yml").is_file()
