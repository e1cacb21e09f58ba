"""Jobs and steps that act cannot run here have a reason."""

from __future__ import annotations

from pathlib import Path

import yaml

from tasks.sandbox.rehearsal.unrunnable import find_unrunnable

WORKFLOW = """\
defaults: {run: {shell: pwsh}}
jobs:
  contained: {runs-on: ubuntu-latest, container: "alpine:3", steps: [{run: x, shell: bash}]}
  served: {runs-on: ubuntu-latest, services: {r: {image: registry}}, steps: []}
  elsewhere: {runs-on: [self-hosted, Windows-2022], steps: []}
  grouped: {runs-on: {group: g, labels: macos-14}, steps: []}
  steps:
    runs-on: ubuntu-latest
    steps:
    - {uses: "docker://alpine:3"}
    - {id: shell, run: x}
    - {run: x, shell: bash}
    - {uses: actions/checkout@v4}
  called: {uses: ./.github/workflows/x.yml}
"""


def test_what_needs_containers_or_other_machines_and_shells_has_a_reason(tmp_path: Path) -> None:
    spec = yaml.safe_load(WORKFLOW)
    reasons = find_unrunnable(spec, str(tmp_path))
    assert reasons == {
        ("contained", ""): "the job runs in a container, which is not started here",
        ("served", ""): "the job's services are not started here",
        ("elsewhere", ""): "the job runs on windows-2022, which this machine is not",
        ("grouped", ""): "the job runs on macos-14, which this machine is not",
        ("steps", "0"): "the step runs in a container, which is not started here",
        ("steps", "shell"): "pwsh is not on this machine",
    }
    pwsh = tmp_path / "pwsh"
    pwsh.touch(0o755)
    assert ("steps", "shell") not in find_unrunnable(spec, str(tmp_path))
