"""The files of the sandbox's repositories, which name its registry and what is released."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

REPOSITORIES = Path(__file__).parent / "repositories"
WORKFLOWS = ".github/workflows"
CHANGELOG = "# Changelog\n"
CHANGES = """
## [{version}](https://github.com/stianfro/threek8s/compare/v{previous}...v{version}) ({date})


### Features

* what is new in {version}
"""
CHART = """\
apiVersion: v2
name: {name}
description: The chart {name}
type: application
version: {version}
appVersion: {app_version}
"""
CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-{{ .Chart.Name }}
data:
  replicas: {{ .Values.replicas | quote }}
"""
MANIFEST = """{{
  ".": "{version}"
}}
"""


def copy_repository(name: str, clone: Path) -> None:
    """Write the files of a repository into a clone."""
    shutil.copytree(REPOSITORIES / name, clone, dirs_exist_ok=True)


def write_charts(clone: Path, charts: Mapping[str, tuple[str, str]]) -> None:
    """Write small charts, whose version and appVersion are given by name, into `charts`."""
    for name, (version, app_version) in charts.items():
        templates = clone / "charts" / name / "templates"
        templates.mkdir(parents=True)
        text = CHART.format(name=name, version=version, app_version=app_version)
        if not app_version:
            text = text.replace("appVersion: \n", "")
        (templates.parent / "Chart.yaml").write_text(text)
        (templates.parent / "values.yaml").write_text("replicas: 1\n")
        (templates / "configmap.yaml").write_text(CONFIG_MAP)


def replace_registry(clone: Path, old: str, new: str) -> None:
    """Name another registry in the workflows and in what users are told."""
    for file in (clone / "README.md", *(clone / WORKFLOWS).glob("*.yml")):
        file.write_text(file.read_text().replace(old, new))


def allow_plain_http(clone: Path, path: str) -> None:
    """Let workflows tell the helm on a PATH that the registry is plain HTTP."""
    if _is_helm_3(shutil.which("helm", path=path)):  # it finds out by itself on loopback
        return
    for file in (clone / WORKFLOWS).glob("*.yml"):
        text = file.read_text().replace('HELM_OPTIONS: ""', "HELM_OPTIONS: --plain-http")
        file.write_text(text)


@cache
def _is_helm_3(helm: str | None) -> bool:
    if not helm:
        return False
    argv = [helm, "version", "--short"]
    return subprocess.check_output(argv, text=True).startswith("v3")


def announce_release(clone: Path, version: str, previous: str) -> str:
    """Write the manifest and the changelog as release-please does, and return the notes."""
    manifest = clone / ".release-please-manifest.json"
    manifest.write_text(MANIFEST.format(version=version))
    date = datetime.now(UTC).date()
    changes = CHANGES.format(version=version, previous=previous, date=date)
    changelog = clone / "CHANGELOG.md"
    text = changelog.read_text().removeprefix(CHANGELOG)
    changelog.write_text(CHANGELOG + changes + text)
    return changes.lstrip()
