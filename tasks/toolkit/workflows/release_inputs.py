"""The inputs of a run by hand that publishes a release."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..clients.github.workflow_faults import as_list
from ..clients.github.workflow_file import Workflow
from ..core.errors import BadInput

IS_DRY_RUN = re.compile(r"dry.?run|simulat", re.IGNORECASE)
TRUTHS = {True: "true", False: "false"}


@dataclass(frozen=True)
class ReleaseNames:
    """What a release is called: its tag, its version, its appVersion, which may be empty."""

    tag: str
    version: str
    app_version: str


def release_inputs(workflow: Workflow, where: str, names: ReleaseNames) -> dict[str, str]:
    """Return the inputs with which the workflow in the file `where` publishes a release.

    Raises BadInput for one that is required and cannot be guessed.
    """
    inputs = {}
    for name, options in (workflow.inputs or {}).items():
        value = _value(name, options, names)
        if value:
            inputs[name] = value
        elif options.get("required") is True:
            what = f"{where} needs the input {name}, and what to give it cannot be guessed"
            advice = "give it a default in the workflow, or rehearse with --as tag or --as release"
            raise BadInput(what, advice)
    return inputs


def _value(name: str, options: Mapping[str, Any], names: ReleaseNames) -> str:
    """Return the value of an input, or nothing."""
    kind = options.get("type", "string")
    default = options.get("default")
    if kind == "boolean" and IS_DRY_RUN.search(name):
        return "false"  # a release is no dry run
    named = _named(name.lower(), names)
    if kind == "string" and named:
        return named
    choices = [str(choice) for choice in as_list(options.get("options"))]
    if kind == "choice" and named in choices:
        return named
    if isinstance(default, bool):
        return TRUTHS[default]
    if default is None and options.get("required") is True:
        default = "false" if kind == "boolean" else "".join(choices[:1])
    return str(default or "")


def _named(name: str, names: ReleaseNames) -> str:
    """Return what the name of an input asks for: a version or a tag, or nothing."""
    if "version" in name and "app" in name:
        return names.app_version
    if "version" in name:
        return names.version
    return names.tag if re.search(r"(^|[-_])tag", name) else ""
