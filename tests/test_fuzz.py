"""Whatever comes from outside ends in a value or in one clear error, never in a traceback.

Each parser gets examples that are almost right: a part of a valid one is replaced or left out.
"""

from __future__ import annotations

import copy
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tasks.toolkit.clients.github.answers import check_answer
from tasks.toolkit.clients.github.gh import parse_items, read_new_number
from tasks.toolkit.clients.github.issues import Issue
from tasks.toolkit.clients.github.pulls import PullRequest
from tasks.toolkit.clients.github.releases import time_of_release
from tasks.toolkit.clients.github.runs import Job, Run, steps_of
from tasks.toolkit.clients.github.workflow_calls import called_files, find_calls
from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.clients.github.workflow_paths import find_references
from tasks.toolkit.clients.helm.chart import Chart, archive_contents
from tasks.toolkit.clients.helm.cli import parse_pushed
from tasks.toolkit.clients.helm.instructions import find_instructions
from tasks.toolkit.clients.registry.answers import explain, parse_manifest, parse_tags
from tasks.toolkit.clients.registry.connections import RegistryResponse
from tasks.toolkit.clients.registry.manifest import MANIFEST, digest_of
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.clients.registry.saved import read_saved, saved_blob, saved_text
from tasks.toolkit.clients.registry.session import RegistrySession
from tasks.toolkit.clients.source_archive import unpack_archive
from tasks.toolkit.core.env_file import read_env_file
from tasks.toolkit.core.errors import ProgramFailed, RecipeError
from tasks.toolkit.core.tag_pattern import TagPattern, possible_charts, split_tag
from tasks.toolkit.core.versions import newest_release, next_free, semantic_version
from tasks.toolkit.incident.journal_file import JournalFile
from tasks.toolkit.incident.pending_triggers import _read
from tasks.toolkit.reports.lessons_document import _written_by_people
from tasks.toolkit.reports.notice import BEGIN, END, split_notes

from .toolkit.clients.github.test_pulls import pull_data
from .toolkit.manifests import CONFIG, chart_manifest
from .toolkit.recovery.charts import archive

