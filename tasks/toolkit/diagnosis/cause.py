"""What caused triggers to fire: of which of them, and of which release, the cause is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ..clients.github.releases import Release
from ..console.findings import Finding
from ..core.errors import RecipeError
from .elsewhere import is_alias
from .investigation import Investigation
from .releases import highest_release
from .suspicion import NoSuspicion, Suspicion


def revertible(findings: Sequence[Finding]) -> list[str]:
    """Return the names of the triggers that fired, and for which a revert may help.

    What publication advises on its own is enough, such as to make a package public, unless it is
    an alias: that helps users, and not the next release.
    """
    names = []
    for finding in findings:
        is_enough = finding.name == "publish" and finding.next and not is_alias(finding.next)
        if finding.outcome == "fired" and not is_enough:
            names.append(finding.name)
    return names


def release_to_recover(names: list[str], releases: list[Release]) -> Release:
    """Return the newest release if its publication fired, else the highest."""
    if "publish" in names:
        return releases[0]
    return highest_release(releases)


def find_cause(investigation: Investigation) -> Suspicion | NoSuspicion:
    """Return the suspects, or why there are none; what fired is reported in any case."""
    key = (
        "cause",
        investigation.release.tag,
        investigation.fired,
        investigation.is_settled,
    )
    find = partial(_find, investigation)
    return investigation.project.ask_once(key, find)


def _find(investigation: Investigation) -> Suspicion | NoSuspicion:
    try:
        return investigation.find()
    except RecipeError as error:
        alternative = error.advice or "run the same command again"
        command = f"invoke recover --pr NUMBER, with the one that caused it; or {alternative}"
        return NoSuspicion(f"the suspect could not be looked up: {error.what}", command)
