"""The state of one repository on the GitHub stand-in, and the rules that hold for it.

https://docs.github.com/en/pull-requests
"""

from __future__ import annotations

import copy
import threading
from collections import defaultdict
from collections.abc import Mapping
from itertools import count
from typing import Any

from ..registry import Registry
from . import merges, releases, scopes
from .job_permissions import BOT, ensure_permitted, forbidden_path, viewer
from .job_pushes import refs_of_people
from .merge_queue import MergeQueue
from .records import Issue, Pull, Release, check_title
from .repository import Repository
from .runs import Run
from .workflows import Actions


class State:
    """The contents and settings of a repository; settings may be changed at any time.

    Commits and refs are in `repository`, the rest in memory: `labels` as colour and description
    by name, `releases` newest first. Required checks succeed after `check_seconds`, if not 0.
    """

    packages: Registry  # of the repository's owner

    def __init__(self, repository: Repository, actions: Actions) -> None:
        self.repository = repository
        self.actions = actions
        self.permissions = defaultdict[str, str](lambda: "write")
        self.collaborators = {repository.owner: "admin"}
        self.merge_queue = MergeQueue()
        self.merge_methods = set(merges.METHODS)
        self.scopes: scopes.Scopes = scopes.ALL
        self.required_checks = list[str]()
        self.required_reviews = 0
        self.check_seconds = 0.0
        self.job_acts = False  # while the request of a job is answered
        self.lag = 0.0  # seconds in which what is new is not shown
        self.next_number = 1
        self.comment_ids = count(3_000_000_001)
        self.release_ids = count(1)
        self.pulls = dict[int, Pull]()
        self.issues = dict[int, Issue]()
        self.labels = dict[str, tuple[str, str]]()
        self.releases = list[Release]()
        self.lock = threading.RLock()
        self._seen_refs = repository.refs()

    @property
    def slug(self) -> str:
        """The repository as owner/name."""
        return self.repository.slug

    @property
    def runs(self) -> list[Run]:
        """The workflow runs, newest first."""
        return self.actions.runs

    def settle(self, timeout: float = 60) -> str:
        """Wait for all runs, `timeout` seconds each, and return the newest one's conclusion."""
        self.sync()
        for run in self.runs:
            run.wait(timeout)
        return str(self.runs[0].conclusion) if self.runs else ""

    def require_write(self, permission: str) -> None:
        """Raise Refusal unless whoever asks may change what a permission is for."""
        ensure_permitted(self, permission)

    def _take_number(self) -> int:
        self.next_number += 1
        return self.next_number - 1

    def open_issue(self, title: str, body: str = "") -> Issue:
        """Open an issue."""
        issue = Issue(self._take_number(), title, body, viewer(self))
        self.issues[issue.number] = issue
        return issue

    def open_pull(
        self,
        head: str,
        base: str,
        title: str,
        body: str = "",
        draft: bool = False,
        author: str = "",
        fork: str = "",
    ) -> Pull:
        """Open a pull request. Raises Refusal if it has no commits, or is there already.

        The author is who asks by default; `fork` is the owner of the fork that the head is in.
        """
        author = author or fork or viewer(self)
        pull = Pull(self.next_number, title, body, author, head=head, base=base)
        pull.is_draft = draft
        pull.fork = fork
        pull.awaits_approval = author == BOT
        merges.ensure_openable(self.repository, pull, self.pulls.values())
        self.pulls[self._take_number()] = pull
        self.sync()
        return pull

    def revert(self, number: int, title: str = "", body: str = "", draft: bool = False) -> Pull:
        """Open the pull request that reverts a merged one. Raises Refusal."""
        pull = self.pulls[number]
        title = title or f'Revert "{pull.title}"'
        check_title(title)
        branch = merges.revert(self.repository, pull)
        body = body or f"Reverts {self.slug}#{number}"
        return self.open_pull(branch, pull.base, title, body, draft)

    def merge(self, number: int, method: str = "merge", headline: str = "") -> None:
        """Merge a pull request without regard to branch protection. Raises Refusal."""
        self.sync()
        pull = self.pulls[number]
        merges.merge(self.repository, pull, method, headline)
        self.sync()

    def create_release(
        self,
        tag: str,
        title: str,
        notes: str,
        prerelease: bool = False,
        draft: bool = False,
        target: str = "",
    ) -> Release:
        """Make a release, and its tag at `target` if there is none and it is no draft.

        The target is the default branch unless it is given. Raises Refusal.
        """
        releases.ensure_new(self.releases, tag)
        number = next(self.release_ids)
        release = Release(number, tag, title, notes, prerelease, draft, viewer(self))
        self.releases.insert(0, release)
        if not draft:
            self.publish(release, target)
        return release

    def publish(self, release: Release, target: str = "") -> None:
        """Make the tag of a release, and run workflows, unless a job of one publishes it."""
        release.draft = False
        releases.make_tag(self.repository, release.tag_name, target)
        self.sync()
        if not self.job_acts:
            self.actions.release(release.tag_name)

    def set_check(self, number: int, name: str, conclusion: str) -> None:
        """Complete a check of a pull request's head, as CI would."""
        self.sync()
        self.pulls[number].check(name).complete(conclusion)

    def approve(self, number: int) -> None:
        """Approve a pull request, as a reviewer would."""
        self.pulls[number].approvals += 1

    def merge_state(self, pull: Pull) -> str:
        """Return GitHub's mergeStateStatus."""
        succeeded = all(map(pull.succeeded, self.required_checks))
        blocked = not succeeded or pull.approvals < self.required_reviews
        blocked |= bool(forbidden_path(self, pull))
        return merges.merge_state(self.repository, pull, blocked)

    def sync(self) -> None:
        """Notice pushes and the time: run workflows, close pull requests, complete checks."""
        with self.lock:
            refs, seen = self.repository.refs(), self._seen_refs
            self._seen_refs = refs
            for ref in refs_of_people(self, refs.items() - seen.items()):
                self.actions.push(ref, seen.get(ref, ""))
            for release in self.releases:
                if f"refs/tags/{release.tag_name}" not in refs:
                    release.draft = True
            for pull in self.pulls.values():
                if pull.state == "OPEN":
                    self._update_pull(pull, refs)
            self.merge_queue.advance(self.repository, self.pulls, self.merge_state)

    def _update_pull(self, pull: Pull, refs: Mapping[str, str]) -> None:
        """Follow the branch of a pull request, and start its checks."""
        merges.follow(self.repository, pull, refs)
        if pull.state == "OPEN" and self.check_seconds and not pull.awaits_approval:
            for name in self.required_checks:
                pull.check(name).succeed_after(self.check_seconds)

    def snapshot(self) -> dict[str, Any]:
        """Return what clients can change, for comparison."""
        self.sync()
        contents = (self.pulls, self.issues, self.labels, self.releases)
        return {"refs": self.repository.refs(), "contents": copy.deepcopy(contents)}
