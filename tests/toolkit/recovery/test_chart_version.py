"""A release's tag is published as its version, or not at all; never another one in silence."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
import yaml

from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.package import package_chart

from .charts import CHART_DIR, git


def release(clone: Path, tag: str, version: str, app_version: str) -> None:
    """Commit a Chart.yaml, tag it, and push both."""
    file = clone / CHART_DIR / "Chart.yaml"
    file.write_text(
        f"apiVersion: v2\nname: podinfo\nversion: {version}\nappVersion: {app_version}\n"
    )
    git(clone, "commit", "--quiet", "--all", "--allow-empty", "--message", f"chore: {tag}")
    git(clone, "tag", tag)
    git(clone, "push", "--quiet", "origin", "main", tag)


def packaged_versions(project: Project, log: IncidentLog, ref: str) -> tuple[str, str]:
    """Package a ref, and return the versions in the archive."""
    package_chart(project, log, ref, "", "")
    with tarfile.open(log.facts.archive) as archive:
        chart = yaml.safe_load(archive.extractfile("podinfo/Chart.yaml").read())  # type: ignore[union-attr]
    assert (log.facts.version, log.facts.app_version) == (chart["version"], chart["appVersion"])
    return chart["version"], chart["appVersion"]


@pytest.mark.thorough
def test_a_tag_whose_chart_was_not_bumped_is_published_as_its_version(
    clone: Path, project: Project, log: IncidentLog
) -> None:
    release(clone, "v1.5.0", "1.5.0", "1.5.0")
    release(clone, "v1.6.0", "1.6.0", "1.6.0")
    release(clone, "v1.7.0", "1.6.0", "1.6.0")
    assert packaged_versions(project, log, "v1.7.0") == ("1.7.0", "1.7.0")
    assert packaged_versions(project, log, "v1.5.0") == ("1.5.0", "1.5.0")


@pytest.mark.parametrize("placeholder", ["0.0.0", "v0.0.0"])
@pytest.mark.thorough
def test_a_version_that_the_workflow_sets_is_that_of_the_tag_or_asked_for(
    clone: Path, project: Project, log: IncidentLog, placeholder: str
) -> None:
    for version in ("1.5.0", "1.6.0", "1.7.0"):
        release(clone, f"podinfo-{version}", placeholder, f"v{version}")
    assert packaged_versions(project, log, "podinfo-1.6.0") == ("1.6.0", "v1.6.0")
    with pytest.raises(BadInput, match="which is replaced when a release is made: give --version"):
        package_chart(project, log, "main", "", "")
    package_chart(project, log, "main", "1.8.0", "")
    assert log.facts.version == "1.8.0"


@pytest.mark.parametrize("tag", ["nightly", "other-1.6.0"])
@pytest.mark.thorough
def test_a_tag_of_something_else_is_refused(
    clone: Path, project: Project, log: IncidentLog, tag: str
) -> None:
    release(clone, "podinfo-1.6.0", "1.6.0", "1.6.0")
    release(clone, tag, "1.6.0", "1.6.0")
    reason = rf"{tag} is no release tag of podinfo: these are podinfo-\{{version\}}"
    with pytest.raises(BadInput, match=reason):
        package_chart(project, log, tag, "", "")
    assert not log.facts.archive
    package_chart(project, log, tag, "1.6.1", "")
    assert log.facts.version == "1.6.1"
