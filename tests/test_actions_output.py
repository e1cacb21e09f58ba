"""What recipes tell the runner of Actions: real runs, read as the runner reads them."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.sandbox.github.act import NO_NETWORK, OPTIONS
from tasks.sandbox.world import World

from .conftest import PROJECT
from .documents import check_documents
from .runner_rules import Command, read_commands
from .toolkit.diagnosis.staging import add_run, fail_step

INV = str(PROJECT / "inv")
HOSTILE_TITLE = 'ci: "move" <b>it</b> | @maintainer ##[add-path]/tmp `x` [a](b)'
WORKFLOW = """\
on: push
jobs:
  look:
    runs-on: ubuntu-latest
    steps:
      - id: log
        run: STEP run.logs --run NUMBER
      - run: echo "pwned=[${{ steps.log.outputs.pwned }}]"
      - id: plan
        run: STEP --dry recover --pr 42
      - run: echo "planned=[${{ steps.plan.outputs.command }}]"
      - run: STEP when.check
"""
STEP = """\
#!/bin/sh
. {variables}
exec {inv} "$@"
"""


@dataclass
class Step:
    """A step of a workflow, with what it printed and what it left in its files."""

    stdout: str
    stderr: str
    summary: str
    output: str

    @property
    def commands(self) -> list[Command]:
        """The commands that the runner finds; none of them is on stdout."""
        assert read_commands(self.stdout) == []
        return read_commands(self.stderr)

    def annotations(self, kind: str) -> list[str]:
        """Return the texts of annotations of a kind."""
        return [command.data for command in self.commands if command.name == kind]


def run_step(
    world: World, folder: Path, line: str, code: int = 0, summary: Path | None = None
) -> Step:
    """Run our program as a step does that has files of its own."""
    file = summary or folder / "summary"
    output = folder / "output"
    for path in (file, output):
        if not path.is_symlink():
            path.write_text("")
    env = {
        **world.env,
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": world.slug,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_STEP_SUMMARY": str(file),
        "GITHUB_OUTPUT": str(output),
    }
    words = shlex.split(line)
    ended = subprocess.run(
        [INV, *words], cwd=PROJECT, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    lines = [text for text in ended.stderr.splitlines() if not text.startswith("::add-mask::")]
    step = Step(ended.stdout, ended.stderr, file.read_text(), output.read_text())
    for text in (ended.stdout, "\n".join(lines), step.summary, step.output):
        assert world.token not in text
    if "--json" in words:
        check_documents(words, code, ended.stdout)
    return step


def outputs(text: str) -> dict[str, str]:
    """Return the outputs in a file of the runner."""
    found = re.findall(r"^(\w+)<<(\w{32})\n(.*)\n\2\n", text, re.MULTILINE)
    return {name: value for name, _, value in found}


def test_a_check_that_fired_is_an_annotation_and_a_section_of_the_summary(
    broken: World, tmp_path: Path
) -> None:
    broken.github.pulls[42].title = HOSTILE_TITLE
    step = run_step(broken, tmp_path, "when.check", 1)
    assert step.commands[0] == Command("add-mask", broken.token)
    errors = step.annotations("error")
    assert [text.split(":")[0] for text in errors[:2]] == ["publish fired", "versions fired"]
    assert errors[2].startswith("publication failed and versions are out of sync: ")
    assert len(errors) == len(set(errors)) == 3
    assert "##\\[add-path]/tmp" in step.stdout
    first, _, suspect, *rest = step.summary.splitlines()
    assert first == "### ❌ Roll back: publication failed and versions are out of sync"
    link = f"[#42](https://github.com/{broken.slug}/pull/42)"
    assert suspect.startswith(f"Suspect: {link} **ci: ")
    assert "changed publish-helm.yml between v1.6.1" in suspect
    text = "\n".join([suspect, *rest])
    assert "<code>&#64;maintainer</code>" in text
    for markup in ("@maintainer", "<b>", "[a](b)", "`x`"):
        assert markup not in text
    rows = [line for line in rest if line.startswith("|")]
    assert [row.replace("\\|", "").count("|") for row in rows] == [3] * 5
    assert "[run " in text
    assert "\ninvoke recover --pr 42\n" in text
    assert step.output == ""


@pytest.mark.thorough
def test_a_document_is_pure_and_the_summary_is_the_same(broken: World, tmp_path: Path) -> None:
    broken.github.pulls[42].title = HOSTILE_TITLE
    printed = run_step(broken, tmp_path, "when.check", 1)
    step = run_step(broken, tmp_path, "when.check --json", 1)
    assert json.loads(step.stdout)["suspects"][0]["title"] == HOSTILE_TITLE
    assert step.commands == printed.commands
    assert step.summary == printed.summary.replace("when.check`", "when.check --json`")


def test_a_plan_says_what_will_be_done_and_gives_the_words_for_it(
    broken: World, tmp_path: Path
) -> None:
    for line in ("--dry recover", "--dry recover --json", "--dry recover --version next"):
        step = run_step(broken, tmp_path, line)
        words = "recover --pr 42 --version next" if "next" in line else "recover --pr 42"
        assert outputs(step.output) == {"command": words}
        first, _, suspect, *_ = step.summary.splitlines()
        link = f"[#42](https://github.com/{broken.slug}/pull/42)"
        assert first == f"### 📋 Planned: undo {link} with 1 PR, 1 merge, 1 push"
        assert suspect.startswith(f"- {link} ")
        assert "is the only suspect" in suspect
        assert f"To carry it out: `{words}`" in step.summary
        assert re.search(r"```sh\n\(sh -e .*gh pr revert 42.*\n```\n", step.summary, re.DOTALL)
    assert read_commands(step.stderr) == step.commands


@pytest.mark.thorough
def test_a_recovery_groups_its_steps_and_shows_what_users_get(
    broken: World, tmp_path: Path
) -> None:
    step = run_step(broken, tmp_path, "recover --pr 42")
    names = [command.name for command in step.commands if command.name != "add-mask"]
    assert names == ["group", "endgroup", "warning", "warning"]
    grouped = step.stderr.split("::group::recover\n")[1].split("::endgroup::\n")[0]
    assert "merged #43" in grouped
    assert "published oci://" in grouped
    after = step.stderr.split("::endgroup::\n")[1]
    assert "to tell users: " in after
    assert "✓" not in after
    first, *_ = step.summary.splitlines()
    assert first.startswith("### ⚠️ Users can install again, ")
    assert "| version | 1.7.0 |" in step.summary
    assert "| ⚠️ workflow unverified |" in step.summary
    assert "```mermaid\ngantt\n" in step.summary
    assert "    rollback.revert merged :done, " in step.summary
    again = run_step(broken, tmp_path, "--dry timeline.show")
    assert "| Immediate | revert the PR |" in again.summary


def test_nothing_to_recover_is_said_and_no_empty_command_alone(
    world: World, tmp_path: Path
) -> None:
    step = run_step(world, tmp_path, "--dry recover")
    assert outputs(step.output) == {"command": "", "nothing": "true"}
    assert step.summary.startswith("### ✅ Nothing to recover: no trigger fires\n\n`invoke ")
    assert step.annotations("error") == []


def test_what_cannot_be_typed_is_said_in_the_summary_too(world: World, tmp_path: Path) -> None:
    for line in ("recover --pr x", "recoverr", "recoverr --json"):
        step = run_step(world, tmp_path, line, 2)
        assert len(step.annotations("error")) == 1
        assert step.summary.startswith("### ❌ ")
        assert "group" not in {command.name for command in step.commands[-1:]}


@pytest.mark.thorough
def test_each_chained_task_has_one_group(broken: World, tmp_path: Path) -> None:
    line = "timeline.start rollback.revert --pr 42 --merge publish.all"
    step = run_step(broken, tmp_path, line)
    groups = [command for command in step.commands if command.name.endswith("group")]
    tasks = ["timeline.start", "rollback.revert", "publish.all"]
    expected = []
    for task in tasks:
        expected += [Command("group", task), Command("endgroup", "")]
    assert groups == expected
    assert len(re.findall(r"^### ", step.summary, re.MULTILINE)) == 3


@pytest.mark.parametrize("kind", ["link", "missing", "folder", "full"])
def test_a_summary_that_cannot_be_written_spoils_nothing(
    world: World, tmp_path: Path, kind: str
) -> None:
    kept = tmp_path / "kept"
    kept.write_text("kept")
    summary = tmp_path / "its-summary"
    if kind == "link":
        summary.symlink_to(kept)
    elif kind == "missing":
        summary.symlink_to(tmp_path / "nowhere" / "summary")
    elif kind == "folder":
        summary.symlink_to(tmp_path)
    else:
        summary.symlink_to("/dev/full")
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    ended = subprocess.run(
        [INV, "when.check"],
        cwd=PROJECT,
        env={**world.env, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    (warning,) = [one for one in read_commands(ended.stderr) if one.name == "warning"]
    assert warning.data.startswith("could not write GITHUB_STEP_SUMMARY, ")
    assert kept.read_text() == "kept"


def test_a_summary_stays_below_the_limit_and_is_appended(world: World, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_text("x" * 999_800)
    env = {**world.env, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(file)}
    for _ in range(3):
        subprocess.run([INV, "when.check"], cwd=PROJECT, env=env, capture_output=True, check=True)
    text = file.read_text()
    assert text.startswith("x" * 999_800 + "### ✅ ")
    assert len(text.encode()) < 1 << 20
    assert text.endswith("The summary has no room for more: see the log.\n\n")


@pytest.mark.thorough
def test_without_actions_the_files_stay_empty(broken: World, tmp_path: Path) -> None:
    files = [tmp_path / "summary", tmp_path / "output"]
    env = {"GITHUB_STEP_SUMMARY": str(files[0]), "GITHUB_OUTPUT": str(files[1])}
    ended = subprocess.run(
        [INV, "--dry", "recover"],
        cwd=PROJECT,
        env={**broken.env, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    assert read_commands(ended.stdout + ended.stderr) == []
    assert not any(file.exists() for file in files)


@pytest.mark.thorough
def test_act_takes_our_commands_and_none_of_others(broken: World, tmp_path: Path) -> None:
    log = "::set-output name=pwned::yes\n  ::add-mask::step\n##[set-output name=pwned]yes\nfine\n"
    failed = add_run(broken, "main", "failure", 1)
    fail_step(failed, "publish: Push", log=log)
    source = tmp_path / "source"
    workflow = source / ".github/workflows/look.yml"
    workflow.parent.mkdir(parents=True)
    step = tmp_path / "step"
    workflow.write_text(WORKFLOW.replace("STEP", str(step)).replace("NUMBER", str(failed.id)))
    step.write_text(STEP.format(inv=shlex.quote(INV), variables=tmp_path / "variables"))
    step.chmod(0o755)
    values = {**broken.env, "GITHUB_REPOSITORY": broken.slug}
    variables = [f"export {name}={shlex.quote(value)}\n" for name, value in values.items()]
    (tmp_path / "variables").write_text("".join(variables))
    for args in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a"]
        subprocess.run(["git", *identity, *args], cwd=source, check=True)
    env = {**NO_NETWORK, "HOME": str(tmp_path), "PATH": broken.env["PATH"]}
    argv = ["act", "push", "--workflows", str(workflow), *OPTIONS]
    ended = subprocess.run(argv, cwd=source, env=env, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    printed = [line["msg"].strip() for line in lines if line.get("raw_output")]
    assert "fine" in printed
    assert "pwned=[]" in printed
    assert ":\\:set-output name=pwned::yes" in printed
    assert "planned=[recover --pr 42]" in printed
    outputs_set = [line["name"] for line in lines if line.get("command") == "set-output"]
    assert outputs_set == ["command"]  # act reads it from the file
    commands = [line["command"] for line in lines if "command" in line]
    assert set(commands) <= {"error", "warning", "summary", "set-output"}
    assert commands.count("summary") == 3
    assert commands.count("error") == 3


def test_an_interrupt_is_outside_of_the_group(broken: World, tmp_path: Path) -> None:
    broken.github.check_seconds = 30
    summary = tmp_path / "summary"
    env = {**broken.env, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    with subprocess.Popen(
        [INV, "recover", "--pr", "42"],
        cwd=PROJECT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr
        printed = ""
        while "waiting for check" not in printed:
            printed += running.stderr.readline()
        running.send_signal(signal.SIGINT)
        printed += running.stderr.read()
    assert running.returncode == 130
    names = [command.name for command in read_commands(printed) if command.name != "add-mask"]
    assert names == ["group", "endgroup", "error", "warning"]
    assert "::interrupted: what was done stays done; re-run" in printed
    text = summary.read_text()
    assert text.startswith("### ❌ Interrupted\n\n- ✅ rollback.revert: ")
    assert "opened its revert" in text
    assert "Left: merge, publish, verify" in text
