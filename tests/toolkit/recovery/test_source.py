"""The source of a package: what was asked for, else the revert, else the working copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.source import open_source

from ...plans import planned
from .charts import CHART_DIR, commit, git

pytestmark = pytest.mark.usefixtures("clone")


def replicas(top: Path) -> str:
    return (top / CHART_DIR / "values.yaml").read_text().strip()


def test_without_an_incident_the_working_copy_is_packaged(
    project: Project,
    log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (clone / CHART_DIR / "values.yaml").write_text("replicas: 9\n")
    with open_source(project, log, "") as source:
        assert source.top == clone
        assert source.commit == ""
        assert source.name == "the working copy, with uncommitted changes in 1 file"
    warning = f"! packaging {source.name}: {clone / CHART_DIR}"
    assert warning in capsys.readouterr().err


def test_the_merged_revert_is_packaged_whatever_the_working_copy_holds(
    project: Project,
    log: IncidentLog,
    clone: Path,
) -> None:
    good = commit(clone, 2)
    commit(clone, 3)
    log.record_skipped(Facts(revert=43, good_commit=good, compared="exact"))
    with open_source(project, log, "") as source:
        assert replicas(source.top) == "replicas: 2"
        assert source.commit == good
        assert source.name.startswith("the merged revert ")
    assert not source.top.exists()


def test_a_merged_revert_that_was_not_compared_is_not_packaged(
    project: Project,
    log: IncidentLog,
    clone: Path,
) -> None:
    log.record_skipped(Facts(revert=43, good_commit=commit(clone, 2)))
    with pytest.raises(Refused, match="was not compared"):
        open_source(project, log, "")


def test_a_reference_wins_over_the_merged_revert(
    project: Project,
    log: IncidentLog,
    clone: Path,
) -> None:
    git(clone, "tag", "v1.0.0")
    good = commit(clone, 2)
    log.record_skipped(Facts(good_commit=good, compared="exact"))
    with open_source(project, log, "v1.0.0") as source:
        assert replicas(source.top) == "replicas: 1"
        assert source.name.startswith("v1.0.0 = ")


def test_a_tag_is_packaged_as_it_is_at_origin(
    project: Project,
    log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    git(clone, "tag", "v1.0.0")
    moved = commit(clone, 2)
    git(clone, "push", "--quiet", "origin", f"{moved}:refs/tags/v1.0.0")
    with open_source(project, log, "refs/tags/v1.0.0") as source:
        assert source.commit == moved
        assert source.tag == "v1.0.0"
    assert "the tag v1.0.0 was moved: " in capsys.readouterr().err


@pytest.mark.parametrize("ref", ["main", "refs/heads/main", "origin/main"])
@pytest.mark.thorough
def test_a_branch_is_packaged_as_it_is_at_origin(
    project: Project,
    log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
    ref: str,
) -> None:
    at_origin = commit(clone, 2)
    git(clone, "reset", "--quiet", "--hard", "HEAD^")
    with open_source(project, log, ref) as source:
        assert source.commit == at_origin
        assert source.tag == ""
    older = f"main is packaged as it is at origin, {at_origin[:12]}; your main is older"
    assert f"{older}, commits that it lacks: 1" in capsys.readouterr().err
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "feat: mine")
    with open_source(project, log, ref) as source:
        assert source.commit == at_origin
    ahead = f"! main is packaged as it is at origin, {at_origin[:12]}; commits of your main"
    assert f"{ahead} that origin lacks: 1" in capsys.readouterr().err


def test_a_branch_that_only_origin_has_is_packaged(
    project: Project,
    log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    git(clone, "push", "--quiet", "origin", "main:fix")
    git(clone, "update-ref", "-d", "refs/remotes/origin/fix")
    with open_source(project, log, "fix") as source:
        assert source.commit == git(clone, "rev-parse", "main")
    assert "!" not in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["branch", "tag"])
def test_what_only_the_clone_has_is_packaged_and_said(
    project: Project,
    log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    git(clone, kind, "mine")
    commit(clone, 2)
    with open_source(project, log, "mine") as source:
        assert replicas(source.top) == "replicas: 1"
        assert source.tag == ("mine" if kind == "tag" else "")
    printed = capsys.readouterr().err
    assert "! origin has no mine: it is packaged from this clone" in printed


def test_a_commit_is_packaged_without_a_word(
    project: Project,
    log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    commit(clone, 2)
    for name in ("HEAD^", git(clone, "rev-parse", "HEAD^")):
        with open_source(project, log, name) as source:
            assert replicas(source.top) == "replicas: 1"
    assert "!" not in capsys.readouterr().err


def test_an_unknown_reference_is_refused(project: Project, log: IncidentLog) -> None:
    with (
        pytest.raises(BadInput, match="'no-such' names no commit"),
        open_source(project, log, "no-such"),
    ):
        pass


@pytest.mark.parametrize("facts", [Facts(revert=43), Facts(revert_is_planned=True)])
def test_a_revert_that_is_not_merged_is_refused(
    project: Project,
    log: IncidentLog,
    facts: Facts,
) -> None:
    log.record_skipped(facts)
    with pytest.raises(Refused, match="the revert is not merged"):
        open_source(project, log, "")


def test_a_dry_run_packages_the_default_branch_with_the_planned_revert(
    dry_project: Project,
    dry_log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    git(clone, "config", "user.name", "Maintainer")
    git(clone, "config", "user.email", "m@example.com")
    bad = commit(clone, 2)
    dry_log.record_skipped(Facts(planned_revert=bad))
    with open_source(dry_project, dry_log, "") as source:
        assert replicas(source.top) == "replicas: 1"
        assert source.name.startswith("main with ")
    plan = planned(capsys)
    assert "FETCH_HEAD" in plan
    assert " revert " not in plan


def test_a_dry_run_packages_what_the_planned_merge_would_make(
    dry_project: Project,
    dry_log: IncidentLog,
    clone: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = git(clone, "rev-parse", "HEAD")
    tip = commit(clone, 4)
    trees = dry_project.git.trees
    made = trees.commit(trees.of(good), tip, '#43 "one" merged', dated_as=tip)
    dry_log.record_skipped(Facts(revert=43, planned_merge=made))
    with open_source(dry_project, dry_log, "") as source:
        assert replicas(source.top) == "replicas: 1"
        assert source.name == 'main with #43 "one" merged'
    assert "FETCH_HEAD" in planned(capsys)
