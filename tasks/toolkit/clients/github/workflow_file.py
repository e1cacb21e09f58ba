"""A workflow file: its inputs, its faults, and where its steps push charts to and get them from.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ...core.errors import BadInput, ProgramFailed
from ...core.yaml_file import parse_yaml
from ..process import ProcessRunner, ProgramOutput
from ..program import Program
from .helm_commands import helm_commands, pushed_to
from .workflow_faults import as_list, as_mapping, as_names, find_faults

OCI_RELEASER = "appany/helm-oci-chart-releaser@"
GETS_CHART = {"show", "pull", "template", "install", "upgrade", "fetch"}


@dataclass(frozen=True)
class Workflow:
    """A workflow: its `triggers` by event, and its whole `document`."""

    triggers: Mapping[str, Any]
    document: Mapping[Any, Any]

    @classmethod
    def parse(cls, text: str, where: str) -> Workflow:
        """Parse the YAML of a workflow. Raises BadInput, naming `where` it is from."""
        document = parse_yaml(text, where, "an editor")
        if not isinstance(document, dict):
            raise BadInput(f"{where} is not a workflow", "it needs `on` and `jobs`")
        if True in document:
            document["on"] = document.pop(True)  # YAML 1.1 takes the key `on` for true
        on = document.get("on")
        if isinstance(on, dict):
            return cls(on, document)
        triggers = dict.fromkeys(as_names(on))
        return cls(triggers, document)

    @property
    def inputs(self) -> dict[str, dict[str, Any]] | None:
        """The inputs for a run by hand; None if it cannot be run by hand."""
        if "workflow_dispatch" not in self.triggers:
            return None
        dispatch = as_mapping(self.triggers["workflow_dispatch"])
        inputs = {}
        for name, options in as_mapping(dispatch.get("inputs")).items():
            inputs[str(name)] = as_mapping(options)
        return inputs

    @property
    def required_inputs(self) -> list[str]:
        """The inputs that must be given for a run by hand."""
        required = []
        for name, options in (self.inputs or {}).items():
            if options.get("required") and not options.get("default"):
                required.append(name)
        return required

    def accepted_values(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return those of `values` that it has inputs for."""
        inputs = self.inputs or {}
        return {name: values[name] for name in inputs if values.get(name)}

    def faults(self) -> list[str]:
        """Return why GitHub would refuse the file, as far as its structure tells."""
        return list(find_faults(self.document))

    def references(self, context: Mapping[str, str]) -> tuple[set[str], set[str]]:
        """Return where its steps push charts to, and where they get charts from, with oci://.

        Variables are replaced from `env` and `context` (such as github.repository), if known. What
        only a run knows keeps its `$`.
        """
        pushed: set[str] = set()
        used: set[str] = set()
        for script, env in self._scripts_with_environment():
            for words in helm_commands(script, env, context):
                remote = pushed_to(words)
                if remote:
                    pushed.add(remote)
                elif GETS_CHART.intersection(words):
                    used.update(map(_without_tag, _references_in(words)))
        return pushed, used

    def scripts(self) -> Iterator[str]:
        """Yield the script of each step, which is empty where there is none."""
        for script, _ in self._scripts_with_environment():
            yield script

    def steps(self) -> Iterator[Mapping[Any, Any]]:
        """Yield the fields of each step."""
        jobs = as_mapping(self.document.get("jobs"))
        for job in map(as_mapping, jobs.values()):
            yield from map(as_mapping, as_list(job.get("steps")))

    def _scripts_with_environment(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the script of each step with its environment."""
        jobs = as_mapping(self.document.get("jobs"))
        for job in map(as_mapping, jobs.values()):
            steps = as_list(job.get("steps"))
            for step in map(as_mapping, steps):
                script = str(step.get("run", "")) or _script_of_action(step)
                env = _environment(self.document, job, step)
                yield script, env


def _script_of_action(step: Mapping[Any, Any]) -> str:
    """Return the command that pushes what an action pushes, or nothing.

    https://github.com/appany/helm-oci-chart-releaser#inputs
    """
    if OCI_RELEASER not in str(step.get("uses", "")):
        return ""
    inputs = as_mapping(step.get("with"))
    registry, repository = inputs.get("registry"), inputs.get("repository")
    if not registry or not repository:
        return ""
    return f"helm push chart 'oci://{registry}/{repository}'"


def _environment(*levels: Mapping[Any, Any]) -> dict[str, str]:
    """Return the variables of all levels; those of a later one win."""
    variables = {}
    for level in levels:
        for name, value in as_mapping(level.get("env")).items():
            variables[str(name)] = str(value)
    return variables


def _references_in(words: list[str]) -> list[str]:
    return [word.rstrip("/") for word in words if word.startswith("oci://")]


def _without_tag(reference: str) -> str:
    return re.sub(r"(?<=[^/:]):[^/:]*$", "", reference)


def lint(runner: ProcessRunner, text: str) -> list[str] | None:
    """Return what actionlint reports for a workflow, a line each; None if it is not installed.

    https://github.com/rhysd/actionlint/blob/main/docs/usage.md
    """
    if not shutil.which("actionlint", path=runner.environ.get("PATH")):
        return None
    # shellcheck and pyflakes judge style, which GitHub does not.
    argv = [
        "actionlint",
        "-no-color",
        "-oneline",
        "-shellcheck=",
        "-pyflakes=",
        "-",
    ]
    output = Program(runner, argv, {}).read(stdin=text, check=False)
    return reported_problems(argv, output)


def reported_problems(argv: list[str], output: ProgramOutput) -> list[str]:
    """Return the lines that actionlint printed. Raises ProgramFailed if it failed."""
    if output.status > 1:  # 1: there are problems
        raise ProgramFailed(argv, output.status, output.stderr)
    lines = output.stdout.split("\n")
    return [line.removeprefix("<stdin>:") for line in lines if line]


def parse_workflows(texts: Mapping[str, str]) -> dict[str, Workflow]:
    """Return the well-formed workflows among files by path."""
    found = {}
    for path, text in texts.items():
        if path.endswith((".yml", ".yaml")):
            with suppress(BadInput):
                found[path] = Workflow.parse(text, path)
    return found
