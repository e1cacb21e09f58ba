"""The project: what the settings leave out is derived from a real clone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.git.clones import RepositoryMissing
from tasks.toolkit.clients.process import ProcessRunner
from tasks.toolkit.core.errors import BadInput, SettingError
from tasks.toolkit.core.settings import load_settings
from tasks.toolkit.incident.project import Project
from tasks.toolkit.workflows.callers import workflow_at

REGISTRY = "oci://ghcr.io/stianfro/threek8s/chart"
CHART_REF = "oci://ghcr.io/stianfro/charts/threek8s"
CHART_YAML = "name: threek8s\nversion: 1.7.0\nappVersion: 1.6.1\n"
WORKFLOW = "on:\n  workflow_call:\njobs: {}\n"
FILES = {
    "helm/threek8s/Chart.yaml": CHART_YAML,
    "helm/threek8s/charts/inner/Chart.yaml": "name: inner\nversion: 1.0.0\n",
    ".github/workflows/publish-helm.yml": WORKFLOW,
}

OTHERS = {
    "helm/api/Chart.yaml": "name: api\nversion: 0.1.0\n",
    "helm/web/Chart.yaml": "name: web\nversion: 0.2.0\n",
}


def git(folder: Path, *args: str) -> str:
    identity = ["-c", "user.name=Maintainer", "-c", "user.email=m@example.com"]
    ended = subprocess.run(
        ["git", *identity, *args],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return ended.stdout.strip()


def commit(clone: Path, files: Mapping[str, str]) -> str:
    for name, text in files.items():
        file = clone / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git(clone, "add", "--all", "--force")
    git(clone, "commit", "--quiet", "--message", "a change")
    return git(clone, "rev-parse", "HEAD")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone of stianfro/threek8s with a chart, whose default branch is `trunk`."""
    origin = tmp_path / "stianfro" / "threek8s.git"
    origin.mkdir(parents=True)
    git(origin, "init", "--quiet", "--bare", "--initial-branch=trunk")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    git(clone, "switch", "--quiet", "--create", "trunk")
    commit(clone, FILES)
    git(clone, "push", "--quiet", "origin", "trunk")
    git(clone, "remote", "set-head", "origin", "--auto")
    return clone


def project_in(folder: Path, **environ: str) -> Project:
    given = {
        "REPO_DIR": str(folder),
        "ENV_FILE": os.devnull,
        "REGISTRY": REGISTRY,
        **environ,
    }
    settings, _ = load_settings(given, folder, folder)
    executor = Executor(dry_run=False)
    runner = ProcessRunner(dict(os.environ), 30, executor)
    return Project(settings, runner, folder.parent)


def test_the_root_is_the_top_of_the_clone_and_incidents_are_kept_there(clone: Path) -> None:
    project = project_in(clone / "helm" / "threek8s")
    assert project.root == clone
    assert project.state == clone / ".rollback"


