"""Each action of another repository has a stand-in, or a reason why it is not rehearsed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.errors import BadOption
from tasks.sandbox.rehearsal.missing_programs import Note

from .act_runs import run_act, stand_ins_for

SHA = "6a650dba1b4ae9945185c4bb3cc3f386aaf71b3d"
FLUX = f"fluxcd/flux2/action@{SHA}"
JOB = "  a:\n    runs-on: ubuntu-latest\n    steps:\n"
HEAD = f"name: Try\non: push\njobs:\n{JOB}"
ACTIONS = f"""\
    - {{uses: Azure/setup-helm@v4, with: {{version: v1.2.3}}}}
    - {{uses: {FLUX}, with: {{version: 2.x}}}}
    - {{uses: fluxcd/flux2/other/action@{SHA}}}
    - {{uses: actions/cache/restore@v4, with: {{path: x, key: y}}}}
    - {{uses: docker/build-push-action@v6, with: {{tags: "ghcr.io/a/b:1", push: true}}}}
    - {{id: app, uses: actions/create-github-app-token@release/v2}}
    - {{uses: google-github-actions/release-please-action@v3, with: {{skip-github-release: true}}}}
    - {{run: 'test -n "${{{{ steps.app.outputs.token }}}}"'}}
"""
CALL = """\
  called:
    uses: other/workflows/.github/workflows/publish.yml@v1
    with: {chart: a}
    secrets: inherit
  then:
    needs: called
    runs-on: ubuntu-latest
    steps: [{run: "true"}]
"""
OWN = f"runs: {{using: composite, steps: [{{uses: {FLUX}}}, {{uses: actions/checkout@v4}}]}}"
GIVEN = """\
name: Given
description: Say who is here
runs:
  using: composite
  steps: [{shell: bash, run: echo the real one}, {uses: actions/cache@v4}]
"""


def reasons_for(steps: str, folder: Path) -> dict[str, str]:
    """Return why steps are not rehearsed, by the text of what they use."""
    return stand_ins_for(HEAD + steps, folder).reasons


def test_every_action_has_a_stand_in_that_succeeds_and_notes_what_it_does_not_do(
    tmp_path: Path,
) -> None:
    text = HEAD + ACTIONS
    stand_ins = stand_ins_for(text, tmp_path / "actions")
    ended = run_act(text, tmp_path, stand_ins)
    keys = ("0", "1", "2", "3", "4", "app", "6", "7")
    assert ended.results == {("a", key): "success" for key in keys}
    reasons = {
        FLUX: "fluxcd/flux2/action is unknown here",
        f"fluxcd/flux2/other/action@{SHA}": "fluxcd/flux2/other/action is unknown here",
        "docker/build-push-action@v6": (
            "docker/build-push-action: images are not built in a rehearsal"
        ),
        "actions/create-github-app-token@release/v2": (
            "actions/create-github-app-token: an app's token cannot be had here, "
            "the job's own is used"
        ),
    }
    assert stand_ins.reasons == reasons
    helm, *others = ended.notes
    assert (helm.step, helm.why[:26]) == ("0", "helm v1.2.3 is asked for, ")
    steps = ("1", "2", "4", "app")
    assert others == [Note("a", *pair) for pair in zip(steps, reasons.values(), strict=True)]


def test_a_workflow_of_another_repository_does_nothing_and_those_that_need_it_go_on(
    tmp_path: Path,
) -> None:
    text = f"name: Try\non: push\njobs:\n{CALL}"
    stand_ins = stand_ins_for(text, tmp_path / "actions")
    ended = run_act(text, tmp_path, stand_ins)
    assert ended.results["then", "0"] == "success"
    name = "other/workflows/.github/workflows/publish.yml"
    assert stand_ins.reasons == {f"{name}@v1": f"{name} is a workflow of another repository"}


def test_what_an_action_of_the_repository_uses_has_a_stand_in(tmp_path: Path) -> None:
    own = {".github/actions/own/action.yml": OWN}
    stand_ins = stand_ins_for(HEAD + "    - {run: x}\n", tmp_path, own)
    assert stand_ins.reasons == {FLUX: "fluxcd/flux2/action is unknown here"}
    assert [option.partition("=")[2].partition("=")[0] for option in stand_ins.options] == [
        f"fluxcd/flux2@{SHA}",
        "actions/checkout@v4",
    ]


@pytest.mark.parametrize(
    ("using", "reason"),
    [
        ("docker", "the action runs in a container, which is not started here"),
        ("composite", ""),
    ],
)
def test_an_action_of_the_repository_in_a_container_has_a_reason(
    tmp_path: Path, using: str, reason: str
) -> None:
    own = {"build/action.yaml": f"runs: {{using: {using}}}", "bad/action.yml": "{"}
    reasons = stand_ins_for(HEAD + "    - {run: x}\n", tmp_path, own).reasons
    assert reasons.get("./build", "") == reason


def test_a_given_folder_is_used_as_it_is_with_the_actions_that_it_uses(tmp_path: Path) -> None:
    action = tmp_path / "given" / "action"
    action.mkdir(parents=True)
    (action / "action.yaml").write_text(GIVEN)
    text = f"{HEAD}    - uses: {FLUX}\n"
    given = {"FluxCD/flux2": tmp_path / "given"}
    stand_ins = stand_ins_for(text, tmp_path / "actions", given=given)
    ended = run_act(text, tmp_path, stand_ins)
    assert ended.results == {("a", "0"): "success"}
    assert "the real one" in ended.logs["a", "0"]
    assert (stand_ins.reasons, ended.notes) == ({}, [])


@pytest.mark.parametrize(
    ("name", "folder", "message"),
    [
        ("other/action", "given", "--action other/action=.*/given: no workflow .* uses other/"),
        ("fluxcd/flux2", "given", "--action fluxcd/flux2=.*/given: there is no action/action.yml"),
        ("fluxcd/flux2", "gone", "--action fluxcd/flux2=.*/gone: there is no action/action.yml"),
    ],
)
def test_a_folder_that_no_workflow_needs_or_without_the_action_is_refused(
    tmp_path: Path, name: str, folder: str, message: str
) -> None:
    (tmp_path / "given").mkdir()
    given = {name: tmp_path / folder}
    with pytest.raises(BadOption, match=message):
        stand_ins_for(f"{HEAD}    - uses: {FLUX}\n", tmp_path, given=given)


def test_outputs_of_one_folder_of_release_please_cannot_be_had(tmp_path: Path) -> None:
    step = "    - {id: r, uses: googleapis/release-please-action@v4}\n"
    assert reasons_for(step, tmp_path / "one") == {}
    use = "    - run: echo ${{ steps.r.outputs['charts/a--tag_name'] }}\n"
    (reason,) = reasons_for(step + use, tmp_path / "two").values()
    assert "the output charts/a--tag_name of googleapis" in reason


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "one" / "two"
    reasons_for("    - uses: a/b/../../../outside@v1\n    - uses: a/b/c@v1\n", folder)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [folder / "0" / "c" / "action.yml"]


def test_the_version_of_a_program_is_compared_with_the_one_asked_for(tmp_path: Path) -> None:
    steps = """\
    - {uses: actions/setup-python@v5, with: {python-version: 3.x}}
    - {uses: actions/setup-python@v5, with: {python-version: "2.7"}}
    - {uses: actions/setup-python@v5}
"""
    text = HEAD + steps
    ended = run_act(text, tmp_path, stand_ins_for(text, tmp_path / "actions"))
    assert [note.step for note in ended.notes] == ["1", "2"]
    assert ended.notes[0].why.startswith("python3 2.7 is asked for, and this machine has 3.")
