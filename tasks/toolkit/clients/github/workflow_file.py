"""A workflow's file: whether it is well formed, how it can be run, and where it pushes the chart to and gets it from.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import BadInput
from ...core.yaml_file import parsed

USES = {"show", "pull", "template", "install", "upgrade", "fetch"}


@dataclass(frozen=True)
class Workflow:
    """What the file says: `triggers` by event, and the whole of it."""

    triggers: Mapping[str, Any]
    said: Mapping[Any, Any]

    @classmethod
    def parse(cls, text: str, where: str) -> Workflow:
        """Read a workflow's YAML. Raises BadInput, naming `where` it is, when it is none."""
        said = parsed(text, where, "an editor")
        if not isinstance(said, dict):
            raise BadInput(f"{where} is no workflow", "`on` and `jobs` are needed")
        if True in said:
            said["on"] = said.pop(True)  # YAML 1.1 takes the key `on` for true
        on = said.get("on")
        return cls(on if isinstance(on, dict) else dict.fromkeys(_listed(on)), said)

    @property
    def inputs(self) -> dict[str, dict[str, Any]] | None:
        """The inputs that it takes when it is run by hand; None when it cannot be."""
        if "workflow_dispatch" not in self.triggers:
            return None
        inputs = _mapping(_mapping(self.triggers["workflow_dispatch"]).get("inputs"))
        return {str(name): _mapping(about) for name, about in inputs.items()}

    @property
    def needed(self) -> list[str]:
        """The inputs without which it cannot be run by hand."""
        return [
            name
            for name, about in (self.inputs or {}).items()
            if about.get("required") and not about.get("default")
        ]

    def fields(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return those of `values` that it takes when it is run by hand; what else it needs, whoever runs it is told by GitHub."""
        return {name: values[name] for name in self.inputs or {} if values.get(name)}

    def faults(self) -> list[str]:
        """Return what GitHub would refuse it for, as far as its shape goes."""
        on, jobs = self.said.get("on"), self.said.get("jobs")
        found = ["it has no `on`"] * (not on) + ["it has no `jobs`"] * (not jobs)
        if not (isinstance(on, dict | None) or _names(on)):
            found.append("`on` is neither an event, nor a list of them, nor a mapping")
        by_hand = self.triggers.get("workflow_dispatch")
        inputs = _mapping(by_hand).get("inputs")
        mappings = {
            "workflow_dispatch": by_hand,
            "`inputs`": inputs,
            **{f"input {name}": about for name, about in _mapping(inputs).items()},
        }
        found += [
            f"{what} is no mapping"
            for what, value in {**mappings, "`jobs`": jobs}.items()
            if not isinstance(value, dict | None)
        ]
        found += _odd_env(self.said.get("env"), "the workflow")
        for key, job in _mapping(jobs).items():
            found += _faults_of(key, job, {str(name) for name in _mapping(jobs)})
        return found

    def references(self, context: Mapping[str, str]) -> tuple[set[str], set[str]]:
        """Return where its steps `helm push` to, and the references that they get a chart from, both with oci://.

        Variables are filled in from `env` and `context` (such as github.repository); one that is known only in the run stays.
        """
        pushed, used = set[str](), set[str]()
        for job in map(_mapping, _mapping(self.said.get("jobs")).values()):
            for step in map(_mapping, job["steps"] if isinstance(job.get("steps"), list) else ()):
                env = {
                    **_mapping(self.said.get("env")),
                    **_mapping(job.get("env")),
                    **_mapping(step.get("env")),
                }
                for words in _commands(
                    str(step.get("run", "")),
                    {str(key): str(value) for key, value in env.items()},
                    context,
                ):
                    found = {word.rstrip("/") for word in words if word.startswith("oci://")}
                    (pushed if "push" in words else used if USES & {*words} else set()).update(
                        found
                    )
        return pushed, {re.sub(r"(?<=[^/:]):[^/]*$", "", reference) for reference in used}


def _mapping(value: Any) -> dict[Any, Any]:
    """Return a value that should be a mapping, and an empty one in its place: `faults` tells of it."""
    return value if isinstance(value, dict) else {}


def _listed(names: Any) -> list[str]:
    """Return the names of a list, or the one name that there is."""
    return [
        name
        for name in (
            [names] if isinstance(names, str) else names if isinstance(names, list) else ()
        )
        if isinstance(name, str)
    ]


def _names(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and len(_listed(value)) == len(value))


def _odd_env(value: Any, where: str) -> list[str]:
    expression = isinstance(value, str) and "${{" in value
    return [f"`env` of {where} is no mapping"] * (
        not expression and not isinstance(value, dict | None)
    )


def _faults_of(key: str, job: Any, jobs: set[str]) -> list[str]:
    """Return the faults of one job; `jobs` are the names of all."""
    if not isinstance(job, dict):
        return [f"job {key} is {'empty' if job is None else 'no mapping'}"]
    steps, needs = job.get("steps"), job.get("needs") or []
    found = [
        f"job {key} has no `{name}`"
        for name in ("runs-on", "steps")
        if "uses" not in job and not job.get(name)
    ]
    found += [
        f"job {key} needs {other}, which is not there"
        for other in _listed(needs)
        if other not in jobs
    ]
    found += [f"`needs` of job {key} is neither a job nor a list of them"] * (
        not _names(needs)
    ) + _odd_env(job.get("env"), f"job {key}")
    if steps and not isinstance(steps, list):
        found.append(f"`steps` of job {key} is no list")
    for number, step in enumerate(steps if isinstance(steps, list) else [], 1):
        if not isinstance(step, dict) or ("run" in step) == ("uses" in step):
            found.append(f"step {number} of job {key} needs either `run` or `uses`")
        found += _odd_env(_mapping(step).get("env"), f"step {number} of job {key}")
    return found


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Fill in the expressions that name one of `values`; of the others the braces stay, without spaces."""
    return re.sub(
        r"\$\{\{\s*(.+?)\s*\}\}",
        lambda found: values.get(found[1], f"${{{found[1].replace(' ', '')}}}"),
        text,
    )


def _commands(
    script: str, env: Mapping[str, str], context: Mapping[str, str]
) -> Iterator[list[str]]:
    """Yield the words of each helm command of a script, its variables filled in."""
    env = {f"GITHUB_{name.partition('.')[2].upper()}": value for name, value in context.items()} | {
        name: _filled(value, context) for name, value in env.items()
    }
    filled = _filled(
        script.replace("\\\n", " "),
        {**context, **{f"env.{name}": value for name, value in env.items()}},
    )

    def variable(found: re.Match[str]) -> str:
        value = env.get(found[1], found[0])
        return value.lower() if found[0].endswith(",,}") else value

    filled = re.sub(r"(?m)^\s*#.*$", "", re.sub(r"\$\{?(\w+)(?:,,)?\}?", variable, filled))
    for part in re.split(r"\n|&&|\|\|?|;|\$?\(|[)`>]", filled):
        try:
            words = shlex.split(part, comments=True)
        except ValueError:  # a quote that closes in another part
            words = [word.strip("\"'") for word in part.split()]
        if "helm" in words:
            yield words[words.index("helm") :]
