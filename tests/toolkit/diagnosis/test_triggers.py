"""The three triggers: when each fires, and what it says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tasks.toolkit.clients.github.actions import Run
from tasks.toolkit.console.findings import Finding
from tasks.toolkit.core.errors import ServiceError, SettingError
from tasks.toolkit.diagnosis.triggers import (
    check_publication,
    check_reports,
    check_versions,
    judge_run,
)
from tasks.toolkit.incident.log import IncidentLog

from .fakes import USERS, FakeProject, ago, issue, release, run

LONG_AGO = ago(hours=1)
JUST_NOW = ago(seconds=5)


@pytest.mark.parametrize(
    ("started", "published", "expected"),
    [
        (run(7, "v1.7.0", "success", LONG_AGO), LONG_AGO, ("clear", "run 7 for v1.7.0: success")),
        (run(7, "v1.7.0", "failure", LONG_AGO), LONG_AGO, ("fired", "run 7 for v1.7.0: failure")),
        (
            run(7, "v1.7.0", "", LONG_AGO, "in_progress"),
            LONG_AGO,
            ("unknown", "run 7 for v1.7.0 is in_progress, https"),
        ),
        (
            run(7, "v1.7.0", "", LONG_AGO, "queued"),
            LONG_AGO,
            ("fired", "run 7 for v1.7.0 is queued since 1:00:0"),
        ),
        (
            run(7, "v1.7.0", "", JUST_NOW, "queued"),
            LONG_AGO,
            ("unknown", "run 7 for v1.7.0 is queued, https"),
        ),
        (None, LONG_AGO, ("fired", "no run of the workflow for v1.7.0")),
        (None, JUST_NOW, ("unknown", "its workflow has not started")),
    ],
)
def test_a_run_is_judged_by_its_end_and_one_that_does_not_start_by_its_age(
    started: Run | None, published: datetime, expected: tuple[str, str]
) -> None:
    outcome, evidence = judge_run(release("1.7.0", published), started, limit=900)
    assert outcome == expected[0]
    assert expected[1] in evidence


def publication(project: FakeProject, log: IncidentLog) -> Finding:
    return check_publication(project, log, project.fake_github.published)


def released(project: FakeProject, published: datetime, *runs: Run) -> None:
    project.add_release("1.7.0", published)
    project.fake_github.recent_runs = list(runs)


def test_a_chart_that_its_run_published_is_clear(project: FakeProject, log: IncidentLog) -> None:
    released(project, LONG_AGO, run(7, "v1.7.0"))
    project.publish("1.7.0")
    finding = publication(project, log)
    assert finding.outcome == "clear"
    assert finding.evidence.endswith(f"; {USERS}:1.7.0 is published")


def test_a_run_that_succeeded_fires_when_its_chart_is_not_published(
    project: FakeProject, log: IncidentLog
) -> None:
    released(project, LONG_AGO, run(7, "v1.7.0"))
    finding = publication(project, log)
    assert finding.outcome == "fired"
    assert finding.evidence.endswith(f"; {USERS}:1.7.0 is not published")


def test_a_chart_that_was_withdrawn_is_called_that(
    project: FakeProject, log: IncidentLog, tmp_path: Path
) -> None:
    released(project, LONG_AGO, run(7, "v1.7.0"))
    folder = tmp_path / "2026-01-01T000000Z" / "withdrawn-owner_charts_podinfo-1.7.0"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"body": "{}", "kind": "x"}')
    assert publication(project, log).evidence.endswith(f"; {USERS}:1.7.0 is withdrawn")


@pytest.mark.parametrize(("published", "outcome"), [(JUST_NOW, "clear"), (LONG_AGO, "fired")])
def test_a_chart_published_by_hand_is_clear_until_the_run_is_late(
    project: FakeProject, log: IncidentLog, published: datetime, outcome: str
) -> None:
    released(project, published)
    project.publish("1.7.0")
    assert publication(project, log).outcome == outcome


def test_a_run_in_progress_stays_unknown_though_the_chart_is_published(
    project: FakeProject, log: IncidentLog
) -> None:
    released(project, LONG_AGO, run(7, "v1.7.0", "", status="in_progress"))
    project.publish("1.7.0")
    assert publication(project, log).outcome == "unknown"


def test_a_private_package_fires_and_says_how_to_make_it_public(
    project: FakeProject, log: IncidentLog
) -> None:
    released(project, LONG_AGO, run(7, "v1.7.0"))
    project.publish("1.7.0")
    project.users.denies = True
    finding = publication(project, log)
    assert (finding.outcome, finding.next) == ("fired", f"let anybody read {USERS}")
    assert "1.7.0 is private: users cannot install it" in finding.evidence


def test_a_registry_that_cannot_be_read_hides_only_what_the_run_does_not_tell(
    project: FakeProject, log: IncidentLog
) -> None:
    project.users.fails = True
    released(project, LONG_AGO, run(7, "v1.7.0", "failure"))
    finding = publication(project, log)
    assert finding.outcome == "fired"
    assert "could not check whether its chart is published: registry" in finding.evidence
    released(project, LONG_AGO, run(7, "v1.7.0"))
    with pytest.raises(ServiceError):
        publication(project, log)


def test_a_wrong_setting_is_never_a_finding(tmp_path: Path, log: IncidentLog) -> None:
    project = FakeProject(tmp_path, REGISTRY="")
    released(project, LONG_AGO, run(7, "v1.7.0", "failure"))
    with pytest.raises(SettingError):
        publication(project, log)


def versions(project: FakeProject, log: IncidentLog) -> Finding:
    return check_versions(project, log, project.fake_github.published)


def test_versions_that_agree_are_clear_and_each_is_named(
    project: FakeProject, log: IncidentLog
) -> None:
    project.add_release("1.7.0", LONG_AGO)
    project.fake_git.add_chart("main", "1.7.0", "1.7.0+build.5")
    project.publish("1.7.0")
    finding = versions(project, log)
    assert finding.outcome == "clear"
    assert finding.evidence == (
        "all are 1.7.0: release, version at v1.7.0, appVersion at v1.7.0, version at main, "
        "appVersion at main, registry, registry's appVersion"
    )


def test_a_backport_that_is_newer_than_the_highest_release_is_no_fault(
    project: FakeProject, log: IncidentLog
) -> None:
    project.add_release("1.10.0", ago(hours=2))
    project.fake_github.published.insert(0, release("1.9.1", LONG_AGO))
    project.publish("1.10.0")
    assert versions(project, log).outcome == "clear"


def test_each_version_that_differs_is_named_with_the_commit_that_changed_it(
    project: FakeProject, log: IncidentLog
) -> None:
    project.add_release("1.7.0", LONG_AGO)
    project.fake_git.add_chart("main", "1.9.0", "1.7.0")
    project.publish("1.6.0")
    finding = versions(project, log)
    assert finding.outcome == "fired"
    assert finding.evidence == (
        "release is 1.7.0, but version at main is 1.9.0, registry is 1.6.0, registry's appVersion "
        "is 1.6.0; versions in Chart.yaml were changed last by abc1234 chore: hurry"
    )


def test_a_chart_that_is_missing_and_a_registry_with_nothing_differ(
    project: FakeProject, log: IncidentLog
) -> None:
    project.add_release("1.7.0", LONG_AGO)
    del project.fake_git.files["main", "chart/Chart.yaml"]
    evidence = versions(project, log).evidence
    assert "version at main is missing" in evidence
    assert "registry is nothing" in evidence


def test_what_users_get_may_be_unread_only_when_something_else_differs(
    project: FakeProject, log: IncidentLog
) -> None:
    project.users.fails = True
    project.add_release("1.7.0", LONG_AGO)
    with pytest.raises(ServiceError):
        versions(project, log)
    project.fake_git.add_chart("main", "1.9.0")
    finding = versions(project, log)
    assert finding.outcome == "fired"
    assert "could not check what users get: registry.example could not be asked" in finding.evidence


def test_only_users_reports_with_one_of_the_terms_fire(tmp_path: Path, log: IncidentLog) -> None:
    project = FakeProject(tmp_path, INSTALL_TERMS="install, chart")
    releases = [release("1.7.0", LONG_AGO)]
    project.fake_github.opened = [
        issue(3, "Dull colours"),
        issue(4, "helm install fails", labels=["Type: Incident"]),
    ]
    finding = check_reports(project, log, releases)
    assert finding.outcome == "clear"
    assert finding.evidence == "no open issue since v1.7.0 mentions install, chart"
    project.fake_github.opened += [issue(5, "It fails", "The CHART is not found")]
    finding = check_reports(project, log, releases)
    assert (finding.outcome, finding.evidence.partition(" ")[0]) == ("fired", "#5")
    assert finding.next == "close what is solved: gh issue close 5 --repo owner/podinfo"


def test_five_reports_are_listed_and_all_of_them_counted(
    project: FakeProject, log: IncidentLog
) -> None:
    project.fake_github.opened = [issue(number, "install") for number in range(1, 8)]
    finding = check_reports(project, log, [release("1.7.0", LONG_AGO)])
    assert len(finding.evidence.splitlines()) == 5
    assert finding.next.endswith(", and so on for all 7")