INPUTS = 20_000  # in CI
PLACES = 1 << 16
MEBIBYTE = 1 << 20
SOURCE_ARCHIVE = "source archive"
NASTY_TEXTS = ("", "\0", "\x01", "\x0b\x0c\x1c", "\x1b[31m", "\u2028", "\u202e", "\ud800", "é")
NASTY = st.one_of(
    st.sampled_from([None, True, [], {}, [[]], {"": None}, 0, -1, 10**400, 1e300, float("nan")]),
    st.sampled_from(NASTY_TEXTS),
    st.sampled_from(
        ["[" * 3000, "9" * 5000, "{{", "*a", "&a [*a]", "- - -", "0001-01-01T00:00:00"]
    ),
    st.integers(),
    st.text(max_size=8),
    st.lists(st.text(max_size=3), max_size=2),
)
PLACE = st.integers(0, PLACES)
EVENT = '{"at": "2026-01-01T10:00:00+00:00", "run": "a", "clock": 1.5, "step": "x", '
LESSONS = "## Impact\n\n<!-- from the record -->\nx\n<!-- end of the record 0a1b2c3d -->\ntext\n"
JOURNAL = (
    EVENT + '"kind": "opened", "data": {}}\n' + EVENT + '"kind": "done", "data": {"pr": 42}}\n'
)
RUN = {
    "id": 1,
    "status": "completed",
    "conclusion": "success",
    "created_at": "2025-01-01T10:00:00Z",
    "updated_at": "2025-01-01T10:05:00Z",
    "html_url": "https://github.com/o/r/actions/runs/1",
    "event": "push",
    "head_branch": "v1.7.0",
    "head_sha": "abc",
    "name": "publish",
    "path": ".github/workflows/publish.yml",
}
STEP = {"name": "Push", "status": "completed", "conclusion": "failure"}
JOB = {"name": "publish", "status": "completed", "conclusion": "failure", "steps": [STEP]}
RELEASE = {
    "tagName": "v1.7.0",
    "publishedAt": "2025-01-01T10:00:00Z",
    "id": "PR_1",
    "isDraft": False,
    "isPrerelease": False,
}
ISSUE = {
    "number": 1,
    "title": "it fails",
    "body": "",
    "url": "https://github.com/o/r/issues/1",
    "state": "OPEN",
    "createdAt": "2025-01-01T10:00:00Z",
    "labels": [{"name": "type: incident"}],
}
CHART = """apiVersion: v2
name: threek8s
version: 1.7.0
appVersion: "1.7.0"
dependencies:
  - {name: common, version: 1.x.x, repository: "file://../common"}
"""
WORKFLOW = """on:
  workflow_dispatch:
    inputs:
      chart_version: {required: true, default: "1.7.0"}
env: {CHART: helm/x}
jobs:
  publish:
    runs-on: ubuntu-latest
    needs: [lint]
    steps:
      - run: |
          helm push "$CHART-${{ github.ref }}.tgz" oci://ghcr.io/o/r
          helm show chart oci://ghcr.io/o/r/x:1.7.0
"""
CALLER = """on: push
jobs:
  publish:
    name: Publish ${{ matrix.chart }}
    uses: ./.github/workflows/publish.yml
    with: {chart: helm/x}
"""
SESSION = RegistrySession("ghcr.io", plain_http=False, login=None, limit=5)
NOTES = f"before\n{BEGIN}\n> notice\n{END}\n\nafter\n"


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to each part of a JSON value."""
    yield path
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    if isinstance(value, list):
        pairs = enumerate(value)
    for key, part in pairs:
        yield from nodes(part, (*path, key))


def change_value(example: Any, place: int, nasty: Any) -> Any:
    """Return a JSON value in which one part is replaced, or left out."""
    paths = list(nodes(example))
    path = paths[place % len(paths)]
    if not path:
        return nasty
    changed = copy.deepcopy(example)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    if place % 3:
        parent[path[-1]] = nasty
    else:
        del parent[path[-1]]
    return changed


def change_text(example: str, place: int, nasty: Any) -> str:
    """Return a text in which some characters are replaced."""
    start = place % (len(example) + 1)
    end = start + place % 7
    return f"{example[:start]}{nasty}{example[end:]}"


def change_bytes(example: bytes, place: int, nasty: Any) -> bytes:
    """Return bytes of which some are replaced, or that end early."""
    start = place % (len(example) + 1)
    put = str(nasty).encode(errors="replace")
    if place % 5 == 0:
        return example[:start]
    return example[:start] + put + example[start + place % 7 :]


CHANGES: dict[type, Callable[..., Any]] = {str: change_text, bytes: change_bytes}


@dataclass(frozen=True)
class Parser:
    """What reads data from outside: its name, a valid example, and `read`, which gets a folder."""

    name: str
    example: Any
    read: Callable[[Any, Path], object]

    @property
    def change(self) -> Callable[[Any, int, Any], Any]:
        """The function that changes the example."""
        return CHANGES.get(type(self.example), change_value)


def in_file(read: Callable[[Path], object]) -> Callable[[Any, Path], object]:
    """Return a function that writes the data to a file and reads that."""

    def read_file(data: Any, folder: Path) -> object:
        file = folder / "file"
        text = data if isinstance(data, bytes) else data.encode(errors="surrogatepass")
        file.write_bytes(text)
        return read(file)

    return read_file


def answer(body: Any, status: int = 200) -> RegistryResponse:
    """Return a registry's answer with JSON or bytes as its body."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return RegistryResponse(status, {"content-type": MANIFEST}, body)


def read_manifest(body: Any) -> object:
    manifest = parse_manifest(answer(body), "x")
    return manifest.digest, manifest.blobs, manifest.chart_layer


def read_workflow(text: str) -> object:
    workflow = Workflow.parse(text, "x")
    return (
        workflow.faults(),
        workflow.inputs,
        workflow.required_inputs,
        workflow.accepted_values({"chart_version": "1"}),
        workflow.references({"github.ref": "main"}),
        find_references({"x": workflow}, "x", "o/r"),
    )


def read_saved_manifest(text: str, folder: Path) -> object:
    for blob in (CONFIG, b"archive"):
        saved_blob(folder, digest_of(blob)).write_bytes(blob)
    (folder / "manifest.json").write_bytes(text.encode(errors="surrogatepass"))
    return read_saved(folder)


def read_challenge(text: str, _: Path) -> object:
    header = text.encode(errors="replace").decode("latin-1")
    return SESSION.token_url(header, "scope=x")


