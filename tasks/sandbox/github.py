"""GitHub's stand-in for one repository: its state, and the rules of https://docs.github.com/en/pull-requests that hold for it.

Commits and refs live in a bare repository, the rest in memory. `github_api` is what clients see, `actions` executes workflows.
"""

from __future__ import annotations

import copy
import threading
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from .actions import Part
from .records import Issue, Pull, Refusal, Release, now
from .registry import Registry
from .server import Server
from .workflows import Workflows


class GitHub(Workflows):
    """One repository `slug` (owner/name) over the bare one at `remote`, served on the unix socket `socket` to who knows `token`.

    Workflows run in folders under `workdir` and see `env`. The attributes are the repository's settings and contents, to be changed
    at any time: `checks` are known by commit and name, `labels` are color and description by name, `releases` and `runs` newest first.
    """

    def __init__(self, remote: Path, slug: str, token: str, socket: Path, workdir: Path, env: Mapping[str, str]) -> None:
        from .github_api import Api  # it knows this module  # noqa: PLC0415

        super().__init__(remote, slug, token, workdir, env)
        self.scopes, self.permissions = "repo, workflow, write:packages", defaultdict[str, str](lambda: "write")
        self.merge_methods, self.auto_merge_allowed = ["merge", "squash", "rebase"], True
        self.required_checks, self.required_reviews, self.check_seconds = list[str](), 0, 0.0
        self.next_number, self.next_comment, self._timers = 1, 3_000_000_000, list[threading.Timer]()
        self.pulls, self.issues, self.labels = dict[int, Pull](), dict[int, Issue](), dict[str, tuple[str, str]]()
        self.releases, self.requests = list[Release](), list[tuple[str, str]]()
        self.checks = defaultdict[str, dict[str, Part]](dict)
        self.packages: Registry | None = None  # what GitHub's package registry is to it
        self.lock, self._seen, self.server = threading.RLock(), self.refs(), Server(Api(self).answer, socket)

    def start(self) -> Self:
        """Begin to serve; what is pushed from now on triggers workflows."""
        self._seen = self.refs()
        self.server.start()
        return self

    def stop(self, *_: object) -> None:
        """End the server, the checks and the runs."""
        for timer in self._timers:
            timer.cancel()
        self.server.stop()
        for run in self.runs:
            run.stop()

    __enter__, __exit__ = start, stop

    def demand(self, what: str) -> None:
        """Raise Refusal unless the token may write `what`, as its fine-grained permissions call it."""
        if self.permissions[what] != "write":
            raise Refusal("Resource not accessible by personal access token", "FORBIDDEN")

    def _number(self) -> int:
        self.next_number += 1
        return self.next_number - 1

    def open_issue(self, title: str, body: str = "", author: str = "") -> Issue:
        """Open an issue, as the owner unless `author` is given."""
        issue = Issue(self._number(), title, body, author or self.owner)
        return self.issues.setdefault(issue.number, issue)

    def open_pull(self, head: str, base: str, title: str, body: str = "", author: str = "", draft: bool = False) -> Pull:
        """Open a pull request. Raises Refusal if there is nothing to merge, or one for it already."""
        refs = self.refs()
        if not {f"refs/heads/{head}", f"refs/heads/{base}"} <= {*refs} or not self.git("rev-list", f"{base}..{head}"):
            raise Refusal(f"No commits between {base} and {head}")
        if any((pull.head, pull.base, pull.state) == (head, base, "OPEN") for pull in self.pulls.values()):
            raise Refusal(f"A pull request already exists for {self.owner}:{head}.")
        pull = Pull(self._number(), title, body, author or self.owner, head=head, base=base, is_draft=draft)
        self.pulls[pull.number] = pull
        self.sync()
        return pull

    def revert(self, number: int, title: str = "", body: str = "", draft: bool = False) -> Pull:
        """Open the pull request that reverts a merged one. Raises Refusal if that conflicts or changes nothing."""
        pull = self.pulls[number]
        tree = self.three_way(pull.merge_sha, pull.base, pull.before) if pull.merge_sha else ""
        if tree in ("", self.git("rev-parse", f"{pull.base}^{{tree}}")):
            raise Refusal("Was unable to revert PR.")
        refs, branch, suffix = self.refs(), f"revert-{number}-{pull.head}", 0
        while f"refs/heads/{branch}" in refs:
            branch, suffix = f"revert-{number}-{pull.head}-{suffix + 1}", suffix + 1
        subject = self.git("log", "-1", "--format=%s", pull.merge_sha)
        commit = self.commit_tree(tree, f'Revert "{subject}"\n\nThis reverts commit {pull.merge_sha}.', pull.base)
        self.git("branch", branch, commit)
        return self.open_pull(branch, pull.base, title or f'Revert "{pull.title}"', body or f"Reverts {self.slug}#{number}", draft=draft)

    def merge(self, number: int, method: str = "merge", headline: str = "", body: str = "") -> str:
        """Merge whatever is required, as an administrator may, and return the commit. Raises Refusal if that conflicts."""
        self.sync()
        pull, refs = self.pulls[number], self.refs()
        tip = made = refs[f"refs/heads/{pull.base}"]
        titles = {"merge": f"Merge pull request #{number} from {self.owner}/{pull.head}", "squash": f"{pull.title} (#{number})"}
        picks = (
            self.git("rev-list", "--reverse", "--no-merges", f"{tip}..{pull.head_sha}").split() if method == "rebase" else [pull.head_sha]
        )
        for pick in picks:
            tree = self.three_way(f"{pick}^" if method == "rebase" else self.git("merge-base", tip, pick), made, pick)
            if not tree:
                raise Refusal("Pull Request is not mergeable")
            text = (
                f"{headline or titles[method]}\n\n{body or (pull.title if method == 'merge' else '')}"
                if method != "rebase"
                else self.git("log", "-1", "--format=%B", pick)
            )
            made = self.commit_tree(tree, text, made, *[pick] * (method == "merge"))
        self.git("update-ref", f"refs/heads/{pull.base}", made, tip)
        pull.state, pull.before, pull.merge_sha, pull.merged_at, pull.closed_at = "MERGED", tip, made, now(), now()
        self.sync()
        return made

    def create_release(self, tag: str, title: str, notes: str, prerelease: bool = False, draft: bool = False) -> Release:
        """Publish a release, unless it is a draft, and make its tag if there is none."""
        if any(release.tag_name == tag for release in self.releases):
            raise Refusal("Validation Failed")
        release = Release(max((release.id for release in self.releases), default=0) + 1, tag, title, notes, prerelease, draft)
        self.releases.insert(0, release)
        if not draft:
            self.git("tag", tag, self.default_branch, tolerant=True)
            self.sync()
            self._trigger("release", f"refs/tags/{tag}", {"action": "published", "release": vars(release)})
        return release

    def set_check(self, number: int, name: str, conclusion: str | None) -> None:
        """Play CI: let a check on a pull request's head end, or begin if `conclusion` is None."""
        self.sync()
        self.checks[self.pulls[number].head_sha].setdefault(name, Part(name)).mark(conclusion and conclusion.lower())

    def approve(self, number: int) -> None:
        """Play a reviewer."""
        self.pulls[number].approvals += 1

    def obstacles(self, pull: Pull) -> list[str]:
        """Return what branch protection has against a merge, in GitHub's words."""
        checks = self.checks[pull.head_sha]
        ends = {name: (checks[name].conclusion or "pending") if name in checks else "expected" for name in self.required_checks}
        found = [f'Required status check "{name}" is {end}.' for name, end in ends.items() if end != "success"]
        review = f"At least {self.required_reviews} approving review is required by reviewers with write access."
        return found + [review] * (pull.approvals < self.required_reviews)

    def merge_state(self, pull: Pull) -> str:
        """Return GitHub's mergeStateStatus."""
        if pull.state != "OPEN":
            return "UNKNOWN"
        if not self.three_way(self.git("merge-base", pull.base, pull.head_sha), pull.base, pull.head_sha):
            return "DIRTY"
        good = all(check.conclusion == "success" for check in self.checks[pull.head_sha].values())
        return "DRAFT" if pull.is_draft else "BLOCKED" if self.obstacles(pull) else "CLEAN" if good else "UNSTABLE"

    def sync(self) -> None:
        """Notice what was pushed: run workflows, begin checks, merge what waited to be merged, close what lost its branch."""
        with self.lock:
            refs, seen = self.refs(), self._seen
            self._seen = refs
            for ref in [ref for ref in refs if refs[ref] != seen.get(ref)]:
                self._trigger("push", ref, {})
            for release in self.releases:  # https://docs.github.com/en/repositories/releasing-projects-on-github
                release.draft = release.draft or f"refs/tags/{release.tag_name}" not in refs
            for pull in [pull for pull in self.pulls.values() if pull.state == "OPEN"]:
                self._advance(pull, refs.get(f"refs/heads/{pull.head}", ""))

    def _advance(self, pull: Pull, tip: str) -> None:
        if not tip:
            pull.state, pull.closed_at = "CLOSED", now()
            return
        pull.head_sha, checks = tip, self.checks[tip]
        for name in [name for name in self.required_checks if self.check_seconds and name not in checks]:
            checks[name] = Part(name)
            checks[name].mark(None)
            self._timers.append(threading.Timer(self.check_seconds, self.set_check, (pull.number, name, "success")))
            self._timers[-1].start()
        if pull.auto_merge and self.merge_state(pull) == "CLEAN":
            method, pull.auto_merge = pull.auto_merge, ""
            self.merge(pull.number, method)

    def snapshot(self) -> dict[str, Any]:
        """Return what clients can change, to be compared."""
        self.sync()
        return {"refs": self.refs(), **copy.deepcopy({name: vars(self)[name] for name in ("pulls", "issues", "labels", "releases")})}
