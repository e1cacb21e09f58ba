"""A chart: what its Chart.yaml says, and what its archive contains.

https://helm.sh/docs/topics/charts/#the-chartyaml-file
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from ...core.errors import BadInput, ServiceError
from ...core.versions import semantic_version
from ...core.yaml_file import load_yaml, parse_yaml

EXAMPLES = {"name": "threek8s", "version": "1.7.0"}  # of what Chart.yaml must have
NOT_A_CHART_ARCHIVE = (  # also raised for a link to nothing, and for a broken Chart.yaml in it
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
    """What Chart.yaml says; `app_version` is empty if there is none."""

    name: str
    version: str
    app_version: str
    has_dependencies: bool = False

    @classmethod
    def parse(cls, text: str, where: str) -> Chart:
        """Return the chart of a Chart.yaml. Raises BadInput that says `where` it is."""
        data = parse_yaml(text, where, "`helm lint`")
        name = _required(data, "name", where)
        version = _required(data, "version", where)
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
            advice = "it must be lower case letters, digits, dots and dashes"
            raise BadInput(f"{where} names the chart {name!r}", advice)
        semantic_version(version, f"{where}: version")
        app_version = data.get("appVersion")
        if app_version is None:
            app_version = ""
        dependencies = data.get("dependencies")
        return cls(
            name,
            version,
            str(app_version),
            has_dependencies=bool(dependencies),
        )


def _required(data: Any, key: str, where: str) -> str:
    value = data.get(key) if isinstance(data, dict) else None
    if not value:
        advice = f"add a line such as `{key}: {EXAMPLES[key]}`"
        raise BadInput(f"{where} has no {key}", advice)
    return str(value)


def archive_contents(archive: bytes) -> dict[str, str]:
    """Return the names of a chart archive's files, with digests that ignore times and helm's order.

    Chart.yaml and Chart.lock count by their values: Helm 3 and 4 write their keys differently.
    Raises ServiceError.
    """
    contents = {}
    try:
        for name, data in _read_files(archive):
            hashed = hashlib.sha256(_comparable(name, data))
            contents[name] = hashed.hexdigest()
    except NOT_A_CHART_ARCHIVE as error:
        what = "the registry does not have a chart's archive there"
        raise ServiceError(what, "look at it with `helm pull`") from error
    return contents


def archived_chart_file(archive: bytes) -> str:
    """Return the text of the Chart.yaml in an archive that is intact.

    Raises one of NOT_A_CHART_ARCHIVE.
    """
    files = dict(_read_files(archive))
    for name, data in files.items():
        if re.fullmatch("[^/]+/Chart.yaml", name):  # those of its dependencies are deeper
            return data.decode()
    raise LookupError("no Chart.yaml in it")


def _read_files(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each file. Raises one of NOT_A_CHART_ARCHIVE."""
    compressed = io.BytesIO(archive)
    with tarfile.open(fileobj=compressed, mode="r:gz") as tar:
        for member in tar:
            stream = tar.extractfile(member)
            if stream:
                yield member.name, stream.read()


def _comparable(name: str, data: bytes) -> bytes:
    if not name.endswith(("/Chart.yaml", "/Chart.lock")):
        return data
    values = load_yaml(data) or {}
    if not isinstance(values, dict):
        raise TypeError(name)
    kept = {}
    for key, value in values.items():
        if value and key != "generated":
            kept[str(key)] = value
    text = json.dumps(kept, sort_keys=True, default=str)
    return text.encode()
