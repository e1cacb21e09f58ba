"""GitHub Actions for one repository: its workflows, and what makes them run."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from .act import Machine
from .environments import Environment, approval_file, secrets_of, with_approvals
from .events import complete_inputs, completed, make_context
from .push_filters import is_wanted, short_name
from .records import Refusal
from .repository import Repository
from .reruns import begin_attempt, ensure_may_run_again
from .run_titles import title_of
from .runs import Run, create_jobs
from .workflow_files import Spec, WorkflowFile, WorkflowFiles, called_paths, concurrency_group


@dataclass
class Actions:
    """The workflows of `repository`; jobs get folders under `workdir` and see `env`.

    `token` is the maintainer's; jobs have `job_token` if there is one, and find the API at
    `socket`. By the settings jobs `may_open_pulls`, and may `write` or `read` by default.
    `runs` are newest first; `paths` are the workflow files in the order of their ids.
    """

    repository: Repository
    token: str
    workdir: Path
    env: Mapping[str, str]
    job_token: str = ""
    socket: Path = Path("no-socket")
    may_open_pulls: bool = True
    default_permissions: str = "write"
    disabled: bool = False
    disabled_workflows: set[str] = field(default_factory=set)
    environments: dict[str, Environment] = field(default_factory=dict)
    dispatch_returns_run: bool = False
    machine: Callable[[Repository, Path, Mapping[str, str], str, Path], Machine] = Machine
    runs: list[Run] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._files = WorkflowFiles(self.repository)
        self._starting = threading.Lock()
        self._turns = defaultdict[str, AbstractContextManager[Any]](threading.Lock)
        self._turns[""] = nullcontext()

    def workflows(self, commit: str) -> dict[str, Spec]:
        """Return the workflows at a commit by path, with the filters of events under `on`."""
        files = self._files.at(commit)
        self.paths += [path for path in files if path not in self.paths]
        return {path: file.spec for path, file in files.items()}

    def files_at(self, commit: str) -> dict[str, WorkflowFile]:
        """Return the workflow files at a commit by path."""
        return self._files.at(commit)

    def id_of(self, path: str) -> int:
        """Return the id of a workflow."""
        return self.paths.index(path) + 1

    def push(self, ref: str, before: str = "") -> None:
        """Run the workflows that the push of a branch or tag triggers, which was at `before`."""
        if self.disabled or ref.startswith("refs/forks/"):
            return
        repository = self.repository
        payload = {"before": before, "head_commit": {"message": repository.message(ref)}}
        for path, spec in self.workflows(ref).items():
            filters = spec["on"].get("push")
            if filters is not None and is_wanted(filters, repository, ref, before):
                self.start(path, "push", ref, payload)

    def release(self, tag: str) -> None:
        """Run the workflows that the publication of a release triggers."""
        if self.disabled:
            return
        ref = f"refs/tags/{tag}"
        payload = {"action": "published", "release": {"tag_name": tag}}
        for path, spec in self.workflows(ref).items():
            filters = spec["on"].get("release")
            if filters is not None and "published" in filters.get("types", ["published"]):
                self.start(path, "release", ref, payload)

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
        return self.start(path, event, full_ref, {"inputs": inputs})

    def _full_ref(self, ref: str) -> str:
        refs = self.repository.refs()
        for name in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref):
            if name in refs:
                return name
        raise Refusal(f"No ref found for: {ref}")

    def start(self, path: str, event: str, ref: str, payload: Mapping[str, Any]) -> Run:
        """Begin a run of a workflow at a ref; `payload` is what only this event has."""
        with self._starting:
            return self._start(path, event, ref, payload)

    def _start(self, path: str, event: str, ref: str, payload: Mapping[str, Any]) -> Run:
        number = len(self.runs) + 1
        commit = self.repository.refs()[ref]
        files = self._files_with_approvals(commit)
        spec = files[path].spec
        run = Run(
            spec.get("name", path),
            number,
            path=path,
            title=title_of(spec, payload.get("inputs", {})),
            event=event,
            head_branch=short_name(ref),
            head_sha=commit,
            jobs=create_jobs(number, spec, files),
            referenced=[self._reference(called, ref, commit) for called in called_paths(spec)],
            context={
                "github": make_context(self.repository, event, ref, commit, payload),
                "inputs": payload.get("inputs", {}),
            },
            secrets=secrets_of(files[path], self.environments),
        )
        self.runs.insert(0, run)
        self._execute(run, self._files_of(run))
        return run

    def rerun(self, run: Run, *, only_failed: bool) -> None:
        """Execute a run again, or the jobs of it that did not succeed. Raises Refusal."""
        ensure_may_run_again(run, only_failed=only_failed)
        for name in self.environments:
            approval_file(self.workdir, run.id, name).unlink(missing_ok=True)
        files = self._files_of(run)
        self._execute(run, begin_attempt(run, files, only_failed=only_failed))

    def _files_with_approvals(self, commit: str) -> dict[str, WorkflowFile]:
        protected = {name for name, one in self.environments.items() if one.reviewers}
        files = self._files.at(commit)
        if not protected:
            return files
        return {path: with_approvals(file, protected) for path, file in files.items()}

    def _files_of(self, run: Run) -> dict[str, WorkflowFile]:
        """Return the workflow file of a run, and those that it calls, by their paths."""
        files = self._files_with_approvals(run.head_sha)
        spec = files[run.path].spec
        paths = (run.path, *called_paths(spec))
        return {path: files[path] for path in paths if path in files}

    def _execute(self, run: Run, files: Mapping[str, WorkflowFile]) -> None:
        token = self.job_token or self.token
        machine = self.machine(self.repository, self.workdir, self.env, token, self.socket)
        threading.Thread(target=self._run_on, args=(machine, run, files), daemon=True).start()

    def _run_on(self, machine: Machine, run: Run, files: Mapping[str, WorkflowFile]) -> None:
        with self._turns[concurrency_group(files[run.path].spec)]:
            machine.execute(run, files)
        with suppress(CalledProcessError, OSError):  # the sandbox has ended, and its folder is gone
            self._follow(run)

    def _follow(self, run: Run) -> None:
        """Run the workflows that look what became of a run."""
        branch = f"refs/heads/{self.repository.default_branch}"
        if run.event == "workflow_run" or self.disabled:
            return
        for path, spec in self.workflows(branch).items():
            filters = spec["on"].get("workflow_run", {})
            if run.name in filters.get("workflows", []):
                self.start(path, "workflow_run", branch, completed(run))

    def _reference(self, path: str, ref: str, commit: str) -> dict[str, str]:
        """Return a called workflow as the REST API shows it."""
        return {"path": f"{self.repository.slug}/{path}@{ref}", "sha": commit, "ref": ref}
