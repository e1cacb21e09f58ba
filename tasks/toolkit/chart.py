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

from .errors import BadInput, ServiceError
from .reference import version
from .yaml_text import parsed


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
                raise BadInput(f"{where} has no {key}", f"add a line such as `{key}: {'threek8s' if key == 'name' else '1.7.0'}`")
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", str(data["name"])):
            raise BadInput(f"{where} names the chart {data['name']!r}", "lower case letters, digits and dashes are needed")
        number = version(str(data["version"]), f"{where}: version")
        return cls(str(data["name"]), number, str(data.get("appVersion", "")), bool(data.get("dependencies")))


def contents(archive: bytes) -> dict[str, str]:
    """Return what a chart's archive holds: file names and digests, without times and the order in which helm wrote them.

    Chart.yaml and Chart.lock are compared by what they say: Helm 3 and 4 write the same chart's keys differently.
    """
    found = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                stream = tar.extractfile(member)
                if stream:
                    found[member.name] = hashlib.sha256(_said(member.name, stream.read())).hexdigest()
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ServiceError("what the registry holds is not a chart's archive", "look at it with `helm pull`") from error
    return found


def _said(name: str, data: bytes) -> bytes:
    if not name.endswith(("/Chart.yaml", "/Chart.lock")):
        return data
    said = yaml.safe_load(data) or {}
    return json.dumps({key: value for key, value in said.items() if value and key != "generated"}, sort_keys=True, default=str).encode()
