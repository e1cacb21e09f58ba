"""GitHub's stand-in for one repository: its state, and the rules that GitHub applies to it.

Commits, branches and tags live in a bare repository, the rest in memory. `github_api` is what clients see, `actions` runs workflows.
The rules are those of https://docs.github.com/en/pull-requests and https://docs.github.com/en/repositories.
"""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Self

import yaml

from .actions import Part, Run, fill, now
from .server import Server

HOOK = """#!/bin/sh
while read -r old new ref; do
    [ "$ref" != {ref} ] || {{
        echo "error: GH006: Protected branch update failed for {ref}."
        echo "error: Changes must be made through a pull request."
        exit 1
    }} >&2
done
"""


class Refusal(Exception):
    """GitHub says no, in its words; `kind` is GraphQL's type of the error."""

    def __init__(self, message: str, kind: str = "UNPROCESSABLE") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass
class Label:
    """A label; `color` is hexadecimal, without a #."""

    name: str
    color: str
    description: str = ""


@dataclass
class Issue:
    """An issue; `state` is OPEN or CLOSED, `comments` are their texts, `labels` the names."""

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
    """A pull request, MERGED perhaps; `before` is the commit that it was merged into, `auto_merge` the method that is to be used."""

    head_ref_name: str = ""
    base_ref_name: str = "main"
    head_ref_oid: str = ""
    is_draft: bool = False
    approvals: int = 0
    auto_merge: str = ""
    before: str = ""
    merge_commit: str = ""
    merged_at: datetime | None = None


@dataclass
class Release:
    """A release of `tag_name`, in the words of the REST API."""

    id: int
    tag_name: str
    name: str
    body: str
    author: str
    prerelease: bool = False
    draft: bool = False
    created_at: datetime = field(default_factory=now)


