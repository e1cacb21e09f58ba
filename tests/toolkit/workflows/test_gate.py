"""The gate: what a chart's release depends on, and names that a workflow cannot hold."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.sandbox.world import CHART, WORKFLOW, World
from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.core.errors import BadInput
from tasks.toolkit.incident.project import Project
from tasks.toolkit.workflows.gate import GATE, GatedChart, gate_text
from tasks.toolkit.workflows.gate_charts import gated_charts
from tasks.toolkit.workflows.gate_recipes import GateRecipes

COPY = GateRecipes("./rollback/inv")
OTHER_CHART = """
apiVersion: v2
name: common
version: 1.0.0
"""
DEPENDENCY = """
dependencies:
  - name: common
    version: 1.0.0
    repository: file://../common
"""


def run_script(script: str, folder: Path) -> str:
    """Return what a step's script prints in a folder, as GitHub runs it."""
    argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    env = {**os.environ, "BASE": "main"}
    return subprocess.run(
        argv, cwd=folder, env=env, text=True, capture_output=True, check=True
    ).stdout


def paths_after(world: World, project: Project, files: Mapping[str, str]) -> set[str]:
    """Return the paths of the only chart, after a commit that adds these texts to files."""
    for path, text in files.items():
        file = world.clone / path
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text() if file.exists() else ""
        file.write_text(before + text)
    world.commit("ci: more")
    (chart,) = gated_charts(project, project.git.resolve("HEAD"))
    assert chart.label == ""
    return set(chart.paths)


def test_a_release_depends_on_its_workflows_its_configuration_and_its_chart(
    world: World, project: Project
) -> None:
    assert paths_after(world, project, {"NEWS.md": "none\n"}) == {
        WORKFLOW,
        ".github/workflows/release-please.yml",
        "release-please-config.json",
        ".release-please-manifest.json",
        CHART,
        GATE,
    }


def test_so_it_does_on_own_actions_on_files_that_inputs_name_and_on_charts_inside(
    world: World, project: Project
) -> None:
    step = "      - uses: ./.github/actions/push\n        with: {config: ci/cr.yaml}\n"
    files = {
        WORKFLOW: step,
        ".github/actions/push/action.yml": "name: push\n",
        "ci/cr.yaml": "owner: stianfro\n",
        "helm/common/Chart.yaml": OTHER_CHART,
        f"{CHART}/Chart.yaml": DEPENDENCY,
    }
    settings = replace(project.settings, chart_dir=CHART)
    chosen = Project(settings, project.runner, project.scratch)
    found = paths_after(world, chosen, files)
    assert {".github/actions/push", "ci/cr.yaml", "helm/common"} <= found


def test_a_repository_without_the_workflow_has_nothing_to_rehearse(
    world: World, project: Project
) -> None:
    (world.clone / WORKFLOW).unlink()
    world.commit("ci: none")
    with pytest.raises(BadInput, match=r"publish-helm\.yml"):
        gated_charts(project, project.git.resolve("HEAD"))


def test_each_chart_gets_the_time_that_a_rehearsal_may_take() -> None:
    def minutes(count: int, limit: float) -> int:
        charts = [GatedChart(f"chart-{number}", ["charts"]) for number in range(count)]
        workflow = Workflow.parse(gate_text(charts, {}, COPY, limit), GATE)
        assert workflow.faults() == []
        return int(workflow.document["jobs"]["rehearse"]["timeout-minutes"])

    assert minutes(2, 900) - minutes(1, 900) == 15
    assert minutes(100, 900) < 360  # when GitHub ends any job


@pytest.mark.parametrize("name", ["${{ secrets.X }}", "a\nb"])
def test_a_name_that_is_more_to_actions_than_a_name_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="would be more than a name"):
        gate_text([GatedChart("", [name])], {}, COPY, 900)
    with pytest.raises(BadInput, match="would be more than a name"):
        gate_text([GatedChart("", ["chart"])], {"CHART_DIR": name}, COPY, 900)


def test_any_other_name_is_one_word_to_the_shell(tmp_path: Path) -> None:
    name = 'it\'s "a" chart; $(rm -rf /) `x` #1: é'
    text = gate_text([GatedChart(name, [name])], {"CHART_DIR": name}, COPY, 900)
    workflow = Workflow.parse(text, GATE)
    assert workflow.document["env"]["CHART_DIR"] == name
    *_, script = workflow.scripts()
    file = tmp_path / "rollback" / "inv"
    file.parent.mkdir()
    file.write_text('#!/bin/sh\nprintf %s "$3" > chart\n')
    file.chmod(0o755)
    programs = 'git() { for last; do :; done; printf "%s" "$last"; }\n'
    ended = run_script(programs + script, tmp_path)
    assert f"touched: {name}\n" in ended
    assert (tmp_path / "chart").read_text() == name
