"""Recognize issues of users who cannot install."""

from __future__ import annotations

from collections.abc import Sequence

from ..clients.github.issues import INCIDENT_LABEL, Issue


def is_user_report(
    issue: Issue,
    terms: Sequence[str],
) -> bool:
    """Return whether an issue, other than an incident's, mentions one of the terms."""
    labels = [label.lower() for label in issue.labels]
    if INCIDENT_LABEL in labels:
        return False
    text = f"{issue.title} {issue.body}".lower()
    return any(term.strip() in text for term in terms)
