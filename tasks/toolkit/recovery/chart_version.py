"""The default versions that a source is published under."""

from __future__ import annotations

from ..clients.helm.chart import Chart
from ..console.output import status
from ..core.errors import BadInput
from ..core.versions import is_version, same_precedence
from ..incident.project import Project
from ..incident.release_rule import BY_WORKFLOW
from .source import Source


def version_of_source(project: Project, source: Source, chart: Chart) -> str:
    """Return the version that a release's tag names, or else Chart.yaml's.

    Raises BadInput for a tag that is no release's, and for a version that only stands for another.
    """
    releases = project.releases
    if source.tag:
        version = ""
        if releases.version_of(source.tag):
            version = releases.rule_of(source.tag).version_of(source.tag, chart)
        if not version:
            pattern = releases.rule.pattern
            what = f"{source.tag} is no release tag of {releases.name}: these are {pattern}"
            raise BadInput(what, "give the version to publish with --version, or set TAG_PATTERN")
    else:
        version = chart.version
        is_replaced = releases.rule.version_from == BY_WORKFLOW
        if is_replaced or not is_version(version):
            what = f"Chart.yaml of {source.name} has the version {version}, which is replaced"
            reason = "when a release is made"
            raise BadInput(f"{what} {reason}", "give --version 1.7.1, or --version next")
    if not same_precedence(version, chart.version):
        status(f"{source.tag} names {version}: Chart.yaml's {chart.version} is replaced")
    return version


def app_version_of_source(project: Project, source: Source, chart: Chart) -> str:
    """Return the appVersion of a release's tag, or else Chart.yaml's.

    Where the workflow replaces Chart.yaml's, it is that of the newest release.
    """
    releases = project.releases
    tag = source.tag
    if not tag and releases.rule.version_from == BY_WORKFLOW:
        tag = releases.highest_tag()
    app_version = ""
    if tag and releases.version_of(tag):
        app_version = releases.rule_of(tag).app_version_of(tag)
    if not app_version or app_version == chart.app_version:
        return chart.app_version
    old = chart.app_version or "none"
    status(f"{tag} has the appVersion {app_version}: Chart.yaml's {old} is replaced")
    return app_version
