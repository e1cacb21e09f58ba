"""A workflow that does not exist: the advice names the files that publish charts."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.github.publishers import advise_workflow
from tasks.toolkit.clients.github.workflow_file import parse_workflows

STEP = "on: push\njobs:\n  publish:\n    steps:\n      - "
PUSH = f"{STEP}run: helm push x.tgz oci://ghcr.io/owner"
RELEASER = f"{STEP}uses: helm/chart-releaser-action@v1"
ORAS = f"{STEP}run: helm package . && oras push ghcr.io/owner/x x.tgz"
LINT = f"{STEP}run: helm lint ."

ADVICE = [
    ([LINT, PUSH], "set WORKFLOW=1.yml, the one that pushes charts"),
    ([RELEASER, LINT], "set WORKFLOW=0.yml, the one that uses helm/chart-releaser-action"),
    ([LINT, ORAS], "set WORKFLOW=1.yml, the one that runs `oras push` and names helm"),
    ([PUSH, LINT, PUSH], "set WORKFLOW=0.yml or WORKFLOW=2.yml: each publishes charts"),
    ([LINT, "on: ["], "; no well-formed file in .github/workflows runs `helm push`"),
    ([], "set WORKFLOW to the file that publishes the chart; no well-formed file"),
]


@pytest.mark.parametrize(("texts", "advice"), ADVICE)
def test_the_files_that_publish_are_named(texts: list[str], advice: str) -> None:
    files = {f".github/workflows/{number}.yml": text for number, text in enumerate(texts)}
    workflows = parse_workflows(files)
    assert advice in advise_workflow(workflows, "owner/charts", "publish-helm.yml")


def test_a_file_that_github_lacks_is_not_advised_again() -> None:
    workflows = parse_workflows({".github/workflows/new.yml": PUSH})
    advice = advise_workflow(workflows, "owner/charts", "new.yml")
    assert advice == "set WORKFLOW to the name of a file in .github/workflows"
