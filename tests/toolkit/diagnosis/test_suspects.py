"""Suspects: which pull request it is, whether its revert reached users, and how to recover."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.clients.github.releases import Release
from tasks.toolkit.diagnosis.suspects import Suspect, find_suspect, may_break_release
from tasks.toolkit.incident.log import IncidentLog

from .fakes import USERS, FakeProject, ago, chart_archive, pull

WORKFLOW = ".github/workflows/publish-helm.yml"


@pytest.mark.parametrize(
    ("title", "head", "files", "expected"),
    [
        ("feat: more", "more", ["chart/values.yaml"], True),
        ("ci: move", "move", [WORKFLOW, "README.md"], True),
        ("docs: more", "more", ["README.md", "charts/Chart.yaml"], False),
        ('Revert "feat: more"', "revert-42-more", ["chart/values.yaml"], False),
        ("chore: release", "release-please--branches--main", ["chart/Chart.yaml"], False),
        (
            "chore: release",
            "release-please--branches--main",
            ["chart/Chart.yaml", "chart/values.yaml"],
            True,
        ),
        ("chore: bump", "bump", ["chart/Chart.yaml"], True),
    ],
)
def test_only_a_change_of_workflow_or_chart_may_break_a_release(
    project: FakeProject, title: str, head: str, files: list[str], expected: bool
) -> None:
    assert may_break_release(project, pull(42, title, head), files) is expected


@pytest.fixture
def bad(project: FakeProject) -> FakeProject:
    """Give a project whose release 1.7.0 is suspected to be broken by pull request 42."""
    project.add_release("1.6.1", ago(hours=2))
    project.add_release("1.7.0", ago(hours=1))
    project.fake_github.merged = [
        (pull(44, "docs: more", merged="docs"), ["README.md"]),
        (pull(42, merged="bad"), ["chart/values.yaml"]),
        (pull(40, merged="older"), [WORKFLOW]),
    ]
    project.publish("1.6.1")
    return project


def suspected_in(project: FakeProject, log: IncidentLog) -> Suspect:
    releases: list[Release] = project.fake_github.published
    return find_suspect(project, log, releases, releases[0])


def test_the_newest_change_is_suspected_and_a_free_version_published_again(
    bad: FakeProject, log: IncidentLog
) -> None:
    expected = Suspect('suspected: #42 "feat: more"', "invoke recover --pr 42", "1.6.1")
    assert suspected_in(bad, log) == expected


def test_a_published_version_is_not_published_again(bad: FakeProject, log: IncidentLog) -> None:
    bad.publish("1.7.0")
    assert suspected_in(bad, log).command == "invoke recover --pr 42 --version next"


def test_a_version_below_what_users_get_is_not_published(
    bad: FakeProject, log: IncidentLog
) -> None:
    bad.publish("1.8.0")
    assert suspected_in(bad, log).command == "invoke recover --pr 42 --version next"


def test_a_withdrawn_version_does_not_come_back(
    bad: FakeProject, log: IncidentLog, tmp_path: Path
) -> None:
    folder = tmp_path / "2026-01-01T000000Z" / "withdrawn-owner_charts_podinfo-1.7.0"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"body": "{}", "kind": "x"}')
    assert suspected_in(bad, log).command == "invoke recover --pr 42 --version next"


def test_versions_that_differ_on_the_default_branch_are_set_by_the_command(
    bad: FakeProject, log: IncidentLog
) -> None:
    bad.fake_git.add_chart("main", "1.6.1", "1.6.1")
    command = "invoke recover --pr 42 --version 1.7.0 --app-version 1.7.0"
    assert suspected_in(bad, log).command == command


def test_a_private_package_counts_as_published_and_users_get_nothing(
    bad: FakeProject, log: IncidentLog
) -> None:
    bad.publish("1.7.0")
    bad.users.denies = True
    suspect = suspected_in(bad, log)
    assert (suspect.command, suspect.published) == ("invoke recover --pr 42 --version next", "")


def test_a_revert_that_is_not_merged_helps_nobody(bad: FakeProject, log: IncidentLog) -> None:
    bad.fake_github.reverts = {42: pull(43)}
    suspect = suspected_in(bad, log)
    assert suspect.description.endswith('#42 "feat: more"; its revert #43 is not merged')
    assert suspect.command == "invoke recover --pr 42"


def test_a_merged_revert_helps_nobody_until_a_chart_is_published_with_it(
    bad: FakeProject, log: IncidentLog
) -> None:
    bad.fake_github.reverts = {42: pull(43, merged="revert")}
    suspect = suspected_in(bad, log)
    reverted = '#42 "feat: more" is reverted by #43'
    assert suspect.description == f"{reverted}, but no published chart has that revert"
    assert suspect.command == "invoke recover --pr 42"
    bad.publish("1.7.1", "1.7.0")
    assert suspected_in(bad, log) == Suspect(reverted, "", "1.7.1")


def test_a_chart_of_the_same_version_has_the_revert_if_its_files_do(
    bad: FakeProject, log: IncidentLog
) -> None:
    bad.fake_github.reverts = {42: pull(43, merged="revert")}
    bad.fake_git.files["revert", "chart/values.yaml"] = "replicas: 1\n"
    bad.fake_git.files["revert", "chart/Chart.yaml"] = "version: 1.6.1\n"
    bad.publish("1.7.0")
    reference = f"{USERS}:1.7.0"
    chart_yaml = "name: podinfo\nversion: 1.7.0\n"
    bad.users.archives[reference] = chart_archive({"Chart.yaml": chart_yaml, "values.yaml": "x: 2"})
    assert suspected_in(bad, log).command == "invoke recover --pr 42 --version next"
    bad.users.archives[reference] = chart_archive({"values.yaml": "replicas: 1\n"})
    assert suspected_in(bad, log).command == ""
    bad.publish("1.7.0", "1.6.1")
    assert suspected_in(bad, log).command == "invoke recover --pr 42 --version next"


def test_what_the_release_has_reverted_already_is_passed_over(
    bad: FakeProject, log: IncidentLog
) -> None:
    bad.fake_github.reverts = {42: pull(43, merged="revert")}
    bad.fake_git.contained = {("v1.7.0", "revert")}
    assert suspected_in(bad, log).description == 'suspected: #40 "feat: more"'
    bad.fake_github.merged.pop()
    suspect = suspected_in(bad, log)
    assert suspect.description.startswith("no pull request merged since the previous release")
    assert suspect.command == "invoke recover --sha HASH, with the commit that caused it"
