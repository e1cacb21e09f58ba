"""The suspects of a bad release: what each changed, and which of them is the clear first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..clients.github.pulls import PullRequest
from ..core.printable import one_line
from ..recovery.safeguards import first_names
from .change import Change, Position
from .trouble import Trouble
from .undone import Undoing


@dataclass(frozen=True)
class Suspect:
    """A pull request, or else a commit, that may have caused the trouble, and how.

    `undoing` is what reverts it since the release, if anything does; `options` are those of
    `recover`, and `note` says more about its revert. If that conflicts, `by_hand` says what to do
    before.
    """

    change: Change
    what: str
    pull: PullRequest | None = None
    undoing: Undoing | None = None
    options: str = ""
    note: str = ""
    by_hand: str = ""

    @property
    def short_name(self) -> str:
        """The number of the pull request, or the hash."""
        if self.pull:
            return f"#{self.pull.number}"
        return self.change.landing.commit[:12]

    @property
    def title(self) -> str:
        """The title of the pull request, or the subject of the commit."""
        return one_line(self.pull.title if self.pull else self.change.landing.subject)

    @property
    def name(self) -> str:
        """Its number or hash, and its title."""
        return f'{self.short_name} "{self.title}"'

    @property
    def is_reverted(self) -> bool:
        """Whether its revert is on the default branch."""
        return self.undoing is not None and bool(self.undoing.commit)

    @property
    def command(self) -> str:
        """The command that recovers from it, after what is to be done by hand, if anything is."""
        bad = f"--sha {self.change.landing.commit[:12]}"
        if self.pull:
            bad = f"--pr {self.pull.number}"
        command = f"invoke recover {bad}{self.options}"
        if self.by_hand:
            return f"{self.by_hand}, then {command} --accept NUMBER"
        return command

    def describe(self, why: str = "") -> str:
        """Return in words that it is suspected, and what became of its revert."""
        suspected = f"suspected: {self.name} {why}".rstrip()
        if self.note and why:
            suspected += f"; {self.note}"
        if self.undoing is None:
            return suspected
        if not self.undoing.commit:
            return f"{suspected}; its revert {self.undoing.by} is not merged"
        return f"{self.name} {self.undoing.what}, but users get no chart with that revert"


def describe_files(change: Change, workflows: Mapping[str, str], chart_prefix: str) -> str:
    """Return in words which files a change touched, those that decide first."""
    parts = []
    for file in change.files.get("workflow", ()):
        words = workflows.get(file, "")
        name = file.rpartition("/")[2]
        parts.append(name if words == "the workflow" else f"{name} ({words})")
    if change.files.get("versions"):
        parts.append("the versions in Chart.yaml")
    chart = [file.removeprefix(chart_prefix) for file in change.files.get("chart", ())]
    if chart:
        parts.append(f"the chart's {first_names(chart, 2)}")
    log = change.files.get("log", ())
    if log:
        parts.append(first_names(log, 2))
    text = f"changed {' and '.join(parts)}"
    return f"{text} (named in the error)" if change.is_named else text


def choose(
    suspects: Sequence[Suspect],
    trouble: Trouble,
    restarted: Sequence[Suspect],
) -> Suspect | None:
    """Return the clear first among suspects: the only one of its rank; None if there is none.

    Only those of the first bad release count, or `restarted`: those after the end of its trouble.
    One that is reverted is what somebody chose already.
    """
    eligible = _eligible(suspects, trouble) or list(restarted)
    best = min((suspect.change.rank for suspect in eligible), default=0)
    likeliest = [suspect for suspect in eligible if suspect.change.rank == best]
    reverted = [suspect for suspect in likeliest if suspect.is_reverted]
    if reverted:
        return reverted[0]
    others_are_named = any(
        suspect.change.is_named for suspect in eligible if suspect not in likeliest
    )
    is_known = trouble.last_good is not None
    return likeliest[0] if is_known and len(likeliest) == 1 and not others_are_named else None


def _eligible(suspects: Sequence[Suspect], trouble: Trouble) -> list[Suspect]:
    position = Position.WITHIN if trouble.first_bad else Position.LATER
    return [suspect for suspect in suspects if suspect.change.position is position]
