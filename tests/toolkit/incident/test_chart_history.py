"""What commits hold of a chart, in a real repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.toolkit.clients.git.repository import Repository
from tasks.toolkit.incident import chart_history
from tasks.toolkit.incident.chart_history import SETS_VERSION, ChartHistory

from ..clients.git.conftest import Clone

FOLDER = "charts/podinfo"
FILE = f"{FOLDER}/Chart.yaml"
VERSIONS = ["1.0.0", "1.1.0", "1.2.0"]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Give a clone with one commit."""
    clone = Clone(tmp_path)
    clone.create()
    return clone


@pytest.fixture
def history(clone: Clone) -> ChartHistory:
    """Give the history of the chart podinfo."""
    repository: Repository = clone.repository(clone.runner())
    return ChartHistory(repository, "podinfo", FOLDER)


def chart(version: str, name: str = "podinfo") -> str:
    return f"apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: x\n"


def test_the_chart_is_read_where_it_is_well_formed(clone: Clone, history: ChartHistory) -> None:
    one = clone.commit("one", {FILE: chart("1.0.0")})
    broken = clone.commit("two", {FILE: chart("new")})
    three = clone.commit("three", {FILE: chart("v0.0.0")})
    found = history.charts_at([three, broken, one, clone.first, one])
    assert {commit: chart.version for commit, chart in found.items()} == {
        one: "1.0.0",
        three: "v0.0.0",
    }
    (clone.folder / ".git").rename(clone.folder / "gone")  # what is known is not read again
    assert history.charts_at([three, broken, one, clone.first]) == found


def test_a_chart_that_was_in_another_folder_is_found_by_its_name(
    clone: Clone, history: ChartHistory
) -> None:
    texts = {"helm/a/Chart.yaml": chart("2.0.0", "x"), "helm/old/Chart.yaml": chart("1.0.0")}
    before = clone.commit("one", texts)
    clone.git("mv", "helm/old", "moved")
    clone.commit("two", {"z": ""})
    (found,) = history.charts_at([before]).values()
    assert found.version == "1.0.0"
    assert set(history.names_at(before)) == {"podinfo", "x"}
    assert list(history.names_at(clone.first)) == []


def test_few_commits_are_searched_for_a_chart_in_another_folder(
    clone: Clone, history: ChartHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = [clone.commit(version, {"old/Chart.yaml": chart(version)}) for version in VERSIONS]
    monkeypatch.setattr(chart_history, "MOST_SEARCHED", 2)
    assert list(history.charts_at(commits)) == commits[:2]


SETS = [
    'helm package charts/x --version "${GITHUB_REF_NAME#v}" --destination dist',
    "helm package \\\n  charts/x \\\n  --version $V",
    'sed -i "s/^version:.*/version: $V/" Chart.yaml',
    "yq -i '.version = strenv(V)' Chart.yaml",
    "uses: appany/helm-oci-chart-releaser@v0.4.2",
]
DOES_NOT = [
    "helm package charts/x --app-version 1.0.0",
    "helm package charts/x\nhelm show chart x --version 1.0.0",
    "sed -i s/appVersion.*/x/ Chart.yaml",
    "yq '.version' Chart.yaml",
    "helm version",
]


@pytest.mark.parametrize("step", SETS + DOES_NOT)
def test_a_workflow_sets_the_version_by_one_of_the_usual_commands(step: str) -> None:
    assert bool(SETS_VERSION.search(step)) == (step in SETS)


def test_only_the_workflows_of_the_commit_are_read(clone: Clone, history: ChartHistory) -> None:
    script = clone.commit("one", {"release.sh": SETS[0], ".github/workflows/a.yml": DOES_NOT[0]})
    workflow = clone.commit("two", {".github/workflows/b.yml": f"run: {SETS[0]}\n"})
    assert not history.sets_version(script)
    assert history.sets_version(workflow)
    assert not history.sets_version(clone.first)
