"""The repositories release as those whose shape they have."""

from __future__ import annotations

import pytest

from tasks.sandbox.github.runs import Run
from tasks.sandbox.world import World
from tasks.sandbox.worlds import CHARTS, ChartsWorld

IMAGE_CONFIG = b"application/vnd.oci.image.config.v1+json"


def newest_run(world: World) -> Run:
    return world.github.runs[0]


def test_threek8s_releases_by_the_push_of_a_release_commit(world: World) -> None:
    world.merge_pull("two", "feat: two", {"README.md": ("# threek8s", "# Threek8s")})
    assert world.github.settle() == "success"
    assert world.github.releases == []
    assert world.git("log", "-1", "--format=%s") == "feat: two (#1)"

    assert world.release("1.6.1", "1.6.0") == "success"
    run = newest_run(world)
    assert (run.event, run.head_branch) == ("push", "main")
    assert [path["path"].partition("@")[0] for path in run.referenced] == [
        "stianfro/threek8s/.github/workflows/publish-images.yml",
        "stianfro/threek8s/.github/workflows/publish-helm.yml",
    ]
    assert {name: job.conclusion for name, job in run.jobs.items()} == dict.fromkeys(
        (
            "release-please",
            "publish-images / publish",
            "publish-helm / lint",
            "publish-helm / package",
            "publish-helm / publish",
            "update-release",
        ),
        "success",
    )
    assert len(world.github.runs) == 2  # the tag of the release has started none
    (release,) = world.github.releases
    assert run.created_at < release.created_at
    assert world.git("rev-parse", "v1.6.1") == run.head_sha == world.git("rev-parse", "main")
    assert release.body.startswith("## [1.6.1]")
    assert f"{world.reference} --version 1.6.1" in release.body
    assert list(world.registry.tags("stianfro/threek8s/chart/threek8s")) == ["1.6.1"]
    assert IMAGE_CONFIG in world.registry.manifest("stianfro/threek8s", "1.6.1")


def test_podinfo_releases_by_the_push_of_a_tag(podinfo: World) -> None:
    assert podinfo.release("6.14.0", "6.13.0") == "success"
    (run,) = podinfo.github.runs
    assert (run.event, run.head_branch) == ("push", "6.14.0")
    parents = podinfo.git("log", "-1", "--format=%p", "origin/master").split()
    assert len(parents) == 2
    (release,) = podinfo.github.releases
    assert (release.tag_name, release.body) == ("6.14.0", "What is new in 6.14.0.")
    shown = podinfo.run("helm", "show", "chart", podinfo.reference, "--plain-http").stdout
    assert "version: 6.14.0\n" in shown
    assert "appVersion: v6.14.0\n" in shown
    assert IMAGE_CONFIG in podinfo.registry.manifest("stefanprodan/podinfo", "6.14.0")


@pytest.mark.thorough
def test_each_chart_that_changed_is_released_and_pushed_by_one_run(charts: ChartsWorld) -> None:
    charts.merge_pull("readme", "docs: a title", {"README.md": ("# Charts", "# Our charts")})
    assert charts.github.settle() == ""  # no chart has changed

    assert charts.release("9.0.1", "9.0.0", app_version="v3.2.1") == "success"
    edits = {
        f"charts/{name}/Chart.yaml": (f"version: {CHARTS[name][0]}", "version: 8.0.0")
        for name in ("argo-events", "argocd-apps")
    }
    charts.merge_pull("two", "feat: two charts", edits)
    assert charts.github.settle() == "success"
    assert len(charts.github.runs) == 2
    tags = [release.tag_name for release in charts.github.releases]
    assert tags == ["argocd-apps-8.0.0", "argo-events-8.0.0", "argo-cd-9.0.1"]
    run = newest_run(charts)
    assert all(run.created_at < release.created_at for release in charts.github.releases[:2])
    assert charts.registry.snapshot().keys() == {
        f"argoproj/argo-helm/{name}" for name in ("argo-cd", "argo-events", "argocd-apps")
    }
    shown = charts.run("helm", "show", "chart", charts.reference, "--plain-http").stdout
    assert "version: 9.0.1\n" in shown
    assert "appVersion: v3.2.1\n" in shown
