"""Charts for the tests of recovery: in git, in archives, and in a registry."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tasks.sandbox.registry import Registry
from tasks.sandbox.world import PUSH_TO
from tasks.toolkit.clients.registry.manifest import MANIFEST, Manifest, digest_of
from tasks.toolkit.clients.registry.reference import Reference

from ..manifests import CONFIG, chart_manifest

TOKEN = "ghp_secret"
CHART_DIR = "helm/podinfo"
REPOSITORY = "owner/charts/podinfo"
PUBLISHED = f"{PUSH_TO}/threek8s"  # where the world has its chart
MAINTAINER = (
    "-c",
    "user.name=Maintainer",
    "-c",
    "user.email=m@example.com",
)


def git(folder: Path, *args: str) -> str:
    """Run git as a maintainer, and return what it prints."""
    output = subprocess.check_output(
        ["git", *MAINTAINER, *args],
        cwd=folder,
        text=True,
        stderr=subprocess.PIPE,
    )
    return output.strip()


def commit(clone: Path, replicas: int) -> str:
    """Change the chart's values, push that to main, and return the commit."""
    values = clone / CHART_DIR / "values.yaml"
    values.write_text(f"replicas: {replicas}\n")
    git(clone, "commit", "--quiet", "--all", "--message", f"feat: {replicas} replicas")
    git(clone, "push", "--quiet", "origin", "main")
    return git(clone, "rev-parse", "HEAD")


def archive(
    files: Mapping[str, str] | None = None,
    *,
    mtime: int = 0,
) -> bytes:
    """Return the archive of a chart; `mtime` changes its bytes, not its content."""
    texts = {"Chart.yaml": "name: podinfo\n"}
    if files:
        texts.update(files)
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        for name, text in texts.items():
            member = tarfile.TarInfo(f"podinfo/{name}")
            member.size = len(text)
            member.mtime = mtime
            tar.addfile(member, io.BytesIO(text.encode()))
    return written.getvalue()


def reference(
    registry: Registry,
    tag: str,
    repository: str = REPOSITORY,
) -> Reference:
    """Return a reference in a registry."""
    return Reference(registry.host, repository, tag)


def publish(
    registry: Registry,
    tag: str,
    chart: bytes,
    repository: str = REPOSITORY,
) -> Manifest:
    """Put a chart's archive into a registry under a tag, as `helm push` does."""
    manifest = chart_manifest(chart)
    stored = registry.repositories[repository]
    for blob in (chart, CONFIG):
        stored.blobs[digest_of(blob)] = blob
    stored.manifests[manifest.digest] = MANIFEST, manifest.body
    stored.tags[tag] = manifest.digest
    return manifest


def put_foreign(
    registry: Registry,
    media_type: str,
    content: object,
    tag: str = "1.0.0",
    repository: str = REPOSITORY,
) -> str:
    """Let a tag hold something else than a chart, and return its digest."""
    body = json.dumps(content).encode()
    digest = digest_of(body)
    stored = registry.repositories[repository]
    stored.manifests[digest] = media_type, body
    stored.tags[tag] = digest
    return digest
