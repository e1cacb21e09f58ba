"""Packaging: what it takes, what it refuses, and the copy in which dependencies are built."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.package import (
    copy_with_surroundings,
    ensure_well_formed,
    package_chart,
)

from .charts import CHART_DIR, commit, git


@pytest.mark.parametrize(
    ("version", "app_version"),
    [("", ""), ("1.7.1", ""), ("1.7.1-rc.1+build.5", "2024.1"), ("next", "v1.7_1")],
)
def test_well_formed_versions_are_taken(version: str, app_version: str) -> None:
    ensure_well_formed(version, app_version)


@pytest.mark.parametrize(
    ("version", "app_version", "reason"),
    [
        ("1.7", "", "--version '1.7' is not a semantic version"),
        ("v1.7.1", "", "leave out the v"),
        ("", "-x;id", "--app-version '-x;id' is not a version"),
        ("", "1.7.1\n", "is not a version"),
    ],
)
def test_other_versions_are_refused(version: str, app_version: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        ensure_well_formed(version, app_version)


@pytest.mark.parametrize("chart_dir", ["helm/podinfo", "."])
def test_a_copied_chart_finds_what_is_beside_it_and_can_be_changed(
    tmp_path: Path,
    chart_dir: str,
) -> None:
    top = tmp_path / "clone"
    chart = top / chart_dir
    chart.mkdir(parents=True)
    (top / ".git").mkdir()
    (chart / "Chart.yaml").write_text("name: podinfo\n")
    common = chart.parent / "common"
    common.mkdir()
    (common / "Chart.yaml").write_text("name: common\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for _ in range(2):
        copy = copy_with_surroundings(top, chart_dir, scratch)
        (copy / "charts").mkdir()
        assert (copy / "Chart.yaml").read_text() == "name: podinfo\n"
        assert not (copy / ".git").exists()
        if chart_dir != ".":
            assert (copy / "../common/Chart.yaml").read_text() == "name: common\n"
    assert not (chart / "charts").exists()


def packaged_names(project: Project, log: IncidentLog, ref: str = "") -> list[str]:
    """Package the chart, and return the names in its archive."""
    package_chart(project, log, ref, "", "")
    with tarfile.open(log.facts.archive) as archive:
        return sorted(archive.getnames())


def test_a_link_that_leads_out_is_refused_in_a_commit_and_in_the_working_copy(
    clone: Path,
    project: Project,
    log: IncidentLog,
) -> None:
    secret = clone.parent / "secret.yaml"
    secret.write_text("hush: 1\n")
    (clone / CHART_DIR / "leak.yaml").symlink_to(secret)
    git(clone, "add", "--all")
    commit(clone, 2)
    for ref in ("", "HEAD"):
        with pytest.raises(Refused, match=r"the link leak\.yaml -> /\S+ leads out of helm/podinfo"):
            packaged_names(project, log, ref)
    assert not list(project.state.glob("*/*.tgz"))


def test_a_submodule_in_a_commit_is_refused_since_git_leaves_out_its_files(
    clone: Path,
    project: Project,
    log: IncidentLog,
) -> None:
    tip = git(clone, "rev-parse", "HEAD").strip()
    module = f"160000,{tip},{CHART_DIR}/charts/lib"
    git(clone, "update-index", "--add", "--cacheinfo", module)
    git(clone, "commit", "--quiet", "--message", "feat: a submodule")
    (clone / CHART_DIR / "charts" / "lib").mkdir(parents=True)
    message = "charts/lib in helm/podinfo is a submodule, .* --archive FILE"
    with pytest.raises(Refused, match=message):
        packaged_names(project, log, "HEAD")
    assert not list(project.state.glob("*/*.tgz"))


@pytest.mark.thorough
def test_a_chart_at_the_top_is_packaged_without_what_belongs_to_the_clone(
    clone: Path,
    project: Project,
    log: IncidentLog,
) -> None:
    git(clone, "mv", f"{CHART_DIR}/Chart.yaml", f"{CHART_DIR}/values.yaml", ".")
    git(clone, "commit", "--quiet", "--message", "feat: at the top")
    git(clone, "push", "--quiet", "origin", "main")
    (clone / ".env").write_text("GITHUB_TOKEN=ghp_hush\n")
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").symlink_to("/usr/bin/python3")
    for ref in ("", "HEAD"):
        packaged = packaged_names(project, log, ref)
        assert packaged == ["podinfo/Chart.yaml", "podinfo/values.yaml"]
    assert (clone / ".env").exists()
