"""--json: every task prints one document, whatever happens, and each is as the schema says."""

from __future__ import annotations

import inspect
import json
import re
import signal
import subprocess
import sys

import pytest
from jsonschema import ValidationError

import tasks
from tasks.sandbox.world import World

from .cli.typed import inv
from .conftest import PROJECT, Person
from .documents import SCHEMA, Document, read_documents, validator
from .preloaded import preloaded_invoke
from .test_runbook import LOCAL, SECTIONS, tasks_of

COMMON = json.loads(SCHEMA.read_text())["required"]
MODULES = [*SECTIONS, *LOCAL, tasks.shortcuts.recovery, tasks.shortcuts.setting_up]  # of recipes
# The options that a task needs; with others it is refused, which has a document too.
OPTIONS = {
    "chart.diff": "1.6.0 1.6.1",
    "rollback.revert": "--pr 42",
    "rollback.commit": "--sha HEAD",
    "publish.withdraw": "--version 1.6.1 --delete",
    "publish.restore": "--version 1.6.1",
    "recover": "--pr 42",
}


def read(person: Person, line: str, code: int = 0, **env: str) -> Document:
    """Type a task with --json and return its document."""
    (document,) = read_documents(person(f"{line} --json", code, env).stdout)
    return document


@pytest.mark.usefixtures("world")
def test_a_document_has_all_common_fields_whether_it_knows_them_or_not(person: Person) -> None:
    found = read(person, "timeline.start --reason x")
    assert list(found)[: len(COMMON)] == COMMON
    assert found["task"] == "timeline.start"
    assert found["outcome"] == "done"
    assert found["incident"]
    (message,) = found["messages"]
    assert message["mark"] == "done"
    for name in ("pull", "revert", "run_url", "reference", "version", "digest", "error", "plan"):
        assert found[name] is None


def test_a_line_that_cannot_be_read_has_a_document_too() -> None:
    for line in ("rollback.rever --pr 42 --json", "recover --json --pr", "--json"):
        ended = inv(line)
        (document,) = read_documents(ended.stdout)
        assert (document["task"], document["outcome"]) == ("inv", "refused")
        assert document["exit_code"] == ended.returncode == 2
        (message,) = document["messages"]
        assert message["text"].startswith(document["error"]["what"])


@pytest.mark.thorough
def test_recover_prints_one_document_with_all_that_a_script_needs(
    broken: World, person: Person
) -> None:
    fired = read(person, "when.check", 1)
    assert fired["outcome"] == "fired"
    assert fired["pull"] == 42
    failed = [run for run in broken.github.runs if run.conclusion == "failure"]
    assert fired["run_url"].endswith(f"/actions/runs/{failed[0].id}")
    assert "invoke recover --pr 42" in fired["next"]
    found = read(person, "recover --pr 42")
    assert found["outcome"] == "unknown"  # the workflow has not run since the revert
    assert "invoke recover --redeploy" in found["next"]
    assert found["passed"] is True
    assert found["pull"] == 42
    assert found["revert"]["number"] == 43
    assert found["revert"]["merged"] is True
    assert found["revert"]["commit"] == broken.git("rev-parse", "main", at=broken.remote).strip()
    assert found["next"][-1] == "invoke support.incident support.notify"
    users = f"{found['reference']}:{found['version']}"
    assert users == f"{broken.reference}:1.7.0"
    steps = {message["step"] for message in found["messages"]}
    assert {"rollback.revert", "publish.push", "recover"} <= steps
    later = read(person, "verify.chart")
    for name in ("incident", "pull", "revert", "reference", "version", "digest"):
        assert later[name] == found[name]
    assert later["outcome"] == "passed"
    for line in ("timeline.stop", "timeline.show"):
        closed = read(person, line)
        assert [closed["incident"], closed["pull"]] == [found["incident"], 42]


@pytest.mark.usefixtures("broken")
def test_a_chain_prints_a_document_for_each_task_until_one_stops_it(person: Person) -> None:
    line = "rollback.revert --pr 42 --json publish.all --json verify.all --json"
    revert, publish = read_documents(person(line, 1).stdout)
    assert [revert["task"], publish["task"]] == ["rollback.revert", "publish.all"]
    assert revert["outcome"] == "done"
    assert revert["next"] == ["invoke rollback.revert --pr 42 --merge"]
    assert publish["outcome"] == "refused"
    assert publish["error"]["what"].startswith("the revert is not merged")


