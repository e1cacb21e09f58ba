"""Stage a sandbox without running its workflow: releases, their runs, published charts."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tasks.sandbox.github.records import Execution
from tasks.sandbox.github.runs import Job, Run
from tasks.sandbox.registry.store import digest_of
from tasks.sandbox.world import CHART, PUSH_TO, WORKFLOW, World
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.clients.registry.manifest import CHART_LAYER, MANIFEST
from tasks.toolkit.core.settings import load_settings
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project

PUBLISHED = f"{PUSH_TO}/threek8s"
VALUES = f"{CHART}/values.yaml"
CONFIG = "application/vnd.cncf.helm.config.v1+json"


def make_project(world: World, **settings: str) -> Project:
    """Return the project of the maintainer's clone, with more settings."""
    environ = {**world.env, "WAIT_TIMEOUT": "0", "POLL_INTERVAL": "0", **settings}
    loaded, _ = load_settings(environ, world.clone, world.clone)
    scratch = world.folder / "scratch"
    scratch.mkdir(exist_ok=True)
    runner = ProcessRunner(environ, 30, Executor(dry_run=False))
    return Project(loaded, runner, scratch)


def make_log(state: Path) -> IncidentLog:
    """Return the log of no incident, which would be in the folder `state`."""
    executor = Executor(dry_run=False)
    return IncidentLog(executor, str, lambda: state, lambda: state / "triggers.jsonl")


def hours_ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


def add_release(
    world: World,
    version: str,
    previous: str,
    *,
    hours: float,
    conclusion: str = "success",
) -> None:
    """Release a version some hours ago; without a conclusion its workflow never ran."""
    world.github.actions.disabled = True
    world.release(version, previous)
    world.github.releases[0].created_at = hours_ago(hours)
    if conclusion:
        add_run(world, f"v{version}", conclusion, hours)


def merge_pull(
    world: World,
    number: int,
    title: str,
    edits: Mapping[str, tuple[str, str]],
    *,
    hours: float,
) -> None:
    """Merge a pull request some hours ago."""
    world.merge_pull(f"branch-{number}", title, edits, number)
    world.github.pulls[number].merged_at = hours_ago(hours)


def add_run(
    world: World,
    branch: str,
    conclusion: str,
    hours: float = 0,
) -> Run:
    """Add a run of the workflow that ended some hours ago."""
    actions = world.github.actions
    actions.workflows(branch)  # GitHub knows a workflow from its first push
    run = Run(
        "Publish",
        len(actions.runs) + 1,
        status="completed",
        conclusion=conclusion,
        path=WORKFLOW,
        event="push",
        head_branch=branch,
        head_sha=world.git("rev-parse", branch),
        created_at=hours_ago(hours),
    )
    run.ended.set()
    actions.runs.insert(0, run)
    return run


def fail_step(run: Run, name: str, *, after: Sequence[str] = (), log: str = "") -> None:
    """Let a step, such as `publish: Push`, be what failed in a run, and others pass before it."""
    job_name, _, step = name.partition(": ")
    steps = {passed: Execution(passed, 1, "completed", "success") for passed in after}
    steps[step] = Execution(step, 2, "completed", "failure", log=log)
    job = Job(job_name, run.id * 100, "completed", "failure", steps=steps)
    run.jobs[job_name] = job


def publish(
    world: World,
    version: str,
    app_version: str = "",
    edits: Mapping[str, str] | None = None,
    mtime: int = 0,
) -> str:
    """Publish the chart of the working copy as `helm push` does, and return the digest.

    `edits` are texts of its values.yaml, and what replaces them. `mtime` changes its bytes only.
    """
    files = _read_files(world.clone / CHART)
    for old, new in (edits or {}).items():
        assert old in files["values.yaml"]
        files["values.yaml"] = files["values.yaml"].replace(old, new)
    files["Chart.yaml"] = re.sub(
        r"version: .*\nappVersion: .*",
        f"version: {version}\nappVersion: {app_version or version}",
        files["Chart.yaml"],
    )
    return put_archive(world, version, _pack(files, mtime))


def put_index(world: World, version: str) -> None:
    """Let a tag of the chart's repository hold an index, as a multi-arch image does."""
    body = b'{"manifests": []}'
    digest = digest_of(body)
    stored = world.registry.repositories[PUBLISHED]
    stored.manifests[digest] = "application/vnd.oci.image.index.v1+json", body
    stored.tags[version] = digest


def _read_files(folder: Path) -> dict[str, str]:
    files = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            files[str(file.relative_to(folder))] = file.read_text()
    return files


def _pack(files: Mapping[str, str], mtime: int) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for name, text in files.items():
            content = text.encode()
            member = tarfile.TarInfo(f"threek8s/{name}")
            member.size = len(content)
            member.mtime = mtime
            archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


def put_archive(
    world: World,
    version: str,
    archive: bytes,
) -> str:
    """Publish a chart's archive, and return the digest."""
    config = json.dumps({"name": "threek8s", "version": version}).encode()
    manifest = {
        "schemaVersion": 2,
        "config": _descriptor(CONFIG, config),
        "layers": [_descriptor(CHART_LAYER, archive)],
    }
    body = json.dumps(manifest).encode()
    digest = digest_of(body)
    stored = world.registry.repositories[PUBLISHED]
    for blob in (config, archive):
        stored.blobs[digest_of(blob)] = blob
    stored.manifests[digest] = MANIFEST, body
    stored.tags[version] = digest
    return digest


def _descriptor(media_type: str, blob: bytes) -> dict[str, object]:
    return {
        "mediaType": media_type,
        "digest": digest_of(blob),
        "size": len(blob),
    }
