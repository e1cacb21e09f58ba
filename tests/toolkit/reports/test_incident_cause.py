"""The cause in the text of an issue is found again, also after somebody edited it in a browser."""

from __future__ import annotations

from tasks.toolkit.reports.incident_cause import cause_in, is_about_same
from tasks.toolkit.reports.incident_text import HISTORY

from .conftest import event, journal_of

CAUSE = ["<!-- rollback cause v1.7.0 #42 -->", "- publish: `failed`", ""]
BODY = "\n".join(["bad", *CAUSE, HISTORY, ""])


def test_line_ends_of_a_browser_change_nothing() -> None:
    journal = journal_of(event("rollback.revert", "started", pr=42, command="invoke recover"))
    for body in (BODY, BODY.replace("\n", "\r\n")):
        assert is_about_same(journal, body)
        assert cause_in(body) == CAUSE
