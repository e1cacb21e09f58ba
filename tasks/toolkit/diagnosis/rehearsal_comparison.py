"""Compare what a rehearsal pushed with what users are told and get now; nothing is changed."""

from __future__ import annotations

from dataclasses import replace

from ..clients.helm.instructions import PUSH, Instruction
from ..clients.registry.reference import Reference
from ..console.findings import STALE, Finding
from ..core.errors import AccessDenied, RecipeError
from ..incident.project import Project
from ..recovery.safeguards import differing_files, first_names
from ..workflows.chart_references import concerns_chart
from ..workflows.public import public_archive, public_manifest
from .rehearsed import NO_CHART, Rehearsed
from .releases import newest_published
from .user_references import user_references
from .user_texts import read_documents

MOST_FILES = 8
MOST_LINES = 6
NEW_PACKAGE = "a new package of GHCR is private until you make it public"


def check_users(project: Project, rehearsed: Rehearsed) -> Finding:
    """Judge whether the documents of the commit name where the chart was pushed."""
    pushed = {chart.reference.oci for chart in rehearsed.charts}
    if not pushed:
        return Finding("references", "unverified", NO_CHART)
    documented = _documented(project, rehearsed)
    wrong = [line for line, oci in documented if oci not in pushed]
    right = len(documented) - len(wrong)
    if wrong:
        lines = [f"{len(wrong)} of {len(documented)} documented references name another place"]
        lines += wrong[:MOST_LINES]
        if len(wrong) > MOST_LINES:
            lines.append(f"and {len(wrong) - MOST_LINES} more")
        advice = f"write in these lines: {rehearsed.references.install.oci}"
        return Finding("references", STALE, "\n".join(lines), advice)
    evidence = f"{right} documented references name where the chart was pushed"
    if not right:
        evidence = f"no text for users has an OCI reference of {rehearsed.references.name}"
    return Finding("references", "passed", evidence)


def _documented(project: Project, rehearsed: Rehearsed) -> list[tuple[str, str]]:
    """Return the commands of the chart in documents, as a line and where each finds the chart."""
    commit = rehearsed.release.commit
    found = []
    for one in user_references(read_documents(project, commit)):
        command = one.instruction.command
        if not command or not _concerns(one.instruction, rehearsed):
            continue
        reference = replace(one.reference, tag="")
        if command == PUSH:
            reference = reference.with_chart(rehearsed.references.name)
        found.append((f"{one.place}: {reference.oci}", reference.oci))
    return found


def _concerns(instruction: Instruction, rehearsed: Rehearsed) -> bool:
    """Return whether an instruction is about the chart, where it belongs or where it landed."""
    references = rehearsed.references
    if concerns_chart(instruction, references):
        return True
    for chart in rehearsed.charts:
        landed = replace(chart.reference, tag="")
        if concerns_chart(instruction, replace(references, install=landed)):
            return True
    return False


def check_changes(project: Project, rehearsed: Rehearsed) -> Finding:
    """Tell in which files the chart differs from the one that users get now."""
    placed = rehearsed.placed
    if not placed:
        return Finding("changes", "unverified", NO_CHART)
    users = rehearsed.references.install
    try:
        version = newest_published(project, users)
        newest = users.with_version(version)
        manifest = public_manifest(project, newest) if version else None
        if manifest is None or not manifest.is_chart:
            return Finding("changes", "unverified", f"{users.oci} has no chart to compare with")
        archive = public_archive(project, newest, manifest)
        files = differing_files(archive, placed.pushed.archive)
    except RecipeError as error:
        return Finding("changes", "unverified", f"{users.oci} could not be read: {error.what}")
    evidence = f"the same files as {newest}"
    if files:
        evidence = f"differs from {newest} in {first_names(files, MOST_FILES)}"
    return Finding("changes", "passed", evidence)


def check_overwriting(project: Project, rehearsed: Rehearsed) -> Finding:
    """Tell which published tags the release would overwrite in the real registries."""
    existing = []
    doubts = []
    for pushed in rehearsed.results.pushed:
        reference = Reference(pushed.host, pushed.repository, pushed.tag)
        try:
            manifest = public_manifest(project, reference)
        except AccessDenied:
            doubts.append(f"{reference.oci} is not public, or does not exist: {NEW_PACKAGE}")
        except RecipeError as error:
            doubts.append(f"{reference} could not be read: {error.what}")
        else:
            existing += [f"{reference} exists: {manifest.digest}"] if manifest else []
    if existing:
        advice = "release another version: helm push overwrites without a word"
        return Finding("overwriting", "failed", "\n".join([*existing, *doubts]), advice)
    if doubts:
        return Finding("overwriting", "unverified", "\n".join(dict.fromkeys(doubts)))
    if not rehearsed.results.pushed:
        return Finding("overwriting", "unverified", NO_CHART)
    return Finding("overwriting", "passed", "nothing that is published would be overwritten")