def test_state_dir_keeps_incidents_elsewhere(clone: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    project = project_in(clone, STATE_DIR=str(kept))
    assert project.state == kept


def test_outside_a_clone_only_what_needs_one_is_refused(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    with pytest.raises(RepositoryMissing, match="set REPO_DIR"):
        project.state  # noqa: B018 - a property that raises
    assert project.push_reference.oci == REGISTRY


ORIGINS = [
    "https://github.com/stianfro/threek8s.git",
    "https://github.com/stianfro/threek8s",
    "git@github.com:stianfro/threek8s.git",
    "ssh://git@github.com/stianfro/threek8s/",
]


@pytest.mark.parametrize("url", ORIGINS)
def test_the_slug_is_what_origin_says(clone: Path, url: str) -> None:
    git(clone, "remote", "set-url", "origin", url)
    assert project_in(clone).slug == "stianfro/threek8s"


def test_the_slug_that_was_set_wins_and_without_either_the_setting_is_missing(
    clone: Path,
) -> None:
    assert project_in(clone, GITHUB_REPOSITORY="podinfo/podinfo").slug == "podinfo/podinfo"
    git(clone, "remote", "remove", "origin")
    with pytest.raises(SettingError, match="GITHUB_REPOSITORY is not set"):
        project_in(clone).slug  # noqa: B018


def test_the_default_branch_is_that_of_origin_unless_it_is_set(clone: Path) -> None:
    assert project_in(clone).default_branch == "trunk"
    assert project_in(clone, DEFAULT_BRANCH="stable").default_branch == "stable"
    git(clone, "remote", "set-head", "origin", "--delete")
    assert project_in(clone).default_branch == "trunk"


def test_the_only_chart_is_found_without_the_charts_inside_it(clone: Path) -> None:
    project = project_in(clone)
    assert project.chart_dir == "helm/threek8s"
    assert project.chart.name == "threek8s"
    assert project.chart.version == "1.7.0"


def test_of_several_charts_one_must_be_chosen(clone: Path) -> None:
    commit(clone, {"helm/other/Chart.yaml": "name: other\nversion: 1.0.0\n"})
    with pytest.raises(BadInput, match=r"2 charts in .*: helm/other, helm/threek8s.*CHART_DIR"):
        project_in(clone).chart_dir  # noqa: B018
    project = project_in(clone, CHART_DIR="helm/other")
    assert project.chart.name == "other"


def test_the_charts_of_the_recipes_sandbox_are_none_of_the_repository(clone: Path) -> None:
    sandbox = "tasks/sandbox/repositories/podinfo/charts/podinfo/Chart.yaml"
    copies = {}
    for path in (sandbox, f"rollback/{sandbox}"):
        copies[path] = "name: podinfo\nversion: 1.0.0\n"
    commit(clone, copies)
    assert project_in(clone).chart_dir == "helm/threek8s"
    git(clone, "rm", "-r", "--quiet", "helm")
    with pytest.raises(BadInput, match=r"there is no chart in .*: set REPO_DIR to the clone"):
        project_in(clone).chart_dir  # noqa: B018


@pytest.mark.parametrize("folder", ["helm/threek8s", "./helm/threek8s/", "{clone}/helm/threek8s"])
def test_a_chart_folder_is_relative_to_the_clone_however_it_is_given(
    clone: Path,
    folder: str,
) -> None:
    folder = folder.format(clone=clone)
    assert project_in(clone, CHART_DIR=folder).chart_dir == "helm/threek8s"


def test_a_chart_folder_outside_the_clone_is_refused(clone: Path) -> None:
    with pytest.raises(BadInput, match="leaves the repository"):
        project_in(clone, CHART_DIR="../elsewhere").chart_dir  # noqa: B018


def test_users_install_from_where_helm_pushes_unless_they_are_told_otherwise(
    clone: Path,
) -> None:
    project = project_in(clone)
    assert project.install_reference().oci == f"{REGISTRY}/threek8s"
    assert project.install_reference("other").oci == f"{REGISTRY}/other"
    project = project_in(clone, CHART_REF=CHART_REF)
    assert project.install_reference().oci == CHART_REF
    assert project.install_reference("other").oci == CHART_REF


def test_a_chart_is_published_where_it_is_pushed_and_where_users_install_from(
    clone: Path,
) -> None:
    project = project_in(clone, CHART_REF=CHART_REF)
    both = project.published_references("1.7.0+build")
    assert list(map(str, both)) == [
        f"{CHART_REF}:1.7.0_build",
        f"{REGISTRY}/threek8s:1.7.0_build",
    ]
    project = project_in(clone)
    (only,) = project.published_references()
    assert only.oci == f"{REGISTRY}/threek8s"


def test_without_a_registry_the_setting_is_missing(clone: Path) -> None:
    with pytest.raises(SettingError, match="REGISTRY is not set"):
        project_in(clone, REGISTRY="").push_reference  # noqa: B018


def test_the_chart_and_the_workflow_are_read_at_a_commit(clone: Path) -> None:
    before = git(clone, "rev-parse", "HEAD")
    newer = CHART_YAML.replace("1.7.0", "1.8.0")
    after = commit(clone, {"helm/threek8s/Chart.yaml": newer})
    project = project_in(clone)
    assert project.chart_at(before).version == "1.7.0"
    assert project.chart_at(after).version == "1.8.0"
    assert project.workflow_path == ".github/workflows/publish-helm.yml"
    assert "workflow_call" in workflow_at(project, before).triggers


def test_a_chart_that_is_missing_at_a_commit_is_named_with_its_label(clone: Path) -> None:
    commit(clone, {"helm/threek8s/Chart.yaml": "version: 1.7.0\n"})
    with pytest.raises(BadInput, match=r"helm/threek8s/Chart\.yaml at main has no name"):
        project_in(clone).chart_at("HEAD", "main")


def test_the_login_is_of_the_owner_or_the_user_that_was_set_and_its_token_is_masked(
    clone: Path,
) -> None:
    project = project_in(clone, GITHUB_TOKEN="hush-hush")
    user, token = project.login
    assert user == "stianfro"
    assert token.reveal() == "hush-hush"
    assert project.runner.mask("no hush-hush here") == "no *** here"
    project = project_in(clone, GITHUB_TOKEN="hush-hush", GITHUB_USER="maintainer")
    user, _ = project.login
    assert user == "maintainer"


def test_each_host_and_login_has_one_registry(clone: Path) -> None:
    project = project_in(clone, GITHUB_TOKEN="hush-hush")
    reference = project.push_reference
    registry = project.registry(reference)
    assert project.registry(reference.with_chart("threek8s")) is registry
    assert project.registry(reference, anonymous=True) is not registry


def test_each_of_several_charts_has_a_project_and_one_is_chosen_by_name_or_folder(
    clone: Path,
) -> None:
    commit(clone, OTHERS)
    project = project_in(clone, CHART_DIR="helm/*")
    assert [chart.label for chart in project.charts()] == ["api", "threek8s", "web"]
    web = project.find_chart("helm/web")
    assert (web.label, web.chart_dir, web.chart.version) == ("web", "helm/web", "0.2.0")
    assert web.charts() == [web]
    assert web.git is project.git
    assert web.helm is project.helm
    assert web.install_reference().oci == f"{REGISTRY}/web"
    with pytest.raises(BadInput, match=r"'nope' is not one of the charts: api, threek8s, web"):
        project.find_chart("nope")
    with pytest.raises(BadInput, match=r"lists 3 charts: api, threek8s, web.*--chart api"):
        project.ensure_one_chart()


def test_one_chart_has_no_label_also_if_it_is_chosen(clone: Path) -> None:
    project = project_in(clone)
    assert project.charts() == [project]
    assert project.find_chart("threek8s") is project
    project.ensure_one_chart()


def test_what_users_install_from_has_the_name_of_each_of_several_charts(clone: Path) -> None:
    commit(clone, OTHERS)
    users = "oci://ghcr.io/stianfro/{chart}"
    project = project_in(clone, CHART_DIR="helm/*", CHART_REF=users)
    assert project.find_chart("api").install_reference().oci == "oci://ghcr.io/stianfro/api"
    project = project_in(clone, CHART_DIR="helm/*", CHART_REF="oci://ghcr.io/stianfro/api")
    with pytest.raises(SettingError, match=r"CHART_REF is .*\{chart\}"):
        project.find_chart("api").install_reference()
