"""What an incident is about: why triggers fired, who is suspected, and where to roll back."""

from __future__ import annotations

import re

from ..core.markdown import code, plain
from ..incident.document import recorded_pull
from ..incident.event import CAUSE, EVIDENCE
from ..incident.journal import Journal
from ..incident.recovery_outcome import events_before_recovery
from .incident_text import HISTORY, has_marker
from .public import public_error

LONGEST = 500  # characters of the evidence of a trigger


def cause_lines(journal: Journal, slug: str, rollback_url: str = "") -> list[str]:
    """Return the lines on why an incident was opened, and on how to roll back from Actions.

    `slug` is the repository, as owner/name. There are none if no trigger fired.
    """
    lines = list[str]()
    found = _found(journal, EVIDENCE)
    for name, evidence in found.items():
        why = public_error(evidence, LONGEST)
        lines.append(f"- {plain(name)}: {why}")
    cause = _found(journal, CAUSE)
    suspect = _suspect(cause, slug)
    if suspect:
        lines.append(f"- suspected: {suspect}")
    if not lines:
        return []
    if rollback_url:
        how = "Run workflow, with `recover`. It shows its plan, and a reviewer approves that."
        lines += ["", f"To roll back, also from a phone: [Roll back]({rollback_url}), {how}"]
    marker = cause_marker(journal)
    if marker:
        lines.insert(0, marker)
    return [*lines, ""]


def cause_marker(journal: Journal) -> str:
    """Return the comment by which an issue about the same trouble is found; nothing if unknown.

    It has the release and the suspect, or else the triggers that fired: no rollback helps then.
    """
    cause = _found(journal, CAUSE)
    parts = [cause.get("release", ""), cause.get("suspect", "")]
    if not any(parts):
        parts = sorted(_found(journal, EVIDENCE))
    names = re.sub(r"[^\w.+# -]", "", " ".join(parts)).strip()
    return f"<!-- rollback cause {names} -->" if names else ""


def is_about_same(journal: Journal, body: str) -> bool:
    """Return whether the text of an issue is about the trouble of an incident.

    Where nobody has looked for the cause, that is the suspect which the incident reverts.
    """
    cause = cause_marker(journal)
    if cause:
        return has_marker(body, cause)
    pull = recorded_pull(journal)
    wanted = rf"^<!-- rollback cause [^<>]*#{pull} -->\r?$"  # a browser ends lines so
    return bool(pull and re.search(wanted, body, re.MULTILINE))


def cause_in(body: str) -> list[str]:
    """Return the lines on the cause that the text of an issue has."""
    found = re.search(
        rf"^<!-- rollback cause .*?(?=^{HISTORY}\r?$)", body, re.DOTALL | re.MULTILINE
    )
    return found[0].replace("\r", "").split("\n")[:-1] if found else []


def _found(journal: Journal, key: str) -> dict[str, str]:
    """Return what the newest check before the recovery has found under a key."""
    found: dict[str, str] = {}
    for event in events_before_recovery(journal):
        found = event.data.get(key) or found
    return found


def _suspect(cause: dict[str, str], slug: str) -> str:
    """Return who is suspected of a bad release, and why, in Markdown."""
    name = cause.get("suspect", "")
    if not name:
        return ""
    shown = code(name)
    if re.fullmatch(r"#\d{1,10}", name):
        shown = f"[{name}](https://github.com/{slug}/pull/{name[1:]})"
    words = [shown]
    if cause.get("title"):
        words.append(code(cause["title"]))
    if cause.get("why"):
        words.append(public_error(cause["why"]))
    return ", ".join(words)
