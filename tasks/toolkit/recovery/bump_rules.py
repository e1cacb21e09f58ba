"""Check a new version for Chart.yaml against releases, the registry and automation."""

from __future__ import annotations

from contextlib import suppress

from ..clients.helm.chart import Chart
from ..console.output import status
from ..core.errors import RecipeError, Refused, ServiceError
from ..core.versions import (
    is_higher,
    is_version,
    newest_release,
    published_versions,
    same_precedence,
)
from ..incident.project import Project
from ..incident.release_rule import BY_WORKFLOW
from .automation import CHART_RELEASER, find_automation
from .next_version import version_above


def taken_tags(project: Project) -> list[str]:
    """Return the released and published versions as registry tags; warn if they are unknown."""
    tags: list[str] = []
    with suppress(RecipeError):
        released = project.releases.version_of(project.releases.highest_tag())
        tags += filter(None, [released])
    try:
        for reference in project.published_references():
            registry = project.registry(reference, anonymous=True)
            tags += registry.tags(reference) or []
    except ServiceError as error:
        status(f"could not tell what is published: {error.what}", "warning")
    return tags


def ensure_free(version: str, current: str, tags: list[str]) -> None:
    """Refuse a version that is taken, or lower than Chart.yaml's or the newest release's."""
    highest = newest_release(tags)
    problem = ""
    if is_higher(current, version):
        problem = f"{version} is lower than {current}, which Chart.yaml has"
    if is_higher(highest, version):
        problem = f"{version} is lower than {highest}, which is published"
    for published in published_versions(tags):
        if same_precedence(version, str(published)):
            problem = f"{version} is released or published already"
    if problem:
        names = [name for name in (highest, current) if is_version(name)]
        free = version_above(names or [version], tags)
        raise Refused(problem, f"invoke chart.bump --to {free}")


def following_app_version(project: Project, chart: Chart, version: str) -> str:
    """Return the appVersion that releases derive from a version; nothing if they do not.

    Chart.yaml must keep to that rule now.
    """
    with suppress(RecipeError):
        tag = project.releases.highest_tag()
        if not tag:
            return ""
        return project.releases.rule_of(tag).next_app_version(chart, version)
    return ""


def warn_of_automation(project: Project, chart: Chart) -> None:
    """Warn if the version of the next release is not taken from what is written here."""
    try:
        tip = project.git.resolve("HEAD")
        automation = find_automation(project, chart.version, tip)
        is_replaced = project.releases.rule.version_from == BY_WORKFLOW
    except RecipeError as error:
        what = f"could not tell whether automation sets the version: {error.what}"
        status(what, "warning")
        return
    if automation and automation.name != CHART_RELEASER:
        status(f"{automation.plan}, whatever Chart.yaml says", "warning")
    elif is_replaced:
        status("the workflow replaces the version of Chart.yaml when it publishes", "warning")
