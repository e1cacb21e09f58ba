"""GitHub Actions for one repository: its workflows, and what makes them run."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .expressions import interpolate
from .records import Refusal
from .repository import Repository
from .runner import Runner
from .runs import Run, create_jobs


@dataclass
class Actions:
    """The workflows of `repository`; jobs get folders under `workdir` and see `env`.

    `runs` are newest first; `paths` are the workflow files in the order of their ids.
    """

    repository: Repository
    token: str
    workdir: Path
    env: Mapping[str, str]
    disabled: bool = False
    disabled_workflows: set[str] = field(default_factory=set)
    dispatch_returns_run: bool = False
    runs: list[Run] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def workflows(self, commit: str) -> dict[str, dict[str, Any]]:
        """Return the workflows at a commit by path, with the filters of events under `on`."""
        found = {}
        paths = self.repository.git("ls-tree", "--name-only", commit, ".github/workflows/")
        for path in paths.splitlines():
            if not path.endswith((".yml", ".yaml")):
                continue
            text = self.repository.git("show", f"{commit}:{path}")
            spec = yaml.safe_load(text)
            events = spec.pop(True)  # YAML 1.1 reads `on` as a boolean
            spec["on"] = {event: filters or {} for event, filters in events.items()}
            found[path] = spec
            if path not in self.paths:
                self.paths.append(path)
        return found

    def id_of(self, path: str) -> int:
        """Return the id of a workflow."""
        return self.paths.index(path) + 1

    def push(self, ref: str) -> None:
        """Run the workflows that the push of a branch or tag triggers."""
        if self.disabled or ref.startswith("refs/forks/"):
            return
        for path, spec in self.workflows(ref).items():
            events = spec["on"]
            if "push" in events and matches_filters(events["push"], ref):
                self._run(path, spec, "push", ref, {})

    def dispatch(
        self,
        path: str,
        ref: str,
        given: Mapping[str, str],
    ) -> Run | None:
        """Run a workflow by hand on a branch or tag. Raises Refusal, also for wrong inputs."""
        if path in self.disabled_workflows:
            raise Refusal("Cannot trigger a 'workflow_dispatch' on a disabled workflow")
        full_ref = self._full_ref(ref)
        spec = self.workflows(full_ref).get(path, {"on": {}})
        event = "workflow_dispatch"
        if event not in spec["on"]:
            raise Refusal(f"Workflow does not have '{event}' trigger")
        declared = spec["on"][event].get("inputs", {})
        inputs = complete_inputs(declared, given)
        if self.disabled:
            return None
        return self._run(path, spec, event, full_ref, inputs)

    def _full_ref(self, ref: str) -> str:
        refs = self.repository.refs()
        for name in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref):
            if name in refs:
                return name
        raise Refusal(f"No ref found for: {ref}")

    def _run(
        self,
        path: str,
        spec: Mapping[str, Any],
        event: str,
        ref: str,
        inputs: Mapping[str, str],
    ) -> Run:
        number = len(self.runs) + 1
        branch = _short_name(ref)
        commit = self.repository.refs()[ref]
        github = {
            "ref": ref,
            "ref_name": branch,
            "sha": commit,
            "event_name": event,
            "actor": self.repository.owner,
            "repository": self.repository.slug,
            "repository_owner": self.repository.owner,
        }
        context = {
            "github": github,
            "inputs": inputs,
            "secrets": {"GITHUB_TOKEN": self.token},
        }
        run = Run(
            spec.get("name", path),
            number,
            spec,
            path=path,
            event=event,
            head_branch=branch,
            head_sha=commit,
            jobs=create_jobs(number, spec["jobs"]),
            context=context,
        )
        self.runs.insert(0, run)
        runner = Runner(run, self.repository.path, self.workdir, self.env)
        threading.Thread(target=runner.execute, daemon=True).start()
        return run


def _short_name(ref: str) -> str:
    """Return the name of a branch or tag."""
    return ref.split("/", 2)[2]


def matches_filters(filters: Mapping[str, list[str]], ref: str) -> bool:
    """Check a pushed ref against the filters `branches` and `tags`."""
    if not filters.keys() & {"branches", "tags"}:
        return True
    kind = "tags" if ref.startswith("refs/tags/") else "branches"
    name = _short_name(ref)
    patterns = filters.get(kind, [])
    return any(_matches(pattern, name) for pattern in patterns)


def _matches(pattern: str, name: str) -> bool:
    """Check a name against a pattern, in which `*` matches no slash and `**` does."""
    regex = re.escape(pattern)
    regex = regex.replace(r"\*\*", ".*")
    regex = regex.replace(r"\*", "[^/]*")
    return bool(re.fullmatch(regex, name))


def complete_inputs(declared: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs of a run with their defaults. Raises Refusal for wrong ones."""
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise Refusal(f"Unexpected inputs provided: {json.dumps(unknown)}")
    inputs = dict[str, str]()
    for name, declaration in declared.items():
        default = declaration.get("default", "")
        inputs[name] = given.get(name, interpolate(default, {}))
        if declaration.get("required") and not inputs[name]:
            raise Refusal(f"Required input '{name}' not provided")
    return inputs
