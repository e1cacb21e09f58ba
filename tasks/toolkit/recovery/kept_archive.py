"""The archive that an incident packaged and keeps: it is pushed only with its recorded digest."""

from __future__ import annotations

from pathlib import Path

from ..clients.registry.manifest import digest_of
from ..core.errors import BadInput, Refused
from ..core.own_files import read_own
from ..incident.facts import Facts

LARGEST_ARCHIVE = 100 * 2**20  # bytes


def archive_digest(archive: Path) -> str:
    """Return the digest of `<state>/<incident>/<archive>`, or "" if there is none. Raises Refused.

    What is no regular file of this user, or is reached through a link, is refused.
    """
    try:
        state = archive.parents[1]
        content = read_own(state, archive, LARGEST_ARCHIVE)
    except (FileNotFoundError, NotADirectoryError, IndexError):
        return ""
    return digest_of(content)


def find_packaged(facts: Facts) -> Path:
    """Return the archive that was packaged, after comparing it with the digest in the journal.

    Raises BadInput without one, Refused if it was changed since.
    """
    if not facts.archive:
        advice = "run `invoke publish.package publish.push`, or give --archive FILE"
        raise BadInput("no chart was packaged in this incident", advice)
    archive = Path(facts.archive)
    digest = archive_digest(archive)
    if not digest:
        advice = "run `invoke publish.package publish.push`"
        raise BadInput(f"{archive}, which this incident packaged, is gone", advice)
    if digest != facts.sha256:
        what = f"{archive} is not what was packaged: it is {digest}, not {facts.sha256}"
        raise Refused(what, "delete it, then run `invoke publish.package publish.push`")
    return archive
