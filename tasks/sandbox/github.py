"""GitHub's stand-in for one repository: its state, and the rules of https://docs.github.com/en/pull-requests that hold for it.

Commits and refs live in a bare repository, the rest in memory. `github_api` is what clients see, `actions` executes workflows.
"""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import yaml

from .actions import Part, Run, fill
from .server import Server

HOOK = """#!/bin/sh
while read -r old new ref; do
    [ "$ref" = {ref} ] || continue
    printf '%s\\n' "error: GH006: Protected branch update failed for $ref." "error: Changes must be made through a pull request." >&2
    exit 1
done
"""


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class Refusal(Exception):
    """What GitHub says when it does not; the second argument, if any, is GraphQL's type of the error."""


@dataclass
class Issue:
    """An issue: `state` is OPEN or CLOSED, `labels` are names, `comments` texts."""

    number: int
    title: str
    body: str
    author: str
    state: str = "OPEN"
    state_reason: str | None = None
    labels: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    created_at: datetime = field(default_factory=now)
    closed_at: datetime | None = None


@dataclass
class Pull(Issue):
    """A pull request, of the branch `head` to `base`, perhaps MERGED into the commit `before`, or to be merged by `auto_merge`."""

    head: str = ""
    base: str = ""
    head_sha: str = ""
    is_draft: bool = False
    approvals: int = 0
    auto_merge: str = ""
    before: str = ""
    merge_sha: str = ""
    merged_at: datetime | None = None


@dataclass
class Release:
    """A release, in the REST API's words."""

    id: int
    tag_name: str
    name: str
    body: str
    prerelease: bool = False
    draft: bool = False
    created_at: datetime = field(default_factory=now)


