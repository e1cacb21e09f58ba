"""The text of the lessons, a postmortem: the record's facts are written anew, the rest stays.

The facts of a section are between two comments. Around them is what people wrote, or what they are
asked for, whose checksum in the second comment says whether they changed it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from ..incident.journal import Journal
from .incident_record import IncidentRecord
from .incident_text import CUT_NOTE, marker
from .postmortem import HEADINGS, Section, postmortem_sections

Sections = dict[str, str]  # texts by their headings; the text above the first heading is under ""

BEGIN = "<!-- from the record, which replaces this part -->"
END = "<!-- end of the record {checksum}: what you write below stays -->"
FACTS = re.compile(
    r"(<!-- from the record.*?)?<!-- end of the record (?P<checksum>[0-9a-f]{8})\b[^\n]*-->",
    re.DOTALL,
)
# Of the first form of the document, which had no such comments.
FIRST_GENERATED = ("", "Timeline", "Recovery times")
FIRST_ASKED = {
    "Impact": "Who could not do what, and for how long: to be filled in.",
    "What went well": "- to be filled in",
    "What went badly": "- to be filled in",
    "Follow-ups": """\
- [ ] complete fix and re-deployment
- [ ] what would have found it sooner: `invoke when.check` in cron?""",
}
TITLE_LINES = re.compile(r"^(<!-- rollback lessons |# ).*\n?", re.MULTILINE)
RENAMED = {"What went badly": "What went wrong", "Follow-ups": "Action items"}
KNOWN = {*HEADINGS, *FIRST_GENERATED, *FIRST_ASKED}


def lessons_marker(journal: Journal) -> str:
    """Return the comment with which the lessons of the incident begin."""
    return marker(journal, "lessons")


def lessons_text(
    record: IncidentRecord,
    *earlier: str,
) -> str:
    """Return the lessons; what people wrote into `earlier` ones stays, the last one wins."""
    sections = postmortem_sections(record)
    written = dict.fromkeys(sections, "")
    for heading, section in sections.items():
        written[heading] = section.asked
    for text in earlier:
        written |= _written_by_people(text)
    journal = record.journal
    parts = [f"{lessons_marker(journal)}\n# Postmortem of incident {journal.id}"]
    parts += filter(None, [written.pop("", "").strip("\n")])
    for heading, text in written.items():
        section = sections.get(heading, Section())
        parts.append(_section_text(heading, section, text))
    return "\n\n".join(parts) + "\n"


def _section_text(
    heading: str,
    section: Section,
    written: str,
) -> str:
    parts = [f"## {heading}"]
    if section.facts:
        parts += [BEGIN, "\n".join(section.facts).strip()]
    if section.facts or section.asked:
        parts.append(END.format(checksum=_checksum(section.asked)))
    parts.append(written.strip("\n"))
    return "\n\n".join(filter(None, parts))


def _checksum(text: str) -> str:
    data = text.strip().encode(errors="surrogatepass")
    return hashlib.sha256(data).hexdigest()[:8]


def _written_by_people(text: str) -> Sections:
    """Return what people wrote into a document, by its headings of today."""
    text = text.replace("\r\n", "\n")
    if not FACTS.search(text):
        return _written_into_first_form(text)
    written = {}
    for heading, body in _parse_sections(text, [""]).items():
        rest, is_changed = _without_facts(body)
        if is_changed and CUT_NOTE not in body:
            written[heading] = rest
    written[""] = TITLE_LINES.sub("", written.get("", ""))
    return written


def _without_facts(body: str) -> tuple[str, bool]:
    """Return a section's text without the record's facts, and whether people wrote it."""
    found = FACTS.search(body)
    if not found:
        return body, True
    above = body[: found.start()].strip("\n")
    below = body[found.end() :].strip("\n")
    rest = "\n\n".join(filter(None, [above, below]))
    return rest, _checksum(rest) != found["checksum"]


def _written_into_first_form(text: str) -> Sections:
    written = {}
    for heading, body in _parse_sections(text, FIRST_GENERATED).items():
        is_asked = body.strip() == FIRST_ASKED.get(heading)
        if heading not in FIRST_GENERATED and not is_asked:
            written[RENAMED.get(heading, heading)] = body
    return written


def _parse_sections(
    text: str,
    starts_any: Sequence[str],
) -> Sections:
    """Return the sections; an unknown heading begins one only within those of `starts_any`."""
    heading = ""
    sections = {heading: ""}
    for line in text.split("\n"):
        found = line.removeprefix("## ").strip() if line.startswith("## ") else ""
        if found and (found in KNOWN or heading in starts_any):
            heading = found
            sections.setdefault(heading, "")
        else:
            sections[heading] += f"{line}\n"
    for heading, body in sections.items():
        sections[heading] = body.strip("\n")
    return sections
