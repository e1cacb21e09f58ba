"""The repository as Actions knows it: its refs, the workflows in it, and what makes them run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .actions import Part, Run, fill
from .records import Refusal

HOOK = """#!/bin/sh
while read -r old new ref; do
    [ "$ref" = {ref} ] || continue
    printf '%s\\n' "error: GH006: Protected branch update failed for $ref." "error: Changes must be made through a pull request." >&2
    exit 1
done
"""


class Workflows:
    """The bare repository `remote` of `slug` (owner/name), and its runs, the newest first; `disabled` holds paths of workflows."""

    def __init__(self, remote: Path, slug: str, token: str, workdir: Path, env: Mapping[str, str]) -> None:
        self.remote, self.slug, self.token, self.workdir, self.env = remote, slug, token, workdir, env
        self.owner, _, self.name = slug.partition("/")
        self.actions_disabled, self.dispatch_returns_run, self.disabled = False, False, frozenset[str]()
        self.runs, self.workflow_ids = list[Run](), list[str]()

    def sync(self) -> None:
        """Notice what was pushed."""

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

    def commit_tree(self, tree: str, message: str, *parents: str) -> str:
        """Make a commit of the tree of `tree`, and return it."""
        return self.git("commit-tree", f"{tree}^{{tree}}", "-m", message, *(word for parent in parents for word in ("-p", parent)))

    def three_way(self, base: str, ours: str, theirs: str) -> str:
        """Return the tree of a three-way merge, nothing if it conflicts. git before 2.40 takes the base from history only: make one."""
        root = self.commit_tree(base, "base")
        return self.git("merge-tree", "--write-tree", *(self.commit_tree(side, "side", root) for side in (ours, theirs)), tolerant=True)

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
        jobs = dict[str, Part]()
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
