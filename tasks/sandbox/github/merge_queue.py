"""The merge queue of the default branch.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from . import merges
from .records import Pull, now
from .repository import Repository


@dataclass
class MergeQueue:
    """A merge queue, if it is `enabled`; a pull request is merged `seconds` after it was queued.

    The queue drops those for which its own checks fail: `drops` has their numbers.
    """

    enabled: bool = False
    seconds: float = 0.0
    drops: frozenset[int] = frozenset()

    def advance(
        self,
        repository: Repository,
        pulls: Mapping[int, Pull],
        merge_state: Callable[[Pull], str],
    ) -> None:
        """Queue what can be merged by now, and merge those whose turn it is."""
        for pull in pulls.values():
            if pull.state != "OPEN":
                continue
            if pull.auto_merge and merge_state(pull) in ("CLEAN", "UNSTABLE"):
                pull.auto_merge = None
                pull.queued_at = now()
            if pull.queued_at and now() >= pull.queued_at + timedelta(seconds=self.seconds):
                pull.queued_at = None
                if pull.number not in self.drops:
                    merges.merge(repository, pull, "squash")
