"""Charts for the tests of recovery: in git, in archives, and in a registry."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tasks.sandbox.registry import Registry
from tasks.toolkit.clients.registry.manifest import CHART_LAYER, MANIFEST, Manifest, digest_of
from tasks.toolkit.clients.registry.reference import Reference

TOKEN = "ghp_secret"
CHART_DIR = "helm/podinfo"
REPOSITORY = "owner/charts/podinfo"


def git(folder: Path, *args: str) -> str:
    """Run git as a maintainer, and return what it prints."""
    argv = ["git", "-c", "user.name=Maintainer", "-c", "user.email=m@example.com", *args]
    return subprocess.run(
        argv, cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(clone: Path, replicas: int) -> str:
    """Change the chart's values, push that to main, and return the commit."""
    (clone / CHART_DIR / "values.yaml").write_text(f"replicas: {replicas}\n")
    git(clone, "commit", "--quiet", "--all", "--message", f"feat: {replicas} replicas")
    git(clone, "push", "--quiet", "origin", "main")
    return git(clone, "rev-parse", "HEAD")


def archive(files: Mapping[str, str] | None = None, *, mtime: int = 0) -> bytes:
    """Return the archive of a chart; `mtime` changes its bytes, not its content."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        for name, text in {"Chart.yaml": "name: podinfo\n", **(files or {})}.items():
            member = tarfile.TarInfo(f"podinfo/{name}")
            member.size = len(text)
            member.mtime = mtime
            tar.addfile(member, io.BytesIO(text.encode()))
    return written.getvalue()


def reference(registry: Registry, tag: str, repository: str = REPOSITORY) -> Reference:
    """Return a reference in a registry."""
    return Reference(registry.host, repository, tag)


def publish(registry: Registry, tag: str, chart: bytes, repository: str = REPOSITORY) -> Manifest:
    """Put a chart's archive into a registry under a tag, as `helm push` does."""
    config = b"{}"
    layer = {"mediaType": CHART_LAYER, "digest": digest_of(chart), "size": len(chart)}
    content = {"config": {"digest": digest_of(config)}, "layers": [layer]}
    manifest = Manifest(json.dumps(content).encode(), MANIFEST)
    stored = registry.repositories[repository]
    stored.blobs |= {digest_of(chart): chart, digest_of(config): config}
    stored.manifests[manifest.digest] = MANIFEST, manifest.body
    stored.tags[tag] = manifest.digest
    return manifest
