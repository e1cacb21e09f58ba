"""Who is suspected of a release's trouble, in words: the evidence, and what to type next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..clients.github.typed import TypedGh
from ..core.invocation import as_invoked
from ..recovery.safeguards import first_names
from .change import Position
from .suspects import Suspect
from .trouble import Trouble

LISTED = 5
CHOOSE = "choose what to revert, the likeliest first"


@dataclass(frozen=True)
class Recovery:
    """That users get the version `published` with a revert: `what`, in words, and since when.

    `commit` is the revert on the default branch; nothing if it was undone in another way.
    """

    what: str
    published: str
    at: datetime
    commit: str = ""

    def __str__(self) -> str:
        return f"{self.what}; users get {self.published} with that revert"


@dataclass(frozen=True)
class Suspicion:
    """Who is suspected of a release's trouble; `clear` is the one that is to be reverted.

    `published` is what users get now, `last_line` what the failed step of `run`, if any, printed
    last. Once users get what a `recovery` published, nobody is to be reverted.
    """

    trouble: Trouble
    suspects: tuple[Suspect, ...] = ()
    clear: Suspect | None = None
    recovery: Recovery | None = None
    published: str = ""
    options: str = ""
    last_line: str = ""
    run: int = 0
    gh: TypedGh | None = None

    @property
    def evidence(self) -> str:
        """Who is suspected and why, a line each, at most five of them."""
        lines = [f'the failed step ended with "{self.last_line}"'] if self.last_line else []
        if self.clear:
            lines.append(self.clear.describe(self.why(self.clear)))
            listed = [self.clear]
        elif self._choices:
            lines.append(f"{self.trouble}, no clear suspect:")
            listed = self._choices[:LISTED]
            lines += [f"{suspect.name} {suspect.what}" for suspect in listed]
            more = len(self._choices) - len(listed)
            lines += [f"and {more} more"] if more else []
            listed = self._choices
        else:
            changed = "the workflow, the chart or what failed"
            lines.append(f"{self.trouble}: no change touches {changed}, except for reverted ones")
            listed = []
        others = [suspect.short_name for suspect in self.suspects if suspect not in listed]
        if others:
            lines.append(f"less likely: {first_names(others, LISTED)}")
        return "\n".join(lines)

    @property
    def summary(self) -> str:
        """Who is suspected, in short."""
        if self.clear:
            return self.clear.describe()
        names = first_names([suspect.short_name for suspect in self._choices], LISTED)
        return f"no clear suspect among {names}" if names else "nobody is suspected"

    @property
    def advice(self) -> str:
        """The commands that recover, a line each."""
        if self.clear:
            return self.clear.command
        if self._choices:
            commands = []
            for suspect in self._choices[:LISTED]:
                commands.append(suspect.command)
            see = f"; see `invoke run.logs --run {self.run}`"
            return "\n".join([f"{CHOOSE}{see if self.run else ''}", *commands])
        recover = f"invoke recover --sha HASH{self.options}, with the commit that caused it"
        if self.run and self.gh:
            words = ["run", "rerun", str(self.run), "--failed"]
            rerun = self.gh.advice("in case the cause has passed", *words)
            return f"{rerun}\n{recover}"
        return recover

    @property
    def _choices(self) -> list[Suspect]:
        """The suspects among whom to choose: those of the first position."""
        positions = [suspect.change.position for suspect in self.suspects]
        allowed = [Position.LATER] if self.trouble.first_bad is None else [Position.WITHIN]
        if Position.AFTER in positions and not set(allowed) & set(positions):
            allowed = [Position.AFTER]
        return [suspect for suspect in self.suspects if suspect.change.position in allowed]

    def why(self, suspect: Suspect) -> str:
        """Return in words what a suspect changed, and when."""
        position = suspect.change.position
        if position is Position.AFTER and self.trouble.first_bad:
            when = f"after {self.trouble.first_bad.tag}, when the trouble had begun"
        elif position is Position.LATER and self.trouble.first_bad:
            when = f"after {self.trouble.release.tag}, so it cannot have caused this"
        else:
            return f"{suspect.what}{'' if self.trouble.last_good else ';'} {self.trouble}"
        return f"{suspect.what} {when}"

    def as_cause(self) -> dict[str, str]:
        """Return the first bad release, and the clear suspect if there is one, for the journal."""
        release = self.trouble.first_bad or self.trouble.release
        cause = {"release": release.tag, "released_at": release.published_at.isoformat()}
        if self.clear:
            cause["suspect"] = self.clear.short_name
            cause["title"] = self.clear.title
            cause["why"] = self.why(self.clear)
        return cause

    def as_data(self) -> list[dict[str, Any]]:
        """Return the suspects as JSON has them."""
        return [
            {
                "rank": rank,
                "number": suspect.pull.number if suspect.pull else None,
                "sha": suspect.change.landing.commit,
                "title": suspect.title,
                "why": self.why(suspect),
                "is_clear": suspect == self.clear,
                "reverted_by": suspect.undoing.by if suspect.undoing else None,
                "next": as_invoked(suspect.command),
            }
            for rank, suspect in enumerate(self.suspects, 1)
        ]


@dataclass(frozen=True)
class NoSuspicion:
    """Why nobody could be suspected, and what to do."""

    evidence: str
    advice: str

    @property
    def summary(self) -> str:
        """The evidence, in short."""
        return self.evidence
