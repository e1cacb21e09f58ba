"""The search for issues: https://docs.github.com/en/search-github."""

from __future__ import annotations

import re
from typing import Any

from .records import Issue, Refusal, json_value
from .state import State
from .views import View, show_item

TERM = re.compile(r'(\w+):(?:"([^"]*)"|(\S+))')


def search(github: State, query: str, **_options: Any) -> list[View]:
    """Return the issues that match all terms, the newest first. Raises Refusal for words."""
    words = TERM.sub("", query).strip(" ()")
    if words:
        raise Refusal(f"the sandbox cannot search for words: {words}")
    issues = list(reversed(github.issues.values()))
    for key, quoted, unquoted in TERM.findall(query):
        value = quoted or unquoted
        issues = [issue for issue in issues if _matches(issue, key, value)]
    return [show_item(github, issue) for issue in issues]


def _matches(issue: Issue, key: str, value: str) -> bool:
    """Check an issue for a term; there is but one repository, and only issues are searched."""
    match key:
        case "state":
            return issue.state == value.upper()
        case "label":
            return value in issue.labels
        case "created":
            created_at = str(json_value(issue.created_at))
            return created_at >= value.removeprefix(">=")
        case "repo" | "type":
            return True
    raise Refusal(f"the sandbox cannot search by {key}")
