"""Which workflow publishes charts, and where it pushes them: told only if it is certain."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.github.chart_repositories import find_chart_repository_publishers
from tasks.toolkit.clients.github.publishers import find_publishers
from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.core.env_entry import Entry
from tasks.toolkit.workflows.publishers import (
    registry_entry,
    with_chart_repositories,
    workflow_entry,
)

SLUG = "Owner/charts"
STEP = "jobs:\n  publish:\n    steps:\n      - "
PUSH = f"on: push\n{STEP}run: helm push x.tgz oci://ghcr.io/${{{{ github.repository_owner }}}}"
PROPOSAL = PUSH.replace("on: push", "on: pull_request").replace("/$", "/test/$")
OTHER = f"on: release\n{STEP}run: helm push x.tgz oci://quay.io/owner"
OPEN = f"on: push\n{STEP}run: helm push x.tgz oci://ghcr.io/${{{{ secrets.PLACE }}}}"
ACTION = f"on: push\n{STEP}uses: appany/helm-oci-chart-releaser@v0.4.2"
CALL = "on: push\njobs:\n  go:\n    uses: acme/ci/.github/workflows/publish-helm.yml@main"
ORAS = f"on: push\n{STEP}run: helm package . && oras push ghcr.io/owner/x x.tgz"
LINT = f"on: push\n{STEP}run: helm lint ."
IMAGE = f"on: push\n{STEP}uses: docker/build-push-action@v6"
NOBODY = "no well-formed file in .github/workflows runs `helm push`"
NO_PLACE = "no step of a workflow pushes charts"

CASES = [
    ([LINT, PUSH, IMAGE], "1.yml", "oci://ghcr.io/owner"),
    ([PROPOSAL, PUSH], "1.yml", "oci://ghcr.io/owner"),
    ([PROPOSAL], "0.yml", "oci://ghcr.io/test/owner"),
    ([ACTION, LINT], "0.yml", NO_PLACE),
    ([ACTION, PUSH], "1.yml", "oci://ghcr.io/owner"),
    ([CALL], "0.yml", NO_PLACE),
    ([ORAS], "0.yml", NO_PLACE),
    ([OPEN], "0.yml", "only a run knows what 0.yml pushes to"),
    ([PUSH, OTHER], "2 workflows publish charts", "pushes to 2 places"),
    ([PUSH, PUSH], "2 workflows publish charts", "oci://ghcr.io/owner"),
    ([LINT, IMAGE], NOBODY, NO_PLACE),
    ([], NOBODY, NO_PLACE),
]


@pytest.mark.parametrize(("texts", "workflow", "registry"), CASES)
def test_a_workflow_and_its_place_are_told_if_there_is_only_one(
    texts: list[str],
    workflow: str,
    registry: str,
) -> None:
    workflows = {}
    for number, text in enumerate(texts):
        path = f".github/workflows/{number}.yml"
        workflows[path] = Workflow.parse(text, path)
    publishers = find_publishers(workflows, SLUG)
    for entry, wanted in (
        (workflow_entry(publishers), workflow),
        (registry_entry(publishers), registry),
    ):
        is_value = wanted.endswith(".yml") or wanted.startswith("oci://")
        assert entry.value == (wanted if is_value else "")
        assert is_value or wanted in entry.source


def test_candidates_are_left_as_comments() -> None:
    workflows = {}
    for path, text in (("a.yml", PUSH), ("b.yml", OTHER)):
        workflows[path] = Workflow.parse(text, path)
    publishers = find_publishers(workflows, SLUG)
    assert workflow_entry(publishers).lines()[1:] == ["# WORKFLOW=a.yml", "# WORKFLOW=b.yml"]
    assert registry_entry(publishers).lines()[1:] == [
        "# REGISTRY=oci://ghcr.io/owner",
        "# REGISTRY=oci://quay.io/owner",
    ]


PAGES = f"on: push\n{STEP}"
TO_A_CHART_REPOSITORY = [
    (f"{PAGES}uses: stefanprodan/helm-gh-pages@master", True),
    (f"{PAGES}uses: helm/chart-releaser-action@v1.7.0", True),
    (f"{PAGES}run: |\n          cd out\n          helm repo index . --merge index.yaml", True),
    (f"{PAGES}run: cr upload --config cr.yaml", True),
    (f"on: pull_request\n{STEP}uses: helm/chart-releaser-action@v1.7.0", True),
    (f"{PAGES}run: helm repo add bitnami https://charts.bitnami.com", False),
    (ACTION, False),
    (PUSH, False),
]


@pytest.mark.parametrize(("text", "publishes"), TO_A_CHART_REPOSITORY)
def test_a_workflow_that_publishes_to_a_chart_repository_is_warned_of(
    text: str,
    publishes: bool,
) -> None:
    path = ".github/workflows/release.yml"
    files = find_chart_repository_publishers({path: Workflow.parse(text, path)})
    assert files == (["release.yml"] if publishes else [])
    entry = with_chart_repositories(Entry("REGISTRY", "oci://ghcr.io/owner", "a step"), files)
    warned = "release.yml publishes to a chart repository (GitHub Pages) too" in entry.warning
    assert warned == publishes
