"""A chart: what its Chart.yaml says, and what its archive contains.

https://helm.sh/docs/topics/charts/#the-chartyaml-file
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

import yaml

from ...core.errors import BadInput, ServiceError
from ...core.versions import semantic_version
from ...core.yaml_file import MOST_TEXT, load_yaml, parse_yaml
from ..archive import BROKEN_ARCHIVE, read_members

EXAMPLES = {"name": "threek8s", "version": "1.7.0"}  # of what Chart.yaml must have
SHA1_LENGTH = 40  # hexadecimal digits
LONGEST_VALUE = 256  # characters
COLLECTIONS = (dict, list, set, bytes)
# Also raised for a broken Chart.yaml in it.
NOT_A_CHART_ARCHIVE = (*BROKEN_ARCHIVE, yaml.YAMLError)


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
        # Helm takes a v here too, as some have for a version that their workflow replaces.
        semantic_version(version.removeprefix("v"), f"{where}: version")
        return cls(
            name,
            version,
            _text(data, "appVersion", where),
            has_dependencies=any(values_of(data, "dependencies")),
        )


def values_of(data: Mapping[Any, Any], key: str) -> list[Any]:
    """Return the values of a key in each of its spellings: to helm, upper and lower case are one.

    https://pkg.go.dev/encoding/json#Unmarshal
    """
    return [value for name, value in data.items() if str(name).casefold() == key]


def _required(data: Any, key: str, where: str) -> str:
    value = _text(data, key, where) if isinstance(data, dict) else ""
    if not value:
        advice = f"add a line such as `{key}: {EXAMPLES[key]}`"
        raise BadInput(f"{where} has no {key}", advice)
    return value


def _text(data: Mapping[Any, Any], key: str, where: str) -> str:
    """Return a value of one line, "" if there is none. Raises BadInput."""
    value = data.get(key)
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, COLLECTIONS) or len(text) > LONGEST_VALUE or not text.isprintable():
        advice = f"write at most {LONGEST_VALUE} characters in one line"
        raise BadInput(f"{where}: {key} is not a short text", advice)
    return text


def archive_contents(archive: bytes) -> dict[str, str]:
    """Return the names of a chart archive's files, with digests that ignore times and helm's order.

    Chart.yaml and Chart.lock count by their values: Helm 3 and 4 write their keys differently.
    Raises ServiceError, ArchiveTooLarge.
    """
    contents = {}
    try:
        for name, stream in _open_files(archive):
            if name.endswith(("/Chart.yaml", "/Chart.lock")):
                values = _comparable(name, stream.read(MOST_TEXT + 1))
                hashed = hashlib.sha256(values)
            else:
                hashed = hashlib.file_digest(stream, "sha256")  # type: ignore[arg-type]
            contents[name] = hashed.hexdigest()
    except NOT_A_CHART_ARCHIVE as error:
        raise _not_a_chart() from error
    return contents


def archive_files(archive: bytes) -> dict[str, bytes]:
    """Return the files of a chart archive by their path in the chart's folder.

    Chart.yaml and Chart.lock have their keys in order: Helm 3 and 4 write them differently.
    Raises ServiceError, ArchiveTooLarge.
    """
    files = {}
    try:
        for name, stream in _open_files(archive):
            content = stream.read()
            if name.endswith(("/Chart.yaml", "/Chart.lock")):
                values = json.loads(_comparable(name, content))
                content = yaml.safe_dump(values, allow_unicode=True).encode()
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                raise tarfile.ReadError(f"{name} leads out of the chart")
            files[str(PurePosixPath(*path.parts[1:]))] = content
    except NOT_A_CHART_ARCHIVE as error:
        raise _not_a_chart() from error
    return files


def archived_blobs(archive: bytes, id_length: int) -> dict[str, str]:
    """Return the names of a chart archive's files, with the ids that git gives to their bytes.

    An id has `id_length` digits: https://git-scm.com/docs/hash-function-transition.
    Raises ServiceError, ArchiveTooLarge.
    """
    algorithm = "sha1" if id_length == SHA1_LENGTH else "sha256"
    blobs = {}
    try:
        for name, stream in _open_files(archive):
            content = stream.read()
            header = f"blob {len(content)}\0".encode()
            blobs[name] = hashlib.new(algorithm, header + content).hexdigest()
    except NOT_A_CHART_ARCHIVE as error:
        raise _not_a_chart() from error
    return blobs


def _not_a_chart() -> ServiceError:
    what = "the registry does not have a chart's archive there"
    return ServiceError(what, "look at it with `helm pull`")


def archived_chart_file(archive: bytes) -> str:
    """Return the text of the Chart.yaml in an archive that is intact.

    Raises ArchiveTooLarge, one of NOT_A_CHART_ARCHIVE.
    """
    text = ""
    for name, stream in _open_files(archive):
        if re.fullmatch("[^/]+/Chart.yaml", name):  # those of its dependencies are deeper
            text = stream.read(MOST_TEXT + 1).decode()
    if not text:
        raise LookupError("no Chart.yaml in it")
    return text


def _open_files(archive: bytes) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the name of each file and its content, to be read before the next one.

    Raises ArchiveTooLarge, one of NOT_A_CHART_ARCHIVE.
    """
    for tar, member in read_members(io.BytesIO(archive)):
        if member.isdir():
            continue
        stream = tar.extractfile(member) if member.isreg() else None
        if stream is None:
            raise tarfile.ReadError(f"{member.name} is no file")
        yield member.name, stream


def _comparable(name: str, data: bytes) -> bytes:
    values = load_yaml(data) or {}
    if not isinstance(values, dict):
        raise TypeError(name)
    kept = {}
    for key, value in values.items():
        if value and key != "generated":
            kept[str(key)] = value
    text = json.dumps(kept, sort_keys=True, default=str)
    return text.encode()
