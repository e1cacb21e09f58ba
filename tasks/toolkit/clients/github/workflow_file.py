"""A workflow file: its inputs, its faults, and where its steps push charts to and get them from.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import BadInput, ProgramFailed
from ...core.yaml_file import parse_yaml
from ..process import ProcessRunner
from ..program import Program
from .helm_commands import helm_commands
from .workflow_faults import as_list, as_mapping, as_names, find_faults

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
        triggers = on if isinstance(on, dict) else dict.fromkeys(as_names(on))
        return cls(triggers, document)

    @property
    def inputs(self) -> dict[str, dict[str, Any]] | None:
        """The inputs for a run by hand; None if it cannot be run by hand."""
        if "workflow_dispatch" not in self.triggers:
            return None
        inputs = as_mapping(as_mapping(self.triggers["workflow_dispatch"]).get("inputs"))
        return {str(name): as_mapping(options) for name, options in inputs.items()}

    @property
    def required_inputs(self) -> list[str]:
        """The inputs that must be given for a run by hand."""
        inputs = self.inputs or {}
        required = [name for name, options in inputs.items() if options.get("required")]
        return [name for name in required if not inputs[name].get("default")]

    def accepted_values(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return those of `values` that it has inputs for."""
        return {name: values[name] for name in self.inputs or {} if values.get(name)}

    def faults(self) -> list[str]:
        """Return why GitHub would refuse the file, as far as its structure tells."""
        return find_faults(self.document)

    def references(self, context: Mapping[str, str]) -> tuple[set[str], set[str]]:
        """Return where its steps push charts to, and where they get charts from, with oci://.

        Variables are replaced from `env` and `context` (such as github.repository), if known.
        """
        pushed: set[str] = set()
        used: set[str] = set()
        for script, env in self._scripts():
            for words in helm_commands(script, env, context):
                references = {word.rstrip("/") for word in words if word.startswith("oci://")}
                if "push" in words:
                    pushed |= references
                elif GETS_CHART.intersection(words):
                    used |= {_without_tag(reference) for reference in references}
        return pushed, used

    def _scripts(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the script of each step with its environment."""
        for job in map(as_mapping, as_mapping(self.document.get("jobs")).values()):
            for step in map(as_mapping, as_list(job.get("steps"))):
                env: dict[Any, Any] = {}
                for level in (self.document, job, step):
                    env |= as_mapping(level.get("env"))
                variables = {str(name): str(value) for name, value in env.items()}
                yield str(step.get("run", "")), variables


def _without_tag(reference: str) -> str:
    return re.sub(r"(?<=[^/:]):[^/]*$", "", reference)


def lint(runner: ProcessRunner, text: str) -> list[str] | None:
    """Return what actionlint reports for a workflow, a line each; None if it is not installed.

    https://github.com/rhysd/actionlint/blob/main/docs/usage.md
    """
    if not shutil.which("actionlint", path=runner.environ.get("PATH")):
        return None
    # shellcheck and pyflakes judge style, which GitHub does not.
    argv = ["actionlint", "-no-color", "-oneline", "-shellcheck=", "-pyflakes=", "-"]
    output = Program(runner, argv, {}).read(stdin=text, check=False)
    if output.status > 1:
        raise ProgramFailed(argv, output.status, output.stderr)
    return [line.removeprefix("<stdin>:") for line in output.stdout.splitlines()]
