"""The incidents in a state folder, which several repositories may share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import BadInput
from .journal import FILE, Journal, Perform
from .project import Project


@dataclass(frozen=True)
class Owner:
    """The owner of incidents: the `repository`, owner/name; empty if unknown.

    In a folder that several repositories share an incident must say which one it is of.
    """

    repository: str = ""
    is_shared: bool = False

    @property
    def lock_name(self) -> str:
        """The name of the lock's file in the state folder."""
        if not self.is_shared or not self.repository:
            return "lock"
        return f"lock-{self.repository.lower().replace('/', '-')}"

    def owns(self, journal: Journal) -> bool:
        """Return whether an incident is of the repository."""
        recorded = journal.repository.lower()
        if recorded == self.repository.lower():
            return True
        return not self.is_shared and not (recorded and self.repository)

    def explain_ignored(self, journal: Journal) -> str:
        """Return why an open incident is ignored; nothing if it is simply another repository's."""
        if not journal.repository:
            what = f"incident {journal.id} does not say which repository it is of"
            return f"{what}: ignored; what it recorded is looked up again"
        if self.is_shared:
            return ""
        what = f"incident {journal.id} is of {journal.repository}"
        return f"{what}, not of {self.repository}: ignored"


def find_owner(project: Project) -> Owner:
    """Return whose incidents count in the project's state folder."""
    try:
        repository = project.slug
    except BadInput:  # no setting and no origin says it
        repository = ""
    return Owner(repository, is_shared=project.settings.state_dir is not None)


def journal_files(state: Path) -> Iterator[Path]:
    """Yield the journals in the folder `state`, the newest incident first."""
    files = state.glob(f"*/{FILE}")
    yield from sorted(files, reverse=True)


def own_journals(state: Path, owner: Owner) -> Iterator[Journal]:
    """Yield the journals of the owner's incidents, the newest first. Raises as Journal does."""
    for file in journal_files(state):
        journal = Journal(file)
        if owner.owns(journal):
            yield journal


def open_journal(
    state: Path,
    mask: Callable[[str], str],
    perform: Perform,
    owner: Owner = Owner(),
) -> Journal:
    """Return the journal of the newest incident that is not closed, or an empty one."""
    ignored = []
    found = Journal(None, mask, perform)
    for file in journal_files(state):
        journal = Journal(file, mask, perform)
        if journal.is_closed:  # the clock may have been wrong when a newer one was opened
            continue
        if owner.owns(journal):
            found = journal
            break
        ignored.append(owner.explain_ignored(journal))
    found.repairs += filter(None, ignored)
    return found
