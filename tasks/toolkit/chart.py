"""What Chart.yaml says: https://helm.sh/docs/topics/charts/#the-chartyaml-file."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from .errors import BadInput
from .reference import version


@dataclass(frozen=True)
class Chart:
    """What Chart.yaml says of a chart: its name, version and appVersion (empty if it has none)."""

    name: str
    version: str
    app_version: str
    dependencies: bool = False

    @classmethod
    def parse(cls, text: str, where: str) -> Chart:
        """Read a Chart.yaml. Raises BadInput, naming `where` it is, when it is not one."""
        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f", line {mark.line + 1}" if mark else ""
            raise BadInput(f"{where} is not YAML{line}", "mend it; `helm lint` shows more") from error
        for key in ("name", "version"):
            if not isinstance(data, dict) or not data.get(key):
                raise BadInput(f"{where} has no {key}", f"add a line such as `{key}: {'threek8s' if key == 'name' else '1.7.0'}`")
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", str(data["name"])):
            raise BadInput(f"{where} names the chart {data['name']!r}", "lower case letters, digits and dashes are needed")
        number = version(str(data["version"]), f"{where}: version")
        return cls(str(data["name"]), number, str(data.get("appVersion", "")), bool(data.get("dependencies")))