@pytest.mark.usefixtures("world")
def test_bad_input_has_a_document_that_says_what_is_wrong(person: Person) -> None:
    found = read(person, "rollback.revert --pr x", 2)
    assert found["outcome"] == "refused"
    assert "'x'" in found["error"]["what"]
    unset = read(person, "doctor", 2, CHART_REF="oci://")
    assert unset["error"]["what"].startswith("CHART_REF")


@pytest.mark.thorough
def test_a_dry_run_has_its_plan_in_the_document_and_nowhere_else(
    broken: World, person: Person
) -> None:
    plan = person("--dry recover --pr 42").stdout
    line = "--dry rollback.revert --pr 42 --merge --json publish.all --json"
    before = broken.snapshot()
    first, second = read_documents(person(line).stdout)
    assert broken.snapshot() == before
    assert first["outcome"] == second["outcome"] == "planned"
    assert "helm push" not in first["plan"]
    for document in (first, second):
        argv = ["bash", "-n", "-c", document["plan"]]
        assert subprocess.run(argv, check=False).returncode == 0
    assert anonymous(second["plan"]) == anonymous(plan)
    aborted = read_documents(person("--dry publish.all --version x --json", 2).stdout)
    assert aborted[0]["outcome"] == "refused"


def anonymous(plan: str) -> str:
    """Return a plan without its notes, its time and the names of temporary folders."""
    plan = re.sub(r"(?m)^# .*\n", "", plan)
    return re.sub(r"\S*(/tmp/|T\d{6}Z|EPOCH=)\S*", "HIDDEN", plan).strip()


def test_several_charts_have_their_own_facts_where_they_differ(
    charts: World, person: Person
) -> None:
    charts.release("9.0.1", "9.0.0")
    found = read(person, "when.publish")
    facts = {chart["chart"]: chart for chart in found["charts"]}
    assert facts["argo-cd"]["version"] == "9.0.1"
    assert facts["argo-cd"]["reference"] == charts.reference
    assert facts["argo-cd"]["digest"].startswith("sha256:")
    assert found["run_url"] == facts["argo-cd"]["run_url"]


def test_the_schema_refuses_what_is_not_in_it() -> None:
    document = dict.fromkeys(COMMON) | {
        "schema": 1,
        "task": "when.check",
        "outcome": "done",
        "exit_code": 0,
        "charts": [],
        "next": [],
        "messages": [],
    }
    validator().validate(document)
    for wrong in ({"digest": "1.7.0"}, {"pull": "42"}, {"outcome": "good"}, {"other": 1}):
        with pytest.raises(ValidationError):
            validator().validate(document | wrong)


def test_every_task_says_so_in_its_help() -> None:
    for module in MODULES:
        for name, task in tasks_of(module).items():
            assert "json" in inspect.signature(task.body).parameters, name


@pytest.mark.thorough
def test_an_interrupt_leaves_a_document_that_says_how_far_it_came(broken: World) -> None:
    broken.github.check_seconds = 30
    argv = [sys.executable, "-m", "invoke", "recover", "--pr", "42", "--json"]
    pipe = subprocess.PIPE
    running = subprocess.Popen(
        argv, cwd=PROJECT, env=broken.env, stdout=pipe, stderr=pipe, text=True
    )
    assert running.stderr
    while "waiting for" not in running.stderr.readline():
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    printed, _ = running.communicate(timeout=20)
    (document,) = read_documents(printed)
    assert document["outcome"] == "interrupted"
    assert document["exit_code"] == running.returncode == 130
    assert document["revert"]["merged"] is False
    assert document["next"] == ["invoke recover --pr 42 --json"]


@pytest.mark.thorough
@pytest.mark.parametrize("dry", ["", "--dry "], ids=["real", "dry"])
def test_every_task_prints_a_document(broken: World, dry: str) -> None:
    lines = []
    for module in MODULES:
        section = module.__name__.rpartition(".")[2]
        for name in tasks_of(module):
            is_root = module.__name__.startswith("tasks.shortcuts.")
            task = name if is_root else f"{section}.{name}"
            lines.append(f"{task} {OPTIONS.get(task, '')}")
    env = {**broken.env, "WAIT_TIMEOUT": "0"}
    for line in lines:
        words = f"{dry}{line} --json".split()
        ended = preloaded_invoke().run(words, PROJECT, env)
        assert "Traceback" not in ended.stderr
        (document,) = read_documents(ended.stdout)
        assert document["task"] == line.split()[0]
        assert document["exit_code"] == ended.returncode
        assert broken.token not in json.dumps(document)
