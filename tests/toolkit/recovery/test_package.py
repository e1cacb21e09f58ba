"""Packaging: what it takes, what it refuses, and the copy in which dependencies are built."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.core.recipes_files import MARK
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.package import (
    copy_chart,
    ensure_well_formed,
    package_chart,
)

from ..clients.helm.repositories import ChartRepository
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


def add_recipes(folder: Path) -> None:
    """Make what a copy of the recipes is known by, with a link that no chart may have."""
    mark = folder / MARK
    mark.parent.mkdir(parents=True)
    mark.write_text("")
    (folder / "link").symlink_to("/usr/bin/python3")


@pytest.mark.parametrize("chart_dir", ["helm/podinfo", "."])
def test_a_copied_chart_has_what_it_depends_on_and_nothing_of_the_clone(
    project: Project,
    clone: Path,
    chart_dir: str,
) -> None:
    chart = clone / chart_dir
    common = chart / ".." / "common"
    for folder in (chart, common, chart / "parts" / "x"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Chart.yaml").write_text("name: podinfo\nversion: 1.0.0\n")
    settings_files = (".env", ".helm-rollback.env")
    for name in settings_files:
        (chart / name).write_text("GITHUB_TOKEN=ghp_hush\n")
    add_recipes(chart / "rollback")
    paths = ["./parts/x"]
    if chart_dir != ".":
        paths.append("../common")
    with (chart / "Chart.yaml").open("a") as file:
        repositories = ", ".join(f"{{repository: 'file://{path}'}}" for path in paths)
        file.write(f"dependencies: [{repositories}]\n")
    settings = replace(project.settings, chart_dir=chart_dir)
    copied = copy_chart(Project(settings, project.runner, project.scratch), clone)
    for path in paths:
        assert (copied / path / "Chart.yaml").read_text().startswith("name: podinfo")
    assert not (copied / ".git").exists()
    for name in settings_files:
        assert not (copied / name).exists()
    assert not (copied / "rollback").exists()
    (copied / "charts").mkdir()
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
    add_recipes(clone / "rollback")
    git(clone, "add", "rollback")
    git(clone, "commit", "--quiet", "--message", "feat: at the top")
    git(clone, "push", "--quiet", "origin", "main")
    for name in (".env", ".helm-rollback.env"):
        (clone / name).write_text("GITHUB_TOKEN=ghp_hush\n")
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").symlink_to("/usr/bin/python3")
    for ref in ("", "HEAD"):
        packaged = packaged_names(project, log, ref)
        assert packaged == ["podinfo/Chart.yaml", "podinfo/values.yaml"]
    assert (clone / ".env").exists()


# Dependencies


@pytest.fixture
def repository(tmp_path: Path, environ: dict[str, str], clone: Path) -> Iterator[ChartRepository]:
    """Give a chart repository with common 1.0.0 and 1.1.0; the chart's lock names 1.0.0."""
    with ChartRepository(tmp_path / "repository", environ) as served:
        served.publish("common", "1.0.0")
        depends = f"dependencies: [{{name: common, version: ^1.0.0, repository: {served.url}}}]\n"
        with (clone / CHART_DIR / "Chart.yaml").open("a") as file:
            file.write(depends)
        (clone / ".gitignore").write_text("charts/*.tgz\n")
        served.lock(clone / CHART_DIR)
        git(clone, "add", "--all")
        commit(clone, 2)
        served.publish("common", "1.1.0")
        yield served


def state_of(clone: Path) -> dict[str, object]:
    """Return what git says of a clone, and the bytes of each of its files."""
    state: dict[str, object] = {"status": git(clone, "status", "--porcelain", "--ignored")}
    for path in sorted(clone.rglob("*")):
        if path.is_file() and ".git" not in path.parts:
            state[str(path)] = path.read_bytes()
    return state


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("ref", ["", "main"])
@pytest.mark.thorough
def test_dependencies_are_packaged_as_locked_and_leave_the_working_copy_as_it_is(
    clone: Path,
    project: Project,
    log: IncidentLog,
    ref: str,
) -> None:
    before = state_of(clone)
    names = packaged_names(project, log, ref)
    assert state_of(clone) == before
    assert "podinfo/charts/common/Chart.yaml" in names
    with tarfile.open(log.facts.archive) as archive:
        chart = archive.extractfile("podinfo/charts/common/Chart.yaml")
        assert chart and b"version: 1.0.0" in chart.read()


@pytest.mark.thorough
def test_a_repository_that_cannot_be_reached_leaves_the_working_copy_as_it_is(
    clone: Path,
    project: Project,
    log: IncidentLog,
    repository: ChartRepository,
) -> None:
    repository.withdraw("common", "1.0.0")
    before = state_of(clone)
    for ref in ("", "main"):
        with pytest.raises(Refused, match="no matching version"):
            packaged_names(project, log, ref)
    assert state_of(clone) == before
    assert not list(project.state.glob("*/*.tgz"))


def test_a_version_that_only_the_workflow_sets_must_be_given(
    clone: Path,
    project: Project,
    log: IncidentLog,
) -> None:
    chart = clone / CHART_DIR / "Chart.yaml"
    chart.write_text(chart.read_text().replace("1.0.0", "v0.0.0"))
    with pytest.raises(BadInput, match=r"version v0\.0\.0, .*: give --version 1\.7\.1"):
        package_chart(project, log, "", "", "")
    package_chart(project, log, "", "2.0.0", "")
    assert log.facts.version == "2.0.0"