def unpack(file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        unpack_archive(file, Path(folder), size=MEBIBYTE)


def read_tag(text: str) -> object:
    charts = frozenset({"helm", "helm-chart", text})
    prefix, version = split_tag(text, "helm")
    return TagPattern(prefix).version_of(text), version, possible_charts(text, charts)


def read_calls(text: str) -> object:
    workflow = Workflow.parse(text, "x")
    calls = list(find_calls({".github/workflows/a.yml": workflow}, "publish.yml", "o/r"))
    jobs = [Job(text, "completed", "success")]
    called_files(workflow, "o/r")
    return [(call.called_jobs(jobs), call.is_skipped(jobs)) for call in calls]


def read_versions(text: str) -> object:
    tags = [text, "1.7.0", *text.split()]
    newest_release(tags)
    semantic_version(text, "--version")
    return next_free(text, tags)


def checked(example: Any, parse: Callable[[Any], object]) -> Callable[[Any, Path], object]:
    """Return a parser of what gh answers when it is asked for the fields of the example."""
    return lambda data, _: parse(check_answer("gh", data, list(example)))


SAVED = saved_text(chart_manifest(b"archive"))
MANIFEST_BODY = json.loads(chart_manifest(b"archive").body)
REFUSED = {"errors": [{"code": "DENIED", "message": "denied"}]}
CHALLENGE = 'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:o/r:pull"'
PUSHED = f"Pushed: ghcr.io/o/r/x:1.7.0\nDigest: sha256:{'0' * 64}\n"
INSTALL = "`helm install x \\\n  oci://ghcr.io/o/r:1.7.0 --version 1.7.0`\n"
ENV_FILE = "GITHUB_TOKEN=ghp_x\nexport CHART_DIR='helm/x'\n# a comment\n"
PARSERS = (
    Parser("pull request", pull_data(42), checked(pull_data(42), PullRequest.parse)),
    Parser("run", RUN, checked(RUN, Run.parse)),
    Parser("issue", ISSUE, checked(ISSUE, Issue.parse)),
    Parser("job", JOB, checked(JOB, lambda data: steps_of([Job.parse(data)], failed=True))),
    Parser("release", RELEASE, checked(RELEASE, time_of_release)),
    Parser("tag", "helm-chart-v1.7.0-rc.1+build", lambda text, _: read_tag(text)),
    Parser("calls of a workflow", CALLER, lambda text, _: read_calls(text)),
    Parser("items of gh", '{"a": 1}\n{"a": [2]}\n', lambda text, _: parse_items(text)),
    Parser(
        "new number", "https://github.com/o/r/pull/4\n", lambda text, _: read_new_number(text, "x")
    ),
    Parser("manifest", MANIFEST_BODY, lambda data, _: read_manifest(data)),
    Parser(
        "bytes of a manifest",
        json.dumps(MANIFEST_BODY).encode(),
        lambda data, _: read_manifest(data),
    ),
    Parser("tags", {"name": "x", "tags": ["1.7.0"]}, lambda data, _: parse_tags(answer(data), "x")),
    Parser("error", REFUSED, lambda data, _: explain(answer(data, 403), "x", "the token")),
    Parser("challenge", CHALLENGE, read_challenge),
    Parser("saved manifest", SAVED, read_saved_manifest),
    Parser("Chart.yaml", CHART, lambda text, _: Chart.parse(text, "x")),
    Parser("chart archive", archive(), lambda data, _: archive_contents(data)),
    Parser(SOURCE_ARCHIVE, archive(), in_file(unpack)),
    Parser("workflow", WORKFLOW, lambda text, _: read_workflow(text)),
    Parser("output of helm push", PUSHED, lambda text, _: parse_pushed(text)),
    Parser("instructions", INSTALL, lambda text, _: list(find_instructions(text))),
    Parser("journal", JOURNAL, in_file(lambda file: JournalFile(file, str).read())),
    Parser("pending results", JOURNAL, in_file(_read)),
    Parser("event", json.loads(JOURNAL.splitlines()[1]), lambda data, _: read_event(data)),
    Parser("lessons", LESSONS, lambda text, _: _written_by_people(text)),
    Parser("notes", NOTES, lambda text, _: split_notes(text, "v1.7.0")),
    Parser("reference", "oci://ghcr.io/o/r:1.7.0", lambda text, _: str(Reference.parse(text))),
    Parser("version", "1.7.0-rc.1+build", lambda text, _: read_versions(text)),
    Parser(".env", ENV_FILE, in_file(lambda file: read_env_file(file, ["GITHUB_TOKEN"]))),
    Parser(
        "error of a program", "fatal: x\n", lambda text, _: str(ProgramFailed(["git"], 1, text))
    ),
)


def read_event(data: Any) -> object:
    text = json.dumps(data)
    with tempfile.TemporaryDirectory() as folder:
        return in_file(lambda file: JournalFile(file, str).read())(text, Path(folder))


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_it_never_ends_in_a_traceback(
    parser: Parser,
    tmp_path: Path,
    exhaustive: bool,
    record_property: Callable[[str, object], None],
) -> None:
    if parser.name == SOURCE_ARCHIVE and not hasattr(tarfile, "data_filter"):
        pytest.skip("this Python cannot unpack safely: 3.11.4 or later can")
    most = INPUTS // len(PARSERS) + 1 if exhaustive else 20
    counts = {"inputs": 0, "refused": 0}

    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(PLACE, NASTY)
    def try_one(place: int, nasty: Any) -> None:
        changed = parser.change(parser.example, place, nasty)
        counts["inputs"] += 1
        try:
            parser.read(changed, tmp_path)
        except RecipeError as error:
            assert str(error)
            counts["refused"] += 1

    parser.read(parser.example, tmp_path)
    try_one()
    record_property("fuzz", counts)
