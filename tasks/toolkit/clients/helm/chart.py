"""A chart: what its Chart.yaml says (https://helm.sh/docs/topics/charts/#the-chartyaml-file), and what its archive holds."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from dataclasses import dataclass

import yaml

from ...core.errors import BadInput, ServiceError
from ...core.versions import semantic_version
from ...core.yaml_file import load, parsed

# What is raised by an archive that is none, that links to nothing, or whose Chart.yaml is none.
BROKEN = (
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    yaml.YAMLError,
    LookupError,
    TypeError,
    ValueError,
    RecursionError,
)


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
        data = parsed(text, where, "`helm lint`")
        for key in ("name", "version"):
            if not isinstance(data, dict) or not data.get(key):
                raise BadInput(
                    f"{where} has no {key}",
                    f"add a line such as `{key}: {'threek8s' if key == 'name' else '1.7.0'}`",
                )
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", str(data["name"])):
            raise BadInput(
                f"{where} names the chart {data['name']!r}",
                "lower case letters, digits and dashes are needed",
            )
        number = semantic_version(str(data["version"]), f"{where}: version")
        app_version = data.get("appVersion")
        return cls(
            str(data["name"]),
            number,
            "" if app_version is None else str(app_version),
            bool(data.get("dependencies")),
        )


def archive_contents(archive: bytes) -> dict[str, str]:
    """Return what a chart's archive holds: file names and digests, without times and the order in which helm wrote them.

    Chart.yaml and Chart.lock are compared by what they say: Helm 3 and 4 write the same chart's keys differently.
    """
    found = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                stream = tar.extractfile(member)
                if stream:
                    found[member.name] = hashlib.sha256(
                        _said(member.name, stream.read())
                    ).hexdigest()
    except BROKEN as error:
        raise ServiceError(
            "what the registry holds is not a chart's archive", "look at it with `helm pull`"
        ) from error
    return found


def _said(name: str, data: bytes) -> bytes:
    if not name.endswith(("/Chart.yaml", "/Chart.lock")):
        return data
    said = load(data) or {}
    if not isinstance(said, dict):
        raise TypeError(name)
    told = {str(key): value for key, value in said.items() if value and key != "generated"}
    return json.dumps(told, sort_keys=True, default=str).encode()
