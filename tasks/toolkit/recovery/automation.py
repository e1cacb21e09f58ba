"""Find which version a release automation will release next, from files of the repository."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ..clients.github.releases import Release
from ..clients.github.workflow_calls import WORKFLOWS
from ..core.conventional import bumped, release_as
from ..core.versions import is_version
from ..incident.project import Project

RELEASE_PLEASE = "release-please"
SEMANTIC_RELEASE = "semantic-release"
CHART_RELEASER = "chart-releaser"
MANIFEST = ".release-please-manifest.json"
CONFIG = "release-please-config.json"
FILES = {
    RELEASE_PLEASE: (MANIFEST, CONFIG),
    SEMANTIC_RELEASE: (
        *(f".releaserc{end}" for end in ("", ".json", ".yaml", ".yml", ".js", ".cjs")),
        *(f"release.config.{end}" for end in ("js", "cjs", "mjs", "ts")),
    ),
}
# How workflows start them: as an action, or as a program.
STARTS = {
    RELEASE_PLEASE: r"uses:\s*\S+/release-please-action|\brelease-please (release-pr|manifest)",
    SEMANTIC_RELEASE: r"uses:\s*\S+/semantic-release|\b(npx|bunx|pnpm|yarn)\b.*\bsemantic-release",
    CHART_RELEASER: r"uses:\s*helm/chart-releaser-action|\bcr upload\b",
}
# https://github.com/googleapis/release-please/blob/main/docs/customizing.md
ALWAYS = {
    "always-bump-patch": "fix: x",
    "always-bump-minor": "feat: x",
    "always-bump-major": "feat!: x",
}


@dataclass(frozen=True)
class Automation:
    """What makes releases: its name, and the version of the next one."""

    name: str
    next_version: str

    @property
    def plan(self) -> str:
        """What it will release next, in words."""
        version = self.next_version
        if self.name == CHART_RELEASER:  # it takes what people write into Chart.yaml
            version = f"at least {version}"
        return f"{self.name} will release {version} next"


def find_automation(
    project: Project,
    version: str,
    tip: str,
    releases: list[Release] | None = None,
) -> Automation | None:
    """Return the automation that releases the chart from the branch of `tip`, if there is one.

    `version` is that of Chart.yaml. What is in the registry counts for none of them. GitHub is
    asked for the newest `releases` unless they are given.
    """
    names = _names_at(project, tip)
    if releases is None:
        releases = project.releases.newest()
    next_version = ""
    if RELEASE_PLEASE in names:
        next_version = _next_of_release_please(project, version, releases, tip)
    elif SEMANTIC_RELEASE in names and releases:
        messages = project.git.history.messages(releases[0].commit, tip, ".")
        next_version = bumped(releases[0].version, messages)
    elif CHART_RELEASER in names and is_version(version):
        released = []
        for release in releases:
            released.append(release.version)
        next_version = bumped(version, []) if version in released else version
    for name in STARTS:
        if name in names and next_version:
            return Automation(name, next_version)
    return None


def _names_at(project: Project, tip: str) -> set[str]:
    """Return the names of the automations that a commit has a file or a workflow of."""
    files = project.git.files
    names = {name for name, paths in FILES.items() if files.of_paths(tip, paths)}
    for path, text in files.in_folder(tip, WORKFLOWS).items():
        if path.endswith((".yml", ".yaml")):
            names |= started_by(text)
    return names


def started_by(text: str) -> set[str]:
    """Return the names of the automations that the text of a workflow starts."""
    return {name for name, pattern in STARTS.items() if re.search(pattern, text)}


def _next_of_release_please(
    project: Project,
    version: str,
    releases: list[Release],
    tip: str,
) -> str:
    """Return the version after that of the manifest, or without one, after the newest release.

    Return nothing if the chart has versions of its own.
    """
    files = project.git.files.of_paths(tip, (MANIFEST, CONFIG))
    commits = {}
    for release in reversed(releases):
        commits[release.version] = release.commit
    folder, last = ".", releases[0].version if releases else ""
    if MANIFEST in files:
        folder, last = package_around(files[MANIFEST], project.chart_dir)
    if not is_version(last) or last not in (version, *commits):
        return ""
    messages = []
    if last in commits:
        messages = project.git.history.messages(commits[last], tip, folder)
    options = options_of_package(files.get(CONFIG, ""), folder)
    forced = options.get("release-as") or release_as(messages)
    if isinstance(forced, str) and is_version(forced):
        return forced
    always = ALWAYS.get(str(options.get("versioning")))
    return bumped(
        last,
        [always] if always else messages,
        minor_if_breaking=options.get("bump-minor-pre-major") is True,
        patch_if_feature=options.get("bump-patch-for-minor-pre-major") is True,
    )


def options_of_package(config: str, folder: str) -> Mapping[str, Any]:
    """Return the options that a text of release-please's configuration has for a package."""
    options = _object(config)
    return {**options, **_object_in(options.get("packages"), folder)}


def package_around(manifest: str, folder: str) -> tuple[str, str]:
    """Return the innermost package of a manifest's text around a folder, and its last version.

    Both are empty if there is none.
    """
    versions = _object(manifest)
    for parent in (PurePosixPath(folder), *PurePosixPath(folder).parents):
        version = versions.get(str(parent))
        if isinstance(version, str):
            return str(parent), version
    return "", ""


def _object_in(packages: object, folder: str) -> Mapping[str, Any]:
    found = packages.get(folder) if isinstance(packages, dict) else None
    return found if isinstance(found, dict) else {}


def _object(text: str) -> Mapping[str, Any]:
    """Return the object of a JSON text; an empty one if it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