class GitHub:
    """One repository `slug` (owner/name) over the bare one at `remote`, served on the unix socket `socket` to who knows `token`.

    Workflows run in folders under `workdir` and see `env`. The attributes are the repository's settings and contents, to be changed
    at any time: `checks` are known by commit and name, `labels` are color and description by name, `releases` and `runs` newest first.
    """

    def __init__(self, remote: Path, slug: str, token: str, socket: Path, workdir: Path, env: Mapping[str, str]) -> None:
        from .github_api import Api  # it knows this module  # noqa: PLC0415

        self.remote, self.slug, self.token, self.workdir, self.env = remote, slug, token, workdir, env
        self.owner, _, self.name = slug.partition("/")
        self.scopes, self.permissions = "repo, workflow, write:packages", defaultdict[str, str](lambda: "write")
        self.merge_methods, self.auto_merge_allowed = ["merge", "squash", "rebase"], True
        self.required_checks, self.required_reviews, self.check_seconds = list[str](), 0, 0.0
        self.actions_disabled, self.dispatch_returns_run, self.next_number = False, False, 1
        self.pulls, self.issues, self.labels = dict[int, Pull](), dict[int, Issue](), dict[str, tuple[str, str]]()
        self.releases, self.runs, self.workflow_ids = list[Release](), list[Run](), list[str]()
        self.checks, self.requests = defaultdict[str, dict[str, Part]](dict), list[tuple[str, str]]()
        self.lock, self._seen, self._server = threading.RLock(), self.refs(), Server(Api(self).answer, socket)
        # A unix socket refuses TCP_NODELAY, which the server's handler asks for on every connection.
        self._server._http.RequestHandlerClass.disable_nagle_algorithm = False  # type: ignore[attr-defined]

    def start(self) -> Self:
        """Begin to serve; what is pushed from now on triggers workflows."""
        self._seen = self.refs()
        self._server.start()
        return self

    def stop(self, *_: object) -> None:
        """End the server and the runs."""
        self._server.stop()
        for run in self.runs:
            run.stop()

    __enter__, __exit__ = start, stop

    def git(self, *args: str, tolerant: bool = False) -> str:
        """Return what git prints in the bare repository. Raises CalledProcessError, but if `tolerant` returns nothing."""
        who = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", self.owner), ("EMAIL", f"{self.owner}@users.noreply.github.com"))
        }
        done = subprocess.run(
            ["git", "-C", self.remote, *args], capture_output=True, text=True, check=not tolerant, env={**os.environ, **who}
        )
        return "" if done.returncode else done.stdout.strip()

    def refs(self) -> dict[str, str]:
        """Return the commits that branches and tags, by full name, lead to."""
        lines = self.git("for-each-ref", "--format=%(refname) %(*objectname) %(objectname)", "refs/heads", "refs/tags").splitlines()
        return {name: commit for name, commit, *_ in map(str.split, lines)}

    @property
    def default_branch(self) -> str:
        """The branch that HEAD names."""
        return self.git("symbolic-ref", "--short", "HEAD")

    @property
    def protected(self) -> bool:
        """Whether pushes to the default branch are refused; merges are not."""
        return (self.remote / "hooks" / "pre-receive").exists()

    @protected.setter
    def protected(self, value: bool) -> None:
        hook = self.remote / "hooks" / "pre-receive"
        hook.write_text(HOOK.format(ref=f"refs/heads/{self.default_branch}"))
        hook.chmod(0o755)
        if not value:
            hook.unlink()

    def _commit(self, tree: str, message: str, *parents: str) -> str:
        return self.git("commit-tree", f"{tree}^{{tree}}", "-m", message, *(word for parent in parents for word in ("-p", parent)))

    def _three_way(self, base: str, ours: str, theirs: str) -> str:
        """Return the tree of a three-way merge, nothing if it conflicts. git before 2.40 takes the base from history only: make one."""
        root = self._commit(base, "base")
        return self.git("merge-tree", "--write-tree", *(self._commit(side, "side", root) for side in (ours, theirs)), tolerant=True)

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
        tree = self._three_way(pull.merge_sha, pull.base, pull.before) if pull.merge_sha else ""
        if tree in ("", self.git("rev-parse", f"{pull.base}^{{tree}}")):
            raise Refusal("Was unable to revert PR.")
        refs, branch, suffix = self.refs(), f"revert-{number}-{pull.head}", 0
        while f"refs/heads/{branch}" in refs:
            branch, suffix = f"revert-{number}-{pull.head}-{suffix + 1}", suffix + 1
        subject = self.git("log", "-1", "--format=%s", pull.merge_sha)
        commit = self._commit(tree, f'Revert "{subject}"\n\nThis reverts commit {pull.merge_sha}.', pull.base)
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
            tree = self._three_way(f"{pick}^" if method == "rebase" else self.git("merge-base", tip, pick), made, pick)
            if not tree:
                raise Refusal("Pull Request is not mergeable")
            text = (
                f"{headline or titles[method]}\n\n{body or (pull.title if method == 'merge' else '')}"
                if method != "rebase"
                else self.git("log", "-1", "--format=%B", pick)
            )
            made = self._commit(tree, text, made, *[pick] * (method == "merge"))
        self.git("update-ref", f"refs/heads/{pull.base}", made, tip)
        pull.state, pull.before, pull.merge_sha, pull.merged_at, pull.closed_at = "MERGED", tip, made, now(), now()
        self.sync()
        return made

    def create_release(self, tag: str, title: str, notes: str, prerelease: bool = False, draft: bool = False) -> Release:
        """Publish a release, unless it is a draft, and make its tag if there is none."""
        release = Release(len(self.releases) + 1, tag, title, notes, prerelease, draft)
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
        if not self._three_way(self.git("merge-base", pull.base, pull.head_sha), pull.base, pull.head_sha):
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
            threading.Timer(self.check_seconds, self.set_check, (pull.number, name, "success")).start()
        if pull.auto_merge and self.merge_state(pull) == "CLEAN":
            self.merge(pull.number, pull.auto_merge)

    def workflows(self, commit: str) -> dict[str, dict[str, Any]]:
        """Return the workflows at a commit by their paths; `on` is made a mapping of mappings."""
        found = {}
        for path in self.git("ls-tree", "--name-only", commit, ".github/workflows/").splitlines():
            spec = yaml.safe_load(self.git("show", f"{commit}:{path}"))
            on = spec.pop(True, {})  # what YAML 1.1 makes of `on`
            on = {on: {}} if isinstance(on, str) else on if isinstance(on, dict) else dict.fromkeys(on)
            found[path] = {**spec, "on": {event: filters or {} for event, filters in on.items()}}
        self.workflow_ids += [path for path in found if path not in self.workflow_ids]
        return found

    def _trigger(self, event: str, ref: str, payload: Mapping[str, Any]) -> None:
        for path, spec in self.workflows(ref).items() if not self.actions_disabled else ():
            kind, patterns = "tags" if ref.startswith("refs/tags/") else "branches", spec["on"].get(event)
            if patterns is not None and event == "push":
                patterns = patterns.get(kind, None if {"tags", "branches"} & {*patterns} else ["**"])
            globs = [re.escape(p).replace(r"\*\*", ".*").replace(r"\*", "[^/]*") for p in patterns or ()]
            if (patterns is not None and event != "push") or any(re.fullmatch(glob, ref.split("/", 2)[2]) for glob in globs):
                self._begin(path, spec, event, ref, payload)

    def dispatch(self, path: str, ref: str, given: Mapping[str, str]) -> Run | None:
        """Run a workflow by hand at a branch or tag. Raises Refusal, also for inputs that it does not take."""
        full = next((name for name in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref) if name in self.refs()), None)
        if not full:
            raise Refusal(f"No ref found for: {ref}")
        spec = self.workflows(full).get(path, {"on": {}})
        if "workflow_dispatch" not in spec["on"]:
            raise Refusal("Workflow does not have 'workflow_dispatch' trigger")
        known = spec["on"]["workflow_dispatch"].get("inputs", {})
        if unknown := [name for name in given if name not in known]:
            raise Refusal(f"Unexpected inputs provided: {json.dumps(unknown)}")
        inputs = {name: given.get(name, fill(what.get("default", ""), {})) for name, what in known.items()}
        if missing := [name for name, what in known.items() if what.get("required") and not inputs[name]]:
            raise Refusal(f"Required input '{missing[0]}' not provided")
        return None if self.actions_disabled else self._begin(path, spec, "workflow_dispatch", full, {"inputs": inputs})

    def _begin(self, path: str, spec: Mapping[str, Any], event: str, ref: str, payload: Mapping[str, Any]) -> Run:
        number, sha, branch = len(self.runs) + 1, self.git("rev-parse", f"{ref}^{{commit}}"), ref.split("/", 2)[2]
        github = {
            "ref": ref,
            "ref_name": branch,
            "sha": sha,
            "event_name": event,
            "actor": self.owner,
            "repository": self.slug,
            "repository_owner": self.owner,
            "event": payload,
        }
        context = {"github": github, "inputs": payload.get("inputs", {}), "secrets": {"GITHUB_TOKEN": self.token}, "vars": {}}
        jobs = {}
        for key, job in spec["jobs"].items():
            steps = [
                Part(step.get("name") or f"Run {step.get('uses') or step['run'].splitlines()[0]}", n, step)
                for n, step in enumerate(job["steps"], 1)
            ]
            jobs[key] = Part(
                job.get("name", key), number * 100 + len(jobs), job, {str(step.spec.get("id", step.id)): step for step in steps}
            )
        run = Run(spec.get("name", path), number, spec, jobs, path=path, event=event, head_branch=branch, head_sha=sha, context=context)
        self.runs.insert(0, run)
        threading.Thread(target=run.execute, args=(self.remote, self.workdir, self.env), daemon=True).start()
        return run

    def settle(self, timeout: float = 60) -> str:
        """Wait for all runs, `timeout` seconds each, and return how the newest ended, nothing if there is none."""
        self.sync()
        return ([run.wait(timeout) for run in self.runs] or [""])[0]

    def snapshot(self) -> dict[str, Any]:
        """Return what clients can change, to be compared."""
        self.sync()
        return {"refs": self.refs(), **copy.deepcopy({name: vars(self)[name] for name in ("pulls", "issues", "labels", "releases")})}
