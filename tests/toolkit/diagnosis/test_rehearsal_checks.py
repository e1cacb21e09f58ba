"""Where a rehearsal's chart went and what it is are judged by what is sure."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tasks.sandbox.rehearsal.results import Pushed, Results, Step
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.console.findings import Finding
from tasks.toolkit.diagnosis.rehearsal_checks import asks_for_values, check_versions
from tasks.toolkit.diagnosis.rehearsed import Rehearsed
from tasks.toolkit.diagnosis.rehearsed_place import check_place
from tasks.toolkit.diagnosis.rehearsed_release import RehearsedRelease
from tasks.toolkit.diagnosis.rehearsed_run import check_run
from tasks.toolkit.workflows.chart_references import ChartReferences

from ...conftest import FOLDERS

CALLER = ".github/workflows/release-please.yml"
CALLED = ".github/workflows/publish.yml"
VARIABLE = "the variable REGISTRY of the repository is not here"
UNKNOWN = "some/action/setup is unknown here"
OTHER_HELM = 'the step "Helm" before it: helm v3.10.1 is asked for, and this machine has v4'


def archive(version: str) -> bytes:
    text = json.dumps({"apiVersion": "v2", "name": "web", "version": version}).encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        info = tarfile.TarInfo("web/Chart.yaml")
        info.size = len(text)
        packed.addfile(info, io.BytesIO(text))
    return file.getvalue()


def pushed(repository: str, doubts: tuple[str, ...] = ()) -> Pushed:
    return Pushed(
        "ghcr.io", repository, "1.0.0", "sha256:0", archive("1.0.0"), CALLED, doubts, doubts
    )


def step(name: str, conclusion: str = "success", **fields: object) -> Step:
    return Step("publish", CALLED, name, conclusion, "", **fields)  # type: ignore[arg-type]


def rehearsed(
    *steps: Step,
    at: Pushed | None = None,
    version: str = "1.0.0",
    ref: str = "refs/heads/main",
    faults: tuple[str, ...] = (),
) -> Rehearsed:
    """Return a rehearsal of a release of the chart web, which belongs at ghcr.io/o/charts/web."""
    failed = any(one.conclusion == "failure" for one in steps)
    results = Results(
        "failure" if failed else "success",
        is_late=False,
        steps=steps,
        pushed=[at] if at else [],
        refused=[],
        log="",
        isolation="bwrap",
        faults=faults,
    )
    release = RehearsedRelease("0" * 40, CALLER, "push", ref, "main", "v1", version, "", "a push")
    push = Reference("ghcr.io", "o/charts", "")
    references = ChartReferences("web", push, push.with_chart("web"))
    return Rehearsed(release, results, references, CALLED)


def is_unsure(finding: Finding) -> bool:
    return finding.outcome == "unverified"


def test_a_chart_at_another_place_fails_and_the_file_that_pushes_it_is_named() -> None:
    found = check_place(rehearsed(step("Push"), at=pushed("o/helm/web")))
    assert found.outcome == "failed"
    assert found.evidence.startswith("web landed at oci://ghcr.io/o/helm/web\nnot at ")
    assert found.advice.startswith(f"let {CALLED} push to oci://ghcr.io/o/charts")


def test_a_chart_at_a_place_that_a_variable_decides_is_not_called_wrong() -> None:
    found = check_place(rehearsed(step("Push"), at=pushed("o/helm/web", (VARIABLE,))))
    assert is_unsure(found)
    assert "gh run list --workflow=release-please.yml" in found.advice


def test_another_version_fails_although_an_image_was_not_built() -> None:
    image = step("Build", not_rehearsed=("images are not built in a rehearsal",))
    right = rehearsed(image, at=pushed("o/charts/web"))
    wrong = rehearsed(image, at=pushed("o/charts/web"), version="1.0.1")
    doubted = rehearsed(at=pushed("o/charts/web", (UNKNOWN,)), version="1.0.1")
    assert check_versions(right).outcome == "passed"
    assert check_versions(wrong).outcome == "failed"
    assert is_unsure(check_versions(doubted))


def test_a_run_that_pushes_no_chart_fails_where_no_step_may_push_one() -> None:
    image = step("Build", not_rehearsed=("images are not built in a rehearsal",))
    assert check_place(rehearsed(image)).outcome == "failed"
    unknown = step("Publish", not_rehearsed=(UNKNOWN,), doubts=(UNKNOWN,), may_push=True)
    found = check_place(rehearsed(image, unknown))
    assert is_unsure(found)
    assert f'GitHub may push one in "Publish": {UNKNOWN}' in found.evidence
    assert found.advice == "give the action: --action some/action=FOLDER"


@pytest.mark.parametrize(
    ("doubts", "ref", "advice"),
    [
        ((OTHER_HELM,), "refs/heads/main", "install helm v3.10.1 on this machine"),
        ((VARIABLE, OTHER_HELM), "refs/tags/v1", "invoke prevention.test-tag"),
        (("asked for https://x.io, which",), "refs/heads/main", "gh run list"),
    ],
)
def test_the_advice_on_a_failure_in_doubt_is_on_its_first_doubt(
    doubts: tuple[str, ...], ref: str, advice: str
) -> None:
    found = check_run(rehearsed(step("Package", "failure", doubts=doubts), ref=ref))
    assert is_unsure(found)
    assert advice in found.advice


def test_the_advice_on_a_sure_failure_names_the_file_that_has_the_step() -> None:
    found = check_run(rehearsed(step("Package", "failure")))
    assert found.outcome == "failed"
    assert f'the step "Package" in {CALLED}' in found.advice


def test_what_github_refuses_fails_a_run_that_succeeded_here() -> None:
    found = check_run(rehearsed(step("Push"), faults=("GitHub does not start it",)))
    assert found.outcome == "failed"
    assert found.evidence.startswith("GitHub does not start it\n")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('host: {{ required "give a host" .Values.host }}', True),
        ('{{ fail "give a host" }}', True),
        ("host: {{ .Values.host.name }}", False),
        ("host: {{ .Values.host", False),
    ],
)
def test_a_chart_that_asks_for_values_is_no_broken_one(
    tmp_path: Path, template: str, expected: bool
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("{apiVersion: v2, name: web, version: 1.0.0}")
    (tmp_path / "templates/x.yaml").write_text(template)
    path = os.pathsep.join([*map(str, FOLDERS), os.environ["PATH"]])
    ended = subprocess.run(
        ["helm", "template", "x", str(tmp_path)],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode
    assert asks_for_values(ended.stderr) == expected
