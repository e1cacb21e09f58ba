"""A workflow's file: whether it is well formed, how it can be run, and where it pushes the chart to and gets it from.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import BadInput
from .yaml_text import parsed

USES = {"show", "pull", "template", "install", "upgrade", "fetch"}


@dataclass(frozen=True)
class Workflow:
    """What the file says: `triggers` by event, and the whole of it."""

    triggers: Mapping[str, Any]
    said: Mapping[str, Any]

    @classmethod
    def parse(cls, text: str, where: str) -> Workflow:
        """Read a workflow's YAML. Raises BadInput, naming `where` it is, when it is none."""
        said = parsed(text, where, "an editor")
        if not isinstance(said, dict):
            raise BadInput(f"{where} is no workflow", "`on` and `jobs` are needed")
        on = said.get(True, said.get("on"))  # YAML 1.1 takes the key `on` for true
        return cls(on if isinstance(on, dict) else dict.fromkeys([on] if isinstance(on, str) else on or []), said)

    @property
    def inputs(self) -> dict[str, Any] | None:
        """The inputs that it takes when it is run by hand; None when it cannot be."""
        if "workflow_dispatch" not in self.triggers:
            return None
        return dict((self.triggers["workflow_dispatch"] or {}).get("inputs") or {})

    @property
    def needed(self) -> list[str]:
        """The inputs without which it cannot be run by hand."""
        return [name for name, about in (self.inputs or {}).items() if about and about.get("required") and not about.get("default")]

    def fields(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return those of `values` that it takes when it is run by hand; what else it needs, whoever runs it is told by GitHub."""
        return {name: values[name] for name in self.inputs or {} if values.get(name)}

    def faults(self) -> list[str]:
        """Return what GitHub would refuse it for, as far as its shape goes."""
        jobs = self.said.get("jobs")
        found = ["it has no `on`"] * (not self.triggers) + ["it has no `jobs`"] * (not isinstance(jobs, dict) or not jobs)
        for key, job in (jobs if isinstance(jobs, dict) else {}).items():
            if not isinstance(job, dict):
                found.append(f"job {key} is empty")
                continue
            steps, needs = job.get("steps"), job.get("needs") or []
            found += [f"job {key} has no `{name}`" for name in ("runs-on", "steps") if "uses" not in job and not job.get(name)]
            found += [f"job {key} needs {other}, which is not there" for other in _listed(needs) if other not in (jobs or ())]
            for number, step in enumerate(steps if isinstance(steps, list) else [], 1):
                if not isinstance(step, dict) or ("run" in step) == ("uses" in step):
                    found.append(f"step {number} of job {key} needs either `run` or `uses`")
        return found

    def references(self, context: Mapping[str, str]) -> tuple[set[str], set[str]]:
        """Return where its steps `helm push` to, and the references that they get a chart from, both with oci://.

        Variables are filled in from `env` and `context` (such as github.repository); one that is known only in the run stays.
        """
        pushed, used = set[str](), set[str]()
        for job in (self.said.get("jobs") or {}).values():
            for step in job.get("steps") or []:
                env = {**(self.said.get("env") or {}), **(job.get("env") or {}), **(step.get("env") or {})}
                for words in _commands(str(step.get("run", "")), {str(key): str(value) for key, value in env.items()}, context):
                    found = {word.rstrip("/") for word in words if word.startswith("oci://")}
                    (pushed if "push" in words else used if USES & {*words} else set()).update(found)
        return pushed, {re.sub(r"(?<=[^/:]):[^/]*$", "", reference) for reference in used}


def _listed(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Fill in the expressions that name one of `values`; of the others the braces stay, without spaces."""
    return re.sub(r"\$\{\{\s*(.+?)\s*\}\}", lambda found: values.get(found[1], f"${{{found[1].replace(' ', '')}}}"), text)


def _commands(script: str, env: Mapping[str, str], context: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield the words of each helm command of a script, its variables filled in."""
    env = {f"GITHUB_{name.partition('.')[2].upper()}": value for name, value in context.items()} | {
        name: _filled(value, context) for name, value in env.items()
    }
    filled = _filled(script.replace("\\\n", " "), {**context, **{f"env.{name}": value for name, value in env.items()}})

    def variable(found: re.Match[str]) -> str:
        value = env.get(found[1], found[0])
        return value.lower() if found[0].endswith(",,}") else value

    for part in re.split(r"\n|&&|\|\|?|;|\$\(", re.sub(r"\$\{?(\w+)(?:,,)?\}?", variable, filled)):
        try:
            words = shlex.split(part, comments=True)
        except ValueError:  # a quote that closes in another part
            words = part.split()
        if "helm" in words:
            yield words[words.index("helm") :]
