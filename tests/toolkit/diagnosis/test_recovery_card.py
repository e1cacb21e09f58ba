"""What the card of a recovery offers to type."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.github.typed import TypedGh
from tasks.toolkit.console.findings import Finding
from tasks.toolkit.diagnosis.recovery_card import REDEPLOY, next_line


@pytest.mark.parametrize("has_login", [True, False])
def test_a_run_is_repeated_by_the_task_which_needs_no_login_of_gh(has_login: bool) -> None:
    gh = TypedGh("owner/podinfo", has_login=has_login)
    advice = gh.advice("if run 7 failed by chance", "run", "rerun", "7", "--failed")
    finding = Finding("workflow", "failed", "", f"release again; {advice}")
    assert next_line(finding) == f"release again; if run 7 failed by chance: {REDEPLOY}"
