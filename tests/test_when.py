"""When to Rollback: each trigger fires for its fault, and what cannot be read is never "clear"."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.server import Reply
from tasks.sandbox.world import CHART, PUSH_TO, World

from .conftest import Person, add_unrelated_runs, set_outcome
from .scenes import happen

VALUES = f"{CHART}/values.yaml"
CHART_YAML = f"{CHART}/Chart.yaml"
VERDICTS = {
    0: ["no need to roll back", "rolled back already"],
    1: ["roll back", "rolled back already", "make the package public"],
    3: ["could not tell"],
}
Triggers = Mapping[str, Mapping[str, str]]


def check(person: Person, code: int, task: str = "when.check", **env: str) -> Triggers:
    """Check triggers and return them by name; a run that has not started counts as late."""
    ended = person(f"{task} --json", code, {"WAIT_TIMEOUT": "0", **env})
    result: dict[str, Any] = json.loads(ended.stdout)
    assert result["verdict"] in VERDICTS[code]
    recovers = ["invoke recover" in trigger["next"] for trigger in result["triggers"]]
    assert any(recovers) == (result["verdict"] == "roll back")
    return {trigger["name"]: trigger for trigger in result["triggers"]}


def check_one(person: Person, code: int, name: str, **env: str) -> Mapping[str, str]:
    return check(person, code, f"when.{name}", **env)[name]


def fired(triggers: Triggers) -> set[str]:
    return {name for name, trigger in triggers.items() if trigger["outcome"] == "fired"}


def outcomes(triggers: Triggers) -> dict[str, str]:
    return {name: trigger["outcome"] for name, trigger in triggers.items()}


def type_advice(person: Person, line: str) -> None:
    """Type a line of advice as it is, with the variables before the command."""
    variables, _, words = line.partition("invoke ")
    person(words, env=dict(re.findall(r"(\w+)=(\S+)", variables)))


def push_change(world: World, message: str, old: str, new: str) -> None:
    """Push a commit to main that changes Chart.yaml."""
    world.commit(message, {CHART_YAML: (old, new)})
    world.git("push", "--quiet", "origin", "main")


@pytest.mark.thorough
def test_each_trigger_that_fires_names_the_suspect_and_says_so_again(
    broken: World, person: Person
) -> None:
    before = broken.snapshot()
    triggers = check(person, 1)
    assert fired(triggers) == {"publish", "versions"}
    for name in ("publish", "versions"):
        *_, command = triggers[name]["next"].splitlines()
        assert command == "invoke recover --pr 42"
        assert "suspected: #42 " in triggers[name]["evidence"]
        assert fired(check(person, 1, f"when.{name}")) == {name}
    assert broken.snapshot() == before
    assert check(person, 1) == triggers


@pytest.mark.thorough
def test_reports_from_before_the_recovery_do_not_fire_and_later_ones_do(
    world: World, person: Person
) -> None:
    happen(world, SCENARIOS["install"].happen)
    type_advice(person, check(person, 1)["users"]["next"])
    left = check(person, 0)
    gets = f'#42 "{world.github.pulls[42].title}" is reverted by #44; users get 1.7.101'
    assert gets in left["versions"]["evidence"]
    assert "from before the recovery" in left["users"]["evidence"]
    world.github.issues[43].created_at = datetime.now(UTC)
    assert fired(check(person, 1)) == {"users"}
    close = left["users"]["next"].partition(": ")[2]
    assert world.run("sh", "-c", close).returncode == 0
    check(person, 0)


@pytest.mark.thorough
def test_an_alias_is_advised_first_and_then_only_the_workflow_is_reverted(
    world: World, person: Person
) -> None:
    happen(world, SCENARIOS["publish"].happen)
    publication = check(person, 1)["publish"]
    moved = f"oci://{world.registry.host}/stianfro/charts/threek8s"
    assert f"1.7.0 is published at {moved}, where helm appended the name" in publication["evidence"]
    type_advice(person, publication["next"].splitlines()[0])
    assert world.run("helm", "show", "chart", world.reference, "--plain-http").returncode == 0
    triggers = check(person, 1)
    assert fired(triggers) == {"publish"}
    assert triggers["publish"]["next"] == "invoke recover --pr 42 --skip-publish"
    person("recover --pr 42 --skip-publish")
    check(person, 0)


@pytest.mark.thorough
def test_a_revert_helps_nobody_until_it_is_merged_and_a_chart_is_published_with_it(
    world: World, person: Person
) -> None:
    happen(world, SCENARIOS["install"].happen)
    evidence = {
        "rollback.revert --pr 42": "its revert #44 is not merged",
        "rollback.revert --pr 42 --merge": (
            "is reverted by #44, but users get no chart with that revert"
        ),
    }
    for line, expected in evidence.items():
        person(line)
        trigger = check_one(person, 1, "users")
        assert expected in trigger["evidence"]
        assert trigger["next"] == "invoke recover --pr 42 --version next"


@pytest.mark.thorough
def test_what_was_reverted_before_the_release_is_not_suspected_and_a_reverted_commit_counts_too(
    world: World, person: Person
) -> None:
    def merge(number: int, replicas: int) -> None:
        edit = {VALUES: ("replicas: 1", f"replicas: {replicas}")}
        world.merge_pull(f"more-{number}", "feat: more", edit, number)

    def revert(number: int) -> None:
        world.github.merge(world.github.revert(number).number)
        world.git("pull", "--quiet")

    world.release("1.6.1", "1.6.0")
    merge(42, 2)
    revert(42)
    merge(52, 3)
    revert(52)
    world.github.actions.disabled = True
    world.release("1.7.0", "1.6.1")
    trigger = check_one(person, 1, "publish")
    assert "no change touches the workflow, the chart" in trigger["evidence"]
    assert trigger["next"].startswith("invoke recover --sha HASH, ")

    merge(62, 4)  # which the release does not have
    trigger = check_one(person, 1, "publish")
    assert "less likely: #62" in trigger["evidence"]
    assert trigger["next"].startswith("invoke recover --sha HASH, ")
    world.release("1.7.1", "1.7.0")
    assert check_one(person, 1, "publish")["next"] == "invoke recover --pr 62"
    person(f"rollback.commit --sha {world.github.pulls[62].merge_sha} --merge")
    trigger = check_one(person, 1, "publish")
    assert "is reverted by #63" in trigger["evidence"]
    assert trigger["next"] == "invoke recover --pr 62"
    person(trigger["next"].removeprefix("invoke "))
    trigger = check_one(person, 0, "publish")
    assert trigger["outcome"] == "unverified"
    assert trigger["evidence"].startswith("no run of the workflow for v1.7.1 was found; ")
    assert trigger["evidence"].endswith("1.7.1 is published")
    assert trigger["next"] == ""


@pytest.mark.thorough
def test_a_run_on_a_feature_branch_or_a_test_tag_is_no_releases_run(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    run = world.github.runs[0].id
    add_unrelated_runs(world, "exit 1")
    assert world.github.runs[0].conclusion == "failure"
    assert f"run {run} for v1.6.1: success" in check_one(person, 0, "publish")["evidence"]


@pytest.mark.thorough
def test_a_withdrawn_version_is_called_that_and_its_recovery_does_not_bring_it_back(
    world: World, person: Person
) -> None:
    happen(world, SCENARIOS["install"].happen)
    person("publish.withdraw --version 1.7.0 --delete")
    trigger = check_one(person, 1, "publish")
    assert "1.7.0 is withdrawn" in trigger["evidence"]
    person(trigger["next"].removeprefix("invoke "))
    assert sorted(world.registry.tags(f"{PUSH_TO}/threek8s")) == ["1.6.1", "1.7.101"]


@pytest.mark.thorough
def test_a_workflow_that_does_not_exist_is_named_with_its_setting(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    env = {"WORKFLOW": "nope.yml"}
    for line in ("when.check", "publish.good", "prevention.monitor"):
        advice = "set WORKFLOW=publish-helm.yml, the one that pushes charts"
        assert f"has no workflow nope.yml: {advice}" in person.refused(line, 2, env)
    result = json.loads(person("when.check --json", 2, env).stdout)
    assert result["verdict"] == "could not tell"
    assert result["triggers"] == []
    assert "nope.yml" in result["error"]["what"]


@pytest.mark.thorough
def test_a_broken_chart_on_the_default_branch_leaves_only_its_versions_unknown(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    push_change(world, "chore: hurry", "version: 1.6.1\nappVersion", "version: new\nappVersion")
    triggers = check(person, 3, CHART_REF=world.reference)
    assert outcomes(triggers) == {"publish": "clear", "versions": "unknown", "users": "clear"}
    assert "'new' is not a semantic version" in triggers["versions"]["evidence"]
    assert triggers["versions"]["next"]
    set_outcome(world.github.runs[-1], "failure")
    evidence = check(person, 1, CHART_REF=world.reference)["publish"]["evidence"]
    assert "the suspect could not be looked up: " in evidence
    assert "'new'" in evidence


@pytest.mark.thorough
def test_a_run_that_failed_has_fired_whatever_the_registry_says_of_its_chart(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    (run, *_) = world.github.runs
    set_outcome(run, "failure")
    evidence = check_one(person, 1, "publish")["evidence"]
    assert f"run {run.id} for v1.6.1: failure" in evidence
    assert "1.6.1 is published" in evidence

    world.registry.stop()
    triggers = check(person, 1)
    assert fired(triggers) == {"publish"}
    assert triggers["versions"]["outcome"] == "unknown"
    evidence = triggers["publish"]["evidence"]
    assert "could not check whether its chart is published" in evidence
    assert "the suspect could not be looked up: " in evidence

    set_outcome(run, "success")
    push_change(world, "chore: hurry", "version: 1.6.1\nappVersion", "version: 1.5.9\nappVersion")
    triggers = check(person, 1)
    assert fired(triggers) == {"versions"}
    assert "could not check what users get" in triggers["versions"]["evidence"]


@pytest.mark.thorough
def test_a_private_package_cannot_be_installed_and_no_rollback_helps(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    world.registry.access.private.add(f"{PUSH_TO}/threek8s")
    triggers = check(person, 1)
    assert fired(triggers) == {"publish"}
    assert triggers["versions"]["outcome"] == "unknown"
    assert "1.6.1 is private" in triggers["publish"]["evidence"]
    assert triggers["publish"]["next"] == f"let anybody read {world.reference}"


@pytest.mark.thorough
def test_what_does_not_exist_is_not_private_though_anonymous_access_is_denied(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    missing = f"oci://{world.registry.host}/{PUSH_TO}/other"
    world.registry.access.private.add(f"{PUSH_TO}/other")  # as GHCR answers for what does not exist
    trigger = check_one(person, 1, "publish", CHART_REF=missing)
    assert f"{missing}:1.6.1 is not published" in trigger["evidence"]
    assert "invoke recover --sha HASH" in trigger["next"]


def test_a_healthy_release_is_clear_with_its_evidence(world: World, person: Person) -> None:
    assert check(person, 0)["publish"]["evidence"] == "nothing was released yet"
    world.release("1.6.1", "1.6.0")
    triggers = check(person, 0)
    run = world.github.runs[0].id
    assert f"run {run} for v1.6.1: success" in triggers["publish"]["evidence"]
    assert "(run of release-please.yml)" in triggers["publish"]["evidence"]  # it calls the other
    assert "all are 1.6.1" in triggers["versions"]["evidence"]
    person("when")


def test_no_question_is_asked_twice_of_github(world: World, person: Person) -> None:
    happen(world, SCENARIOS["publish"].happen)
    before = len(world.github.requests)
    assert fired(check(person, 1)) == {"publish", "versions"}
    asked = Counter(world.github.requests[before:])
    named = {request: times for request, times in asked.items() if request[1] != "/graphql"}
    assert set(named.values()) == {1}, named


@pytest.mark.thorough
def test_a_release_whose_workflow_never_ran_is_late_only_after_a_time(
    world: World, person: Person
) -> None:
    world.github.actions.disabled = True
    world.release("1.6.1", "1.6.0")
    assert check_one(person, 3, "publish", WAIT_TIMEOUT="60")["outcome"] == "unknown"
    assert "no run of the workflow for v1.6.1" in check_one(person, 1, "publish")["evidence"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("status", "limit", "code", "outcome"),
    [
        ("in_progress", "0", 3, "unknown"),
        ("queued", "600", 3, "unknown"),
        ("queued", "0", 1, "fired"),
    ],
)
def test_a_run_in_progress_is_unknown_and_a_queued_one_late_after_a_time(
    world: World, person: Person, status: str, limit: str, code: int, outcome: str
) -> None:
    world.release("1.6.1", "1.6.0")
    (run, *_) = world.github.runs
    set_outcome(run, None, status)
    trigger = check_one(person, code, "publish", WAIT_TIMEOUT=limit)
    assert f"run {run.id} for v1.6.1 is {status}" in trigger["evidence"]
    assert trigger["outcome"] == outcome


@pytest.mark.thorough
def test_the_run_of_a_release_is_found_behind_those_of_many_pull_requests(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    (run, *_) = world.github.runs
    world.github.runs[:0] = [
        replace(
            run,
            id=900 + number,
            event="pull_request",
            head_branch=f"feature-{number}",
            head_sha=world.git("rev-parse", "HEAD~1"),
        )
        for number in range(50)
    ]
    assert f"run {run.id} for v1.6.1: success" in check_one(person, 0, "publish")["evidence"]


@pytest.mark.thorough
def test_a_new_release_after_the_recovery_is_clear_again(world: World, person: Person) -> None:
    happen(world, SCENARIOS["publish"].happen)
    person("rollback.revert --pr 42 --merge")
    world.git("pull", "--quiet")
    assert world.release("1.7.1", "1.7.0") == "success"
    assert fired(check(person, 0)) == set()


@pytest.mark.thorough
def test_versions_out_of_sync_are_named_with_the_commit_that_changed_them(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    push_change(world, "chore: hurry", "version: 1.6.1\nappVersion", "version: 1.5.9\nappVersion")
    evidence = check_one(person, 1, "versions")["evidence"]
    assert "version at main is 1.5.9" in evidence
    assert "appVersion" not in evidence
    commit = world.git("log", "-1", "--format=%h %s")
    assert f"changed last by {commit}\n" in evidence
    push_change(world, "docs: a comment", "version: 1.5.9", "# the chart's own\nversion: 1.5.9")
    assert f"changed last by {commit}\n" in check_one(person, 1, "versions")["evidence"]


@pytest.mark.thorough
def test_versions_are_compared_by_precedence_so_a_backport_is_no_fault(
    world: World, person: Person
) -> None:
    world.release("1.9.0", "1.6.0")
    world.release("1.10.0", "1.9.0")
    world.git("switch", "--quiet", "--create", "backport", "v1.9.0")
    old, new = (f"version: {version}\nappVersion: {version}" for version in ("1.9.0", "1.9.1"))
    world.commit("chore: release 1.9.1", {CHART_YAML: (old, new)})
    world.git("tag", "v1.9.1")
    world.git("push", "--quiet", "origin", "v1.9.1")
    backport = world.github.create_release("v1.9.1", "v1.9.1", "A backport.\n")
    backport.created_at += timedelta(seconds=2)
    assert world.github.settle() == "success"
    world.git("switch", "--quiet", "main")
    push_change(world, "chore: a build", "appVersion: 1.10.0", "appVersion: 1.10.0+build.5")
    triggers = check(person, 0)
    assert "for v1.9.1: success" in triggers["publish"]["evidence"]
    assert "all are 1.10.0" in triggers["versions"]["evidence"]

    push_change(world, "chore: hurry", "appVersion: 1.10.0+build.5", "appVersion: 1.9.1")
    trigger = check(person, 1)["versions"]
    assert "release is 1.10.0, but appVersion at main is 1.9.1;" in trigger["evidence"]
    hurry = world.git("rev-parse", "HEAD")[:12]
    assert trigger["next"] == f"invoke recover --sha {hurry} --skip-publish"


@pytest.mark.thorough
def test_what_cannot_be_read_is_unknown_and_never_clear(world: World, person: Person) -> None:
    world.release("1.6.1", "1.6.0")
    world.registry.stop()
    triggers = check(person, 3)
    assert outcomes(triggers) == {"publish": "unknown", "versions": "unknown", "users": "clear"}
    for trigger in check(person, 3, GITHUB_TOKEN="wrong").values():
        assert trigger["outcome"] == "unknown"
        assert "GITHUB_TOKEN in the environment is not valid" in trigger["next"]
    world.github.server.answer = lambda _: Reply(502, {"message": "Bad Gateway"})
    for trigger in check(person, 3).values():
        assert "GitHub has trouble" in trigger["next"]


@pytest.mark.thorough
def test_user_reports_are_those_since_the_release_with_the_words_of_the_setting(
    world: World, person: Person
) -> None:
    world.github.open_issue("helm install fails", "long ago")
    world.github.issues[1].created_at = world.github.issues[1].created_at.replace(year=2020)
    world.release("1.6.1", "1.6.0")
    world.github.open_issue("The colours are dull", "")
    assert check_one(person, 0, "users")["outcome"] == "clear"
    trigger = check_one(person, 1, "users", INSTALL_TERMS="colours, fonts")
    report = "#2 The colours are dull https://github.com/stianfro/threek8s/issues/2"
    assert report in trigger["evidence"]


@pytest.mark.thorough
def test_a_report_is_found_behind_many_newer_issues_and_the_incidents_own_issue_is_none(
    world: World, person: Person
) -> None:
    world.release("1.6.1", "1.6.0")
    world.github.labels["Type: Incident"] = ("d93f0b", "")
    world.github.open_issue("Incident: helm install fails").labels.append("Type: Incident")
    assert check_one(person, 0, "users")["outcome"] == "clear"
    numbers = [world.github.open_issue("helm install fails").number for _ in range(2)]
    for _ in range(101):
        world.github.open_issue("The colours are dull")
    *reports, suspect = check_one(person, 1, "users")["evidence"].splitlines()
    assert "no change touches the workflow, the chart or what failed" in suspect
    listed = [report.partition(" ")[0] for report in reports]
    assert listed == [f"#{number}" for number in reversed(numbers)]


def test_empty_words_for_user_reports_are_refused(person: Person) -> None:
    refusal = person.refused("when.users", 2, {"INSTALL_TERMS": ",install"})
    assert "INSTALL_TERMS is ',install'" in refusal


@pytest.mark.thorough
@pytest.mark.usefixtures("broken")
def test_the_last_line_says_what_is_wrong_and_what_to_type(person: Person) -> None:
    ended = person("when.check", 1)
    symptoms = "publication failed and versions are out of sync"
    assert ended.stderr.endswith(f"✗ {symptoms}: invoke recover --pr 42\n")
    assert "→ the cure, for publish and versions:\n  invoke recover --pr 42\n" in ended.stdout
    aid = "→ next, for publish:\n  first aid, users can install in seconds:\n  REGISTRY="
    assert aid in ended.stdout
    alias, cure = json.loads(person("when.check --json", 1).stdout)["next"]
    assert re.fullmatch("REGISTRY=.* invoke publish.alias --version 1.7.0", alias)
    assert cure == "invoke recover --pr 42"
