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
        folder = clone / "charts" / name
        templates = folder / "templates"
        templates.mkdir(parents=True)
        text = CHART.format(name=name, version=version, app_version=app_version)
        if not app_version:
            text = text.replace("appVersion: \n", "")
        chart = folder / "Chart.yaml"
        chart.write_text(text)
        values = folder / "values.yaml"
        values.write_text("replicas: 1\n")
        template = templates / "configmap.yaml"
        template.write_text(CONFIG_MAP)


def replace_registry(clone: Path, old: str, new: str) -> None:
    """Name another registry in the workflows and in what users are told."""
    _replace(clone / "README.md", old, new)
    for file in (clone / WORKFLOWS).glob("*.yml"):
        _replace(file, old, new)


def allow_plain_http(clone: Path, path: str) -> None:
    """Let workflows tell the helm on a PATH that the registry is plain HTTP."""
    helm = shutil.which("helm", path=path)
    if _is_helm_3(helm):  # it finds out by itself on loopback
        return
    for file in (clone / WORKFLOWS).glob("*.yml"):
        _replace(file, 'HELM_OPTIONS: ""', "HELM_OPTIONS: --plain-http")


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    file.write_text(text.replace(old, new))


@cache
def _is_helm_3(helm: str | None) -> bool:
    if not helm:
        return False
    argv = [helm, "version", "--short"]
    return subprocess.check_output(argv, text=True).startswith("v3")


def announce_release(clone: Path, version: str, previous: str) -> str:
    """Write the manifest and the changelog as release-please does, and return the notes."""
    manifest = clone / ".release-please-manifest.json"
    text = MANIFEST.format(version=version)
    manifest.write_text(text)
    date = datetime.now(UTC).date()
    changes = CHANGES.format(version=version, previous=previous, date=date)
    changelog = clone / "CHANGELOG.md"
    older = changelog.read_text().removeprefix(CHANGELOG)
    changelog.write_text(CHANGELOG + changes + older)
    return changes.lstrip()
