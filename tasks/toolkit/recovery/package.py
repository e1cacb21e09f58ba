"""Package the chart: check it, build its archive, and keep that for the push."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path

from ..clients.helm.chart import Chart
from ..clients.helm.chart_files import (
    ensure_own_files,
    files_of_clone,
    folders_to_copy,
)
from ..clients.local_files import copy_to_scratch
from ..clients.registry.manifest import digest_of
from ..console.output import status
from ..core.errors import BadInput
from ..core.files import sync_to_disk
from ..core.shell import quote
from ..core.versions import semantic_version
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.project import Project
from .chart_version import app_version_of_source, version_of_source
from .kept_archive import archive_digest
from .next_version import find_next_version
from .safeguards import first_names
from .source import Source, commit_at_origin, open_source
from .withdraw import PUBLISHED_FACTS

NEXT = "next"  # stands for the next free version


def ensure_well_formed(version: str, app_version: str) -> None:
    """Raise BadInput for versions that no chart can be published under."""
    if version and version != NEXT:
        semantic_version(version, "--version")
    if app_version and not re.fullmatch(r"[\w.+-]+", app_version):
        advice = "letters, digits, dots and dashes are needed, for example 1.7.1"
        raise BadInput(f"--app-version {app_version!r} is not a version", advice)


def package_chart(
    project: Project,
    log: IncidentLog,
    ref: str,
    version: str,
    app_version: str,
) -> None:
    """Check the chart, package it and keep the archive, unless that commit is packaged already.

    Raises BadInput, and Refused for a broken chart or a revert that is not merged.
    """
    ensure_well_formed(version, app_version)
    with open_source(project, log, ref) as source:
        packaged_from = (source.name, project.chart_dir, version, app_version)
        if source.commit and _is_packaged(log.facts, packaged_from):
            status(f"already packaged from {source.name}: {log.facts.archive}", "done")
            log.record_skipped()
            return
        chart = _read_chart(project, source)
        version = version or version_of_source(project, source, chart)
        app_version = app_version or app_version_of_source(project, source, chart)
        folder = _check_chart(project, source, chart)
        if version == NEXT:
            version = _take_next_version(project, folder, chart, app_version)
        facts = Facts(
            packaged_from=packaged_from,
            name=chart.name,
            version=version,
            app_version=app_version,
        )
        is_revert = source.commit and not ref
        _compare_with_release(project, source, version, advises=not is_revert)
        app = app_version or "none"
        status(f"{facts.name} {version} (app {app}) from {source.name}")
        options = _replacements(chart, version, app_version)
        _build(project, log, source, folder, options, facts)


def _take_next_version(project: Project, folder: Path, chart: Chart, app_version: str) -> str:
    """Return the version that `next` stands for, and say why."""
    options = _replacements(chart, chart.version, app_version)
    found = find_next_version(project, folder, chart, options)
    status(found.reason)
    if found.advice:
        status(found.advice, "next")
    return found.version


def _replacements(chart: Chart, version: str, app_version: str) -> list[str]:
    """Return the options of helm for versions that are not those in Chart.yaml."""
    options = []
    if app_version != chart.app_version:
        options.append(f"--app-version={app_version}")
    if version != chart.version:
        options.append(f"--version={version}")
    return options


def _is_packaged(facts: Facts, packaged_from: tuple[str, ...]) -> bool:
    """Return whether the archive is complete on disk; a power cut may have left less of it."""
    if facts.packaged_from != packaged_from:
        return False
    archive = Path(facts.archive)
    return archive_digest(archive) == facts.sha256


def _read_chart(project: Project, source: Source) -> Chart:
    """Return the chart of a source whose files are its own. Raises Refused, BadInput."""
    ensure_own_files(source.top, project.chart_dir, submodules=not source.commit)
    return project.helm.read_chart(source.top / project.chart_dir)


def _check_chart(project: Project, source: Source, chart: Chart) -> Path:
    """Return the folder to package a chart in, with its dependencies. Raises RecipeError."""
    folder = source.top / project.chart_dir
    changes_source = chart.has_dependencies and not source.commit
    if changes_source or files_of_clone(folder):
        folder = copy_chart(project, source.top)
    project.helm.check_chart(folder, chart)
    return folder


def copy_chart(project: Project, top: Path, *, quiet: bool = False) -> Path:
    """Copy a chart and the folders that it depends on, and return the folder of the copy.

    Building its dependencies changes only that. What belongs to the clone is left out: helm would
    package `.git` and `.env`, and a copy of the recipes. A dry run shows it unless `quiet`.
    """
    copy = Path(tempfile.mkdtemp(prefix="copy-", dir=project.scratch))
    for folder in folders_to_copy(top, project.chart_dir):
        copy_to_scratch(
            project.runner.executor,
            top / folder,
            copy / folder,
            files_of_clone(top / folder),
            quiet=quiet,
        )
    return copy / project.chart_dir


def _compare_with_release(project: Project, source: Source, version: str, *, advises: bool) -> None:
    """Warn if the chart differs from the release that has its version.

    It `advises` to publish that instead, unless a recovery has just reverted it.
    """
    tag = project.releases.find_tag(version)
    if not tag:
        return
    released = commit_at_origin(project, tag, source.commit)
    files = project.git.differing_files(
        released,
        source.commit,
        project.chart_dir,
    )
    if not files:
        return
    names = first_names(files, 5)
    difference = f"not the release {tag}, from which it differs in {names}"
    status(f"{source.name} is packaged, {difference}", "warning")
    if advises:
        command = f"invoke publish.all --ref {quote(tag)}"
        status(f"to publish the release's own chart: {command}", "next")


def _build(
    project: Project,
    log: IncidentLog,
    source: Source,
    folder: Path,
    options: list[str],
    facts: Facts,
) -> None:
    """Package a checked chart, and record its archive with the other `facts`."""
    epoch = 0
    if source.commit:
        time = project.git.history.commit_time(source.commit)
        epoch = int(time.timestamp())
    with log.recording_step(source=source.name) as outcome:
        archive = project.helm.package(
            folder,
            log.archives,
            options=options,
            epoch=epoch,
        )
        archive.chmod(0o600)
        sync_to_disk(archive)
        sync_to_disk(archive.parent)
        digest = digest_of(archive.read_bytes())
        packaged = replace(facts, archive=str(archive), sha256=digest)
        forget: tuple[str, ...] = ()
        if log.facts.version != packaged.version:  # what was published is another version
            forget = PUBLISHED_FACTS
        outcome.learn(packaged, forget=forget)
    log.announce(f"packaged {archive}")