class GitHub:
    """One repository, `slug` (owner/name), over the bare repository `remote`, served on the unix socket `socket`.

    `token` is the only one that is valid; `workdir` takes the folders of workflow runs, whose steps see `env`. The attributes are
    the repository's settings and contents, and may be changed at any time.
    """

    def __init__(self, remote: Path, slug: str, token: str, socket: Path, workdir: Path, env: Mapping[str, str]) -> None:
        from .github_api import Api  # the two know each other  # noqa: PLC0415

        self.remote, self.slug, self.token, self.workdir, self.env = remote, slug, token, workdir, env
        self.owner, _, self.name = slug.partition("/")
        self.login, self.scopes, self.permissions = self.owner, "repo, workflow, write:packages", dict[str, str]()
        self.merge_methods, self.required_checks, self.required_reviews = ["merge", "squash", "rebase"], list[str](), 0
        self.check_seconds, self.next_number, self.auto_merge_allowed = 0.0, 1, True
        self.actions_disabled, self.dispatch_returns_run = False, False
        self.pulls, self.issues, self.labels = dict[int, Pull](), dict[int, Issue](), dict[str, Label]()
        self.releases, self.runs, self.workflow_ids = list[Release](), list[Run](), list[str]()  # the newest is the first
        self.checks: dict[str, dict[str, Part]] = defaultdict(dict)  # by commit and name
        self.requests, self.lock, self._seen = list[tuple[str, str]](), threading.RLock(), self.refs()
        self._server = Server(Api(self).answer, socket)
        # A unix socket refuses TCP_NODELAY, which the server's handler asks for on every connection.
        self._server._http.RequestHandlerClass.disable_nagle_algorithm = False  # type: ignore[attr-defined]

    def start(self) -> Self:
        """Begin to serve; only what is pushed from now on triggers workflows."""
        self._seen = self.refs()
        self._server.start()
        return self

    def stop(self, *_: object) -> None:
        """End the server, and the runs."""
        self._server.stop()
        for run in self.runs:
            run.stop()

    __enter__, __exit__ = start, stop

    def git(self, *args: str, tolerant: bool = False) -> str:
        """Return what git prints. Raises CalledProcessError, unless `tolerant`: then a failure is an empty answer."""
        names = {f"GIT_{role}_NAME": self.login for role in ("AUTHOR", "COMMITTER")}
        mails = {f"GIT_{role}_EMAIL": f"{self.login}@users.noreply.github.com" for role in ("AUTHOR", "COMMITTER")}
        argv, env = ["git", "-C", str(self.remote), *args], {**os.environ, **names, **mails}
        done = subprocess.run(argv, capture_output=True, text=True, check=not tolerant, env=env)
        return "" if done.returncode else done.stdout.strip()

    def refs(self) -> dict[str, str]:
        """Return the full names of branches and tags, and the commits that they lead to."""
        lines = self.git("for-each-ref", "--format=%(refname) %(*objectname) %(objectname)", "refs/heads", "refs/tags").splitlines()
        return {name: commit for name, commit, *_ in (line.split() for line in lines)}

    @property
    def default_branch(self) -> str:
        """The branch that HEAD names."""
        return self.git("symbolic-ref", "--short", "HEAD")

    @property
    def protected(self) -> bool:
        """Whether nobody may push to the default branch."""
        return (self.remote / "hooks" / "pre-receive").exists()

    @protected.setter
    def protected(self, value: bool) -> None:
        hook = self.remote / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(HOOK.format(ref=f"refs/heads/{self.default_branch}"))
        hook.chmod(0o755)
        if not value:
            hook.unlink()

    def commit(self, tree: str, message: str, *parents: str) -> str:
        """Make a commit and return it."""
        return self.git("commit-tree", f"{tree}^{{tree}}", "-m", message, *(word for parent in parents for word in ("-p", parent)))

    def three_way(self, base: str, ours: str, theirs: str) -> str:
        """Return the tree that a three-way merge results in, or nothing if it conflicts."""
        root = self.commit(base, "base")  # git 2.39's merge-tree finds the base by history alone, so that gets one
        sides = [self.commit(side, "side", root) for side in (ours, theirs)]
        return self.git("merge-tree", "--write-tree", *sides, tolerant=True)

    # What people do

    def open_issue(self, title: str, body: str = "", author: str = "", labels: Sequence[str] = ()) -> Issue:
        """Open an issue."""
        number, self.next_number = self.next_number, self.next_number + 1
        return self.issues.setdefault(number, Issue(number, title, body, author or self.login, labels=list(labels)))

    def open_pull(self, head: str, base: str, title: str, body: str = "", author: str = "", draft: bool = False) -> Pull:
        """Open a pull request between two branches. Raises Refusal."""
        refs = self.refs()
        tips = [refs.get(f"refs/heads/{branch}", "") for branch in (head, base)]
        if not all(tips) or not self.git("rev-list", f"{tips[1]}..{tips[0]}"):
            raise Refusal(f"No commits between {base} and {head}" if all(tips) else "Head sha can't be blank, Base sha can't be blank")
        if any((pull.head_ref_name, pull.base_ref_name, pull.state) == (head, base, "OPEN") for pull in self.pulls.values()):
            raise Refusal(f"A pull request already exists for {self.owner}:{head}.")
        number, self.next_number = self.next_number, self.next_number + 1
        self.pulls[number] = Pull(number, title, body, author or self.login, head_ref_name=head, base_ref_name=base, is_draft=draft)
        self.sync()
        return self.pulls[number]

    def revert(self, number: int, title: str = "", body: str = "", draft: bool = False) -> Pull:
        """Open the pull request that reverts a merged one. Raises Refusal."""
        pull, refs = self.pulls[number], self.refs()
        tip = refs[f"refs/heads/{pull.base_ref_name}"]
        tree = self.three_way(pull.merge_commit, tip, pull.before) if pull.state == "MERGED" else ""
        if tree in ("", self.git("rev-parse", f"{tip}^{{tree}}")):
            raise Refusal("Was unable to revert PR.")
        names = (f"revert-{number}-{pull.head_ref_name}{suffix}" for suffix in ("", *(f"-{n}" for n in range(1, 100))))
        branch = next(name for name in names if f"refs/heads/{name}" not in refs)
        subject = self.git("log", "-1", "--format=%s", pull.merge_commit)
        made = self.commit(tree, f'Revert "{subject}"\n\nThis reverts commit {pull.merge_commit}.', tip)
        self.git("update-ref", f"refs/heads/{branch}", made, "")
        title, body = title or f'Revert "{pull.title}"', body or f"Reverts {self.slug}#{number}"
        return self.open_pull(branch, pull.base_ref_name, title, body, draft=draft)

    def merge(self, number: int, method: str = "merge", headline: str = "", body: str = "") -> str:
        """Merge whatever the rules say, as an administrator may, and return the commit. Raises Refusal if it conflicts."""
        self.sync()
        pull = self.pulls[number]
        ref = f"refs/heads/{pull.base_ref_name}"
        head, tip = pull.head_ref_oid, self.refs()[ref]
        picks = [(self.git("merge-base", tip, head), head)]
        if method == "rebase":
            picks = [(f"{sha}^", sha) for sha in self.git("rev-list", "--reverse", f"{tip}..{head}").splitlines()]
        made = tip
        for base, sha in picks:
            tree = self.three_way(base, made, sha)
            if not tree:
                raise Refusal("Pull Request is not mergeable")
            message = {
                "merge": f"Merge pull request #{number} from {self.owner}/{pull.head_ref_name}\n\n{pull.title}",
                "squash": f"{pull.title} (#{number})",
            }
            text = f"{headline}\n\n{body}" if headline else message.get(method) or self.git("log", "-1", "--format=%B", sha)
            made = self.commit(tree, text, made, *[head] * (method == "merge"))
        self.git("update-ref", ref, made, tip)
        pull.state, pull.before, pull.merge_commit, pull.merged_at, pull.closed_at = "MERGED", tip, made, now(), now()
        self.sync()
        return made

    def create_release(self, tag: str, title: str, notes: str, prerelease: bool = False, draft: bool = False) -> Release:
        """Publish a release, and make its tag if there is none."""
        refs = self.refs()
        if f"refs/tags/{tag}" not in refs and not draft:
            self.git("tag", tag, self.default_branch)
        release = Release(len(self.releases) + 1, tag, title, notes, self.login, prerelease, draft)
        self.releases.insert(0, release)
        self.sync()
        if not draft:
            self._trigger("release", f"refs/tags/{tag}", self.refs()[f"refs/tags/{tag}"], {"action": "published", "release": vars(release)})
        return release

    def set_check(self, number: int, name: str, conclusion: str | None) -> None:
        """Play CI: a check on a pull request's head ends with a conclusion such as success, or runs, if None."""
        self.sync()
        self.checks[self.pulls[number].head_ref_oid].setdefault(name, Part(name)).mark(conclusion)

    def approve(self, number: int) -> None:
        """Play a reviewer."""
        self.pulls[number].approvals += 1

    # Rules

    def obstacles(self, pull: Pull) -> list[str]:
        """Return what branch protection has against a merge, in GitHub's words."""
        checks = self.checks[pull.head_ref_oid]
        ends = {name: checks[name].conclusion or "pending" if name in checks else "expected" for name in self.required_checks}
        reviews = [f"At least {self.required_reviews} approving review is required by reviewers with write access."]
        return [f'Required status check "{name}" is {end}.' for name, end in ends.items() if end != "success"] + reviews * (
            pull.approvals < self.required_reviews
        )

    def merge_state(self, pull: Pull) -> str:
        """Return GitHub's mergeStateStatus."""
        if pull.state != "OPEN":
            return "UNKNOWN"
        tip = self.refs()[f"refs/heads/{pull.base_ref_name}"]
        if not self.three_way(self.git("merge-base", tip, pull.head_ref_oid), tip, pull.head_ref_oid):
            return "DIRTY"
        good = all(check.conclusion == "success" for check in self.checks[pull.head_ref_oid].values())
        return "DRAFT" if pull.is_draft else "BLOCKED" if self.obstacles(pull) else "CLEAN" if good else "UNSTABLE"

    def sync(self) -> None:
        """Catch up with what was pushed and with the time that has passed."""
        with self.lock:
            refs, seen = self.refs(), self._seen
            self._seen = refs
            for ref in [ref for ref in refs if refs[ref] != seen.get(ref)]:
                self._trigger("push", ref, refs[ref], {})
            for pull in [pull for pull in self.pulls.values() if pull.state == "OPEN"]:
                self._advance(pull, refs.get(f"refs/heads/{pull.head_ref_name}", ""))

    def _advance(self, pull: Pull, tip: str) -> None:
        if not tip:
            pull.state, pull.closed_at = "CLOSED", now()
            return
        pull.head_ref_oid = tip
        for name in self.required_checks if self.check_seconds else ():
            if name not in self.checks[tip]:
                self.checks[tip][name] = check = Part(name)
                check.mark(None)
                threading.Timer(self.check_seconds, self._pass, [check]).start()
        if pull.auto_merge and self.merge_state(pull) == "CLEAN":
            self.merge(pull.number, pull.auto_merge)

    def _pass(self, check: Part) -> None:
        if not check.conclusion:
            check.mark("success")

    # Workflows

    def workflows(self, sha: str) -> dict[str, dict[str, Any]]:
        """Return the workflows at a commit, parsed, by path; `on` is made a mapping."""
        found = {}
        for path in self.git("ls-tree", "--name-only", sha, ".github/workflows/").splitlines():
            spec = yaml.safe_load(self.git("show", f"{sha}:{path}"))
            on = spec.pop(True, spec.get("on", {}))  # YAML 1.1 takes `on` for a boolean
            on = {on: {}} if isinstance(on, str) else dict.fromkeys(on, {}) if isinstance(on, list) else on
            found[path] = {**spec, "on": {event: filters or {} for event, filters in on.items()}}
            if path not in self.workflow_ids:
                self.workflow_ids.append(path)
        return found

    def _trigger(self, event: str, ref: str, sha: str, payload: Mapping[str, Any]) -> None:
        for path, spec in self.workflows(sha).items() if not self.actions_disabled else ():
            if _wanted(spec["on"], event, ref):
                self.begin(path, spec, event, ref, sha, payload)

    def dispatch(self, path: str, ref: str, given: Mapping[str, str]) -> Run | None:
        """Run a workflow by hand, at a branch or a tag. Raises Refusal."""
        refs = self.refs()
        full = next((name for name in (ref, f"refs/heads/{ref}", f"refs/tags/{ref}") if name in refs), "")
        if not full:
            raise Refusal(f"No ref found for: {ref}")
        spec = self.workflows(refs[full]).get(path, {"on": {}})
        if "workflow_dispatch" not in spec["on"]:
            raise Refusal("Workflow does not have 'workflow_dispatch' trigger")
        known = spec["on"]["workflow_dispatch"].get("inputs") or {}
        unknown = [name for name in given if name not in known]
        if unknown:
            raise Refusal(f"Unexpected inputs provided: {json.dumps(unknown)}")
        for name, what in known.items():
            if what.get("required") and not given.get(name) and "default" not in what:
                raise Refusal(f"Required input '{name}' not provided")
        inputs = {name: fill(what.get("default", ""), {}) for name, what in known.items()} | dict(given)
        return None if self.actions_disabled else self.begin(path, spec, "workflow_dispatch", full, refs[full], {"inputs": inputs})

    def begin(self, path: str, spec: Mapping[str, Any], event: str, ref: str, sha: str, payload: Mapping[str, Any]) -> Run:
        """Start a run."""
        github = {
            "ref": ref, "ref_name": ref.split("/", 2)[2], "ref_type": "tag" if "tags" in ref else "branch", "sha": sha, "event_name": event,
            "actor": self.login, "repository": self.slug, "repository_owner": self.owner, "event": payload, "run_id": str(len(self.runs) + 1),
            "server_url": "https://github.com", "workflow": spec.get("name", path),
        }  # fmt: skip
        context = {"github": github, "inputs": payload.get("inputs", {}), "secrets": {"GITHUB_TOKEN": self.token}, "vars": {}}
        jobs = {key: _job(key, number, job) for number, (key, job) in enumerate(spec["jobs"].items(), len(self.runs) * 100 + 1)}
        number = 1 + sum(run.path == path for run in self.runs)
        run = Run(
            spec.get("name", path), len(self.runs) + 1, spec, jobs, path=path, event=event, ref=ref, sha=sha, number=number, context=context
        )
        self.runs.insert(0, run)
        threading.Thread(target=run.execute, args=(self.remote, self.workdir, self.env), daemon=True).start()
        return run

    # For those who play with it

    def settle(self, timeout: float = 60) -> str:
        """Wait until every run has ended, `timeout` seconds each, and return the newest one's conclusion."""
        self.sync()
        return ([run.wait(timeout) for run in self.runs] or [""])[0]

    def snapshot(self) -> dict[str, Any]:
        """Return all that clients can change, to be compared."""
        self.sync()
        pulls = {n: (p.state, p.title, p.head_ref_name, p.base_ref_name) for n, p in self.pulls.items()}
        return {"refs": self.refs(), "pulls": pulls, **copy.deepcopy({key: vars(self)[key] for key in ("issues", "labels", "releases")})}


def _job(key: str, number: int, spec: Mapping[str, Any]) -> Part:
    steps = {
        step.get("id", str(n)): Part(step.get("name") or f"Run {step.get('uses') or step.get('run')}".split("\n")[0], n, step)
        for n, step in enumerate(spec["steps"], 1)
    }
    return Part(spec.get("name", key), number, spec, steps)


def _wanted(on: Mapping[str, Any], event: str, ref: str) -> bool:
    """Tell whether a workflow asks for the event."""
    filters, kind = on.get(event), "tags" if ref.startswith("refs/tags/") else "branches"
    if filters is None or event == "release":
        return filters is not None and bool({"published", "released"} & {*filters.get("types", ["published"])})
    patterns = filters.get(kind, [] if {"tags", "branches"} & {*filters} else ["**"])
    return any(re.fullmatch(re.escape(p).replace(r"\*\*", ".*").replace(r"\*", "[^/]*"), ref.split("/", 2)[2]) for p in patterns)
