"""Prevention Measures: faults are found before they are merged, and a test leaves nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.server import Reply, Request
from tasks.sandbox.world import CHART, PUSH_TO, WORKFLOW, World
from tasks.sandbox.worlds import PODINFO
from tasks.toolkit.workflows.test_tag import MADE_BY_US

from .conftest import PROJECT, Person
from .plans import notes_of
from .scenes import happen

TAG = "v999.0.0-test"
PUBLISHED = f"{PUSH_TO}/threek8s"
RELEASE_WORKFLOW = ".github/workflows/release.yml"  # of podinfo
TRIGGER = "  workflow_dispatch:\n"


def branch(person: Person, code: int, line: str = "prevention.branch") -> dict[str, Any]:
    """Return the findings by name, from the JSON on stdout."""
    found = json.loads(person(f"{line} --json", code).stdout)
    assert found["passed"] == (code == 0)
    return {check["name"]: check for check in found["checks"]}


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    return {name: check["outcome"] for name, check in found.items()}


def edit(world: World, old: str, new: str, name: str = "feature") -> None:
    """Change the workflow on a branch, and push that."""
    world.git("switch", "--quiet", "--create", name)
    world.commit("ci: a change", {WORKFLOW: (old, new)})
    world.git("push", "--quiet", "origin", name)


def tags(world: World) -> list[str]:
    return [
        *world.git("tag", "--list", "*test*").split(),
        *world.git("tag", "--list", "*test*", at=world.remote).split(),
    ]


# prevention.branch


def test_the_fault_that_the_runbook_was_written_for_is_found_before_it_is_merged(
    world: World, person: Person
) -> None:
    found = branch(person, 0)
    assert outcomes(found) == {
        "branch": "passed",
        "form": "passed",
        "dispatch": "passed",
        "path": "passed",
    }
    happen(world, SCENARIOS["publish"].happen)  # its pull request's branch is at origin
    found = branch(person, 1, "prevention.branch --branch move-registry-path")
    assert outcomes(found) == {
        "branch": "passed",  # its commits were squashed into one on main
        "form": "passed",
        "dispatch": "passed",
        "path": "failed",
    }
    here = f"oci://{world.registry.host}/stianfro"
    for part in (
        f"pushes to {here}/charts",
        f"publishes at {here}/charts/threek8s",
        f"gets the chart from {here}/charts",
        f"install from {world.reference}",
    ):
        assert part in found["path"]["evidence"]
    assert f"get the chart from {here}/charts/threek8s" in found["path"]["next"]


def test_a_change_belongs_on_a_feature_branch_and_on_that_alone(
    world: World, person: Person
) -> None:
    file = world.clone / WORKFLOW
    file.write_text(file.read_text().replace("Lint\n", "Check the chart\n"))
    evidence = branch(person, 1)["branch"]["evidence"]
    assert evidence == "the workflow is changed on main, not on a feature branch"
    edit(world, "Check the chart", "Lint the chart")
    assert branch(person, 0)["branch"]["evidence"] == "the workflow is changed on feature only"
    world.git("switch", "--quiet", "main")
    world.commit("ci: another", {WORKFLOW: ("Log in\n", "Log in to the registry\n")})
    world.git("push", "--quiet", "origin", "main")
    world.git("switch", "--quiet", "feature")
    assert "and since then on main too" in branch(person, 1)["branch"]["evidence"]
    world.git("switch", "--quiet", "main")
    world.git("checkout", "feature", "--", WORKFLOW)  # as a squash merge leaves it
    world.git("commit", "--quiet", "--all", "--message=ci: the feature")
    world.git("push", "--quiet", "origin", "main")
    world.git("switch", "--quiet", "feature")
    assert branch(person, 0)["branch"]["evidence"] == "the workflow is the same as on main"


@pytest.mark.thorough
def test_a_clone_behind_a_change_of_the_workflow_is_unverified_until_the_command_is_typed(
    world: World, person: Person
) -> None:
    stale = world.git("rev-parse", "HEAD")
    world.commit("ci: a change", {WORKFLOW: ("Lint\n", "Check\n")})
    world.git("push", "--quiet", "origin", "main")
    for name, command in (("main", "git pull"), ("feature", "git rebase origin/main")):
        world.git("switch", "--quiet", "--force-create", name, stale)
        world.git("branch", "--quiet", "--set-upstream-to=origin/main")
        found = branch(person, 0)["branch"]
        assert (found["outcome"], found["next"]) == ("unverified", command)
        assert world.run("sh", "-ec", command).returncode == 0
        assert branch(person, 0)["branch"]["outcome"] == "passed"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("old", "new", "name", "evidence"),
    [
        (TRIGGER, "  workflow_call:\n", "dispatch", "does not accept workflow_dispatch"),
        ("    needs: lint\n    runs-on: ubuntu-latest\n", "    needs: lint\n", "form", "runs-on"),
        ("needs: lint", "needs: lnt", "form", "lnt"),
        ("run: helm lint", "uses: x/y@v1\n        run: helm lint", "form", ""),
        (
            'helm push dist/*.tgz "$PUSH_TO"',
            'helm push dist/*.tgz "$WHERE"',
            "path",
            "only a run knows whether $WHERE/threek8s is",
        ),
        (
            'helm push dist/*.tgz "$PUSH_TO"',
            "make push",
            "path",
            "no step of publish-helm.yml runs `helm push`",
        ),
        (
            'helm push dist/*.tgz "$PUSH_TO"',
            "helm push dist/*.tgz oci://${{ vars.WHERE }}",
            "path",
            "only a run knows",
        ),
    ],
)
def test_each_fault_is_found_by_its_check(
    world: World, person: Person, old: str, new: str, name: str, evidence: str
) -> None:
    edit(world, old, new)
    found = branch(person, 1, "prevention.branch --strict")[name]
    assert found["outcome"] != "passed" and evidence in found["evidence"]


def test_of_a_malformed_workflow_nothing_else_is_said(world: World, person: Person) -> None:
    nowhere = {
        "PATH": os.pathsep.join(
            part
            for part in world.env["PATH"].split(os.pathsep)
            if not Path(part, "actionlint").exists()
        )
    }
    edit(world, "    needs: lint\n", "    needs: 5\n")
    found = json.loads(person("prevention.branch --json", 1, nowhere).stdout)["checks"]
    assert [(check["name"], check["outcome"]) for check in found[1:]] == [
        ("form", "failed"), ("dispatch", "unverified"), ("path", "unverified"),
    ]  # fmt: skip
    assert {check["evidence"] for check in found[2:]} == {"the file is malformed"}


@pytest.mark.skipif(not shutil.which("actionlint"), reason="actionlint is not installed")
def test_actionlint_is_asked_where_it_is_installed(world: World, person: Person) -> None:
    assert branch(person, 0)["form"]["evidence"] == "actionlint finds no problem"
    edit(world, "${{ github.actor }}", "${{ github.acter }}")
    assert "acter" in branch(person, 1)["form"]["evidence"]


@pytest.mark.parametrize(
    ("line", "env", "reason"),
    [
        ("prevention.branch --branch nowhere", {}, "origin has no branch nowhere"),
        ("prevention.branch", {"WORKFLOW": "other.yml"}, "main has no .github/workflows/other.yml"),
    ],
)
def test_a_branch_or_a_workflow_that_is_not_there_is_named(
    world: World, person: Person, line: str, env: dict[str, str], reason: str
) -> None:
    assert world.folder.is_dir()
    assert reason in person.refused(line, 2, env)


def test_without_a_setting_the_workflow_that_pushes_the_chart_is_named(
    podinfo: World, person: Person
) -> None:
    assert podinfo.folder.is_dir()
    missing = "has no .github/workflows/publish-helm.yml"
    for line, what in (
        ("prevention.branch", f"master {missing}"),
        ("prevention.dispatch", f"master {missing}"),
        ("prevention.test-tag", "stefanprodan/podinfo has no workflow publish-helm.yml"),
    ):
        advice = "set WORKFLOW=release.yml, the one that pushes charts"
        assert f"{what}: {advice}" in person.refused(line, 2, {"WORKFLOW": ""})
    (path,) = [
        check
        for check in json.loads(person("doctor --json", 1, {"WORKFLOW": ""}).stdout)["checks"]
        if check["name"] == "path"
    ]
    assert path["next"] == advice


def test_a_workflow_that_is_no_yaml_is_named_with_its_line(world: World, person: Person) -> None:
    (world.clone / WORKFLOW).write_text("on: push\njobs: {")
    assert f"{WORKFLOW} is not YAML, line 2" in person.refused("prevention.branch")


# prevention.dispatch

VERSION = "--input chart_version=999.0.0-test"


@pytest.mark.thorough
def test_the_command_for_a_run_by_hand_works_as_printed_with_a_version_that_nobody_gets(
    world: World, person: Person
) -> None:
    command = branch(person, 0)["dispatch"]["next"]
    assert command == f"invoke prevention.dispatch --ref main {VERSION}"
    person(command.removeprefix("invoke "))
    assert list(world.registry.tags(PUBLISHED)) == ["999.0.0-test"]


@pytest.mark.thorough
@pytest.mark.parametrize("returns_run", [True, False])
def test_the_run_that_was_started_is_found_among_others_and_watched_to_its_end(
    world: World, person: Person, returns_run: bool
) -> None:
    edit(world, "Lint\n", "Lint slowly\n")
    world.github.actions.dispatch_returns_run = returns_run
    world.github.actions.dispatch(WORKFLOW, "main", {"chart_version": "999.0.0-other"})
    answer = world.github.server.answer

    def and_another(request: Request) -> Reply:
        reply = answer(request)
        if request.path.endswith("/dispatches"):
            world.github.actions.dispatch(WORKFLOW, "main", {"chart_version": "999.0.0-later"})
        return reply

    world.github.server.answer = and_another
    done = person(f"prevention.dispatch {VERSION}").stderr
    assert "run 2 started on feature" in done and "run 2 on feature: success" in done
    assert [run.head_branch for run in world.github.runs] == ["main", "feature", "main"]
    assert "999.0.0-test" in world.registry.tags(PUBLISHED)
    assert (
        not (world.clone / ".rollback").joinpath("journal.jsonl").exists()
        and "no incident is open" in person("timeline.stop").stderr
    )


@pytest.mark.thorough
def test_a_run_that_fails_fails_the_recipe_and_names_the_command_that_shows_why(
    world: World, person: Person
) -> None:
    edit(world, 'run: helm lint "$CHART"', "run: exit 1")
    assert "invoke run.logs --run 1" in person(f"prevention.dispatch {VERSION}", 1).stderr
    assert "lint: Lint" in person("run.logs --run 1").stdout
    assert world.github.runs[0].conclusion == "failure"


@pytest.mark.thorough
def test_an_input_is_sent_to_the_letter(world: World, person: Person, tmp_path: Path) -> None:
    edit(world, 'run: helm lint "$CHART"', "run: exit 1")
    (tmp_path / "secret").write_text("1.0.0")
    person(f"prevention.dispatch {VERSION} --input app_version=@{tmp_path}/secret", 1)
    assert world.github.runs[0].context["inputs"]["app_version"] == f"@{tmp_path}/secret"


@pytest.mark.thorough
@pytest.mark.parametrize("required", [True, False])
def test_while_a_run_is_in_progress_it_is_watched_unless_it_may_have_other_inputs(
    world: World, person: Person, required: bool
) -> None:
    edit(world, 'run: helm lint "$CHART"', "run: sleep 5")
    world.github.actions.dispatch(WORKFLOW, "feature", {"chart_version": "999.0.0-other"})
    if required:
        output = person(f"prevention.dispatch {VERSION}", 1).stderr
        assert (
            "run 1 is in progress on feature, and its inputs are not visible: wait for it with "
            "`invoke run.watch --run 1`" in output
        )
        return
    world.commit("ci: all by itself", {WORKFLOW: ("required: true", "required: false")})
    world.git("push", "--quiet", "origin", "feature")
    output = person("prevention.dispatch").stderr
    assert (
        "run 1 is in progress on feature: watching it" in output
        and "run 1 on feature: success" in output
    )
    assert len(world.github.runs) == 1


def test_without_a_branch_that_is_checked_out_one_must_be_named(
    world: World, person: Person
) -> None:
    world.git("switch", "--quiet", "--detach", "main")
    assert (
        "no branch is checked out: say which to run on, for example --ref main"
        in person.refused(f"prevention.dispatch {VERSION}")
    )


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        (TRIGGER, "  workflow_call:\n", VERSION, "does not accept workflow_dispatch"),
        ("Lint\n", "Check\n", "", "needs chart_version: --input chart_version=..."),
        (
            "Lint\n",
            "Check\n",
            "--input version=1.0.0",
            "has no input version: it takes chart_version, app_version",
        ),
        ("Lint\n", "Check\n", "--input chart_version", "is not name=value"),
        ("Lint\n", "Check\n", "--ref nowhere", "origin has no branch nowhere"),
    ],
)
def test_what_github_would_refuse_is_refused_before_it_is_asked(
    world: World, person: Person, old: str, new: str, line: str, reason: str
) -> None:
    edit(world, old, new)
    assert reason in person.refused(f"prevention.dispatch {line}")
    assert world.github.runs == []


def test_a_workflow_that_is_not_on_the_default_branch_yet_is_unknown_to_github(
    world: World, person: Person
) -> None:
    world.git("switch", "--quiet", "--create", "feature")
    world.git("mv", WORKFLOW, WORKFLOW.replace("publish-helm", "new"))
    world.commit("ci: another workflow")
    world.git("push", "--quiet", "origin", "feature")
    env = {"WORKFLOW": "new.yml"}
    found = {
        check["name"]: check
        for check in json.loads(person("prevention.branch --json", env=env).stdout)["checks"]
    }
    assert (
        found["dispatch"]["outcome"] == "unverified"
        and "before it is on main" in found["dispatch"]["evidence"]
    )
    assert "prevention.dispatch" not in found["dispatch"]["next"]
    output = person.refused(f"prevention.dispatch {VERSION}", 2, env)
    assert (
        "new.yml on feature cannot be run by hand yet: "
        "GitHub does not know the file before it is on main" in output
    )


@pytest.mark.thorough
def test_a_dry_run_of_dispatch_starts_nothing_until_it_is_pasted(
    world: World, person: Person
) -> None:
    plan = person(f"--dry prevention.dispatch {VERSION}").stdout
    assert world.github.runs == []
    for number in (1, 2):
        pasted = world.run("sh", "-c", plan)
        assert pasted.returncode == 0, plan + pasted.stderr
        assert len(world.github.runs) == number
        assert world.github.runs[0].conclusion == "success"


# prevention.test-tag


@pytest.mark.thorough
def test_a_test_tag_is_made_its_run_watched_and_it_is_gone_on_both_sides(
    world: World, person: Person
) -> None:
    before = world.snapshot()
    output = person("prevention.test-tag").stderr
    run = world.github.runs[0]
    assert (run.event, run.head_branch, run.conclusion) == ("push", TAG, "success")
    assert (
        f"a run left oci://{world.registry.host}/{PUBLISHED}:999.0.0-test; "
        "to remove it: invoke prevention.test-tag --clean" in output
    )
    assert tags(world) == []
    assert "999.0.0-test" in world.registry.tags(PUBLISHED)
    person("prevention.test-tag --clean")
    assert tags(world) == [] and world.registry.tags(PUBLISHED) == {}
    after = world.snapshot()
    assert (after["refs"], after["github"]) == (before["refs"], before["github"])


@pytest.mark.thorough
def test_what_a_run_published_where_nobody_looks_is_found_too(
    broken: World, person: Person
) -> None:
    here = f"oci://{broken.registry.host}/stianfro/charts/threek8s:999.0.0-dev"
    output = person("prevention.test-tag --tag chart-v999.0.0-dev", 1).stderr
    assert f"a run left {here}" in output and "ended in failure" in output
    person("prevention.test-tag --tag chart-v999.0.0-dev --clean", 1)
    assert "999.0.0-dev" not in broken.registry.tags("stianfro/charts/threek8s")


@pytest.mark.thorough
def test_clean_removes_a_release_too_and_the_version_at_ghcr_by_githubs_api(
    world: World, person: Person
) -> None:
    step = (
        '      - name: Release\n        env: {GH_TOKEN: "${{ secrets.GITHUB_TOKEN }}"}\n'
        '        run: gh release create "$GITHUB_REF_NAME" --repo "$GITHUB_REPOSITORY"'
        " --prerelease --notes x\n"
    )
    edit(world, "      - name: Verify\n", step + "      - name: Verify\n")
    allowed = "      packages: write\n"
    old, new = f"      contents: read\n{allowed}", f"      contents: write\n{allowed}"
    world.commit("ci: let it make a release", {WORKFLOW: (old, new)})
    world.as_ghcr()
    person("prevention.test-tag --clean")
    assert world.github.releases == [] and world.registry.tags(PUBLISHED) == {}
    assert f"a run left release {TAG}" in person("prevention.test-tag").stderr
    world.github.sync()
    assert [(release.tag_name, release.draft) for release in world.github.releases] == [(TAG, True)]


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupt_deletes_the_tag_and_what_a_kill_left_the_next_run_deletes(
    world: World, person: Person, number: signal.Signals, exhaustive: bool
) -> None:
    if number is signal.SIGKILL and not exhaustive:
        pytest.skip("Ctrl-C is enough here: run with --all")
    edit(world, 'run: helm lint "$CHART"', "run: sleep 5")
    argv = ["invoke", "prevention.test-tag"]
    running = subprocess.Popen(
        argv,
        cwd=PROJECT,
        env=world.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 20
    while (
        not (world.github.runs and world.github.runs[0].status == "in_progress")
        and time.monotonic() < deadline
    ):
        world.github.sync()
        time.sleep(0.05)
    time.sleep(0.5)
    os.kill(running.pid, number)
    output = running.communicate(timeout=20)[0]
    assert bool(tags(world)) == (number == signal.SIGKILL)
    assert ("run 1 continues without its tag; to end it: gh run cancel 1 --repo" in output) == (
        number != signal.SIGKILL
    )
    if number == signal.SIGINT and exhaustive:
        assert (
            f"{TAG} is being tested now, by run 1"
            in person("prevention.test-tag --clean", 1).stderr
        )
        world.github.settle()
        world.git("switch", "--quiet", "main")
        assert (
            f"removed oci://{world.registry.host}/{PUBLISHED}:999.0.0-test"
            in person(output.partition("once it has ended: invoke ")[2].splitlines()[0]).stderr
        )
        assert world.registry.tags(PUBLISHED) == {}
    if number == signal.SIGKILL:
        assert f"{TAG} is being tested now, by run 1" in person("prevention.test-tag", 1).stderr
        world.github.settle()
        world.git("commit", "--quiet", "--amend", "--message", "ci: again")
        assert "here and at origin, left by an earlier test" in person("prevention.test-tag").stderr
    assert tags(world) == []


@pytest.mark.thorough
def test_what_earlier_tests_left_under_other_names_is_removed_unless_their_run_is_in_progress(
    world: World, person: Person
) -> None:
    edit(world, 'run: helm lint "$CHART"', "run: sleep 20", "slow")
    for tag, where in (
        ("v999.0.1-test", "main"),
        ("v999.0.2-test", "main"),
        ("v999.0.3-test", "main"),
        ("v999.0.4-test", "slow"),
    ):
        message = "Somebody's" if "0.3" in tag else MADE_BY_US
        world.git("tag", "--annotate", f"--message={message}", tag, where)
        world.git("push", "--quiet", "origin", tag) if "0.1" not in tag else None
        world.github.settle() if where == "main" else world.github.sync()
    world.git("tag", "--delete", "v999.0.2-test", "v999.0.4-test")
    world.git("switch", "--quiet", "main")
    output = person("prevention.test-tag --clean").stderr
    assert (
        "deleted v999.0.1-test, here, left" in output
        and "deleted v999.0.2-test, here and at origin, left" in output
    )
    assert "v999.0.4-test is being tested now, so it stays" in output
    assert tags(world) == 2 * ["v999.0.3-test", "v999.0.4-test"]
    assert list(world.registry.tags(PUBLISHED)) == ["999.0.3-test"]


@pytest.mark.thorough
def test_a_tag_that_origin_refuses_to_delete_is_reported_with_the_reason_and_the_command(
    world: World, person: Person
) -> None:
    hook = world.remote / "hooks" / "pre-receive"
    hook.write_text(
        "#!/bin/sh\nread -r _ new _\ncase $new in *[1-9a-f]*) exit 0; esac\n"
        'echo "error: GH013: Cannot delete this tag" >&2; exit 1\n'
    )
    hook.chmod(0o755)
    for line in (
        "prevention.test-tag --clean",
        "prevention.test-tag",
    ):  # the second finds what the first left
        output = person(line, 3).stderr
        assert (
            f"{TAG} is still at origin" in output
            and "GH013: Cannot delete this tag" in output
            and f"deleted {TAG}" not in output
        )
        assert tags(world) == [TAG] and world.registry.tags(PUBLISHED) == {}
    hook.unlink()
    assert world.run("sh", "-c", output.partition("by hand: ")[2]).returncode == 0
    assert tags(world) == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("v1.7.0", "not the tag of a pre-release"),
        ("latest", "not the tag of a pre-release"),
        ("v9.0.0-rc.1", "was not made by this task"),
    ],
)
def test_a_release_or_somebody_elses_tag_is_left_alone(
    world: World, person: Person, tag: str, reason: str
) -> None:
    world.git("tag", "v9.0.0-rc.1")
    world.git("push", "--quiet", "origin", "v9.0.0-rc.1")
    world.github.settle()
    assert reason in person.refused(
        f"prevention.test-tag --tag {tag}", 1 if "made" in reason else 2
    )
    assert "v9.0.0-rc.1" in world.git("tag", at=world.remote)


@pytest.mark.thorough
def test_a_version_or_a_release_that_somebody_published_by_hand_is_left_alone(
    world: World, person: Person
) -> None:
    world.github.create_release("v1.8.0-rc.1", "v1.8.0-rc.1", "By hand.", draft=True)
    person("publish.all --version 1.7.0-rc.1")
    output = person.refused("prevention.test-tag --tag v1.7.0-rc.1 --clean", 1)
    assert f"{PUBLISHED}:1.7.0-rc.1 exists already" in output and "nothing was changed" in output
    assert "release v1.8.0-rc.1 exists already" in person.refused(
        "prevention.test-tag --tag v1.8.0-rc.1", 1
    )


@pytest.mark.thorough
def test_what_the_run_of_a_tag_that_could_be_a_release_published_is_removed_with_it_or_by_name(
    world: World, person: Person
) -> None:
    person("prevention.test-tag --tag v1.7.0-rc.1 --clean")
    assert world.registry.tags(PUBLISHED) == {}
    assert (
        "to remove it: invoke publish.withdraw --version 1.7.0-rc.1 --delete"
        in person("prevention.test-tag --tag v1.7.0-rc.1").stderr
    )
    world.git("tag", "--annotate", f"--message={MADE_BY_US}", "v1.7.0-rc.1")  # what a kill leaves
    assert (
        f"removed oci://{world.registry.host}/{PUBLISHED}:1.7.0-rc.1"
        in person("prevention.test-tag --tag v1.7.0-rc.1 --clean").stderr
    )
    assert world.registry.tags(PUBLISHED) == {} and "v1.7.0-rc.1" not in world.git("tag")


@pytest.mark.thorough
def test_a_branch_that_is_at_origin_only_can_be_tagged_and_one_that_is_nowhere_is_named(
    world: World, person: Person
) -> None:
    edit(world, 'run: helm lint "$CHART"', "run: exit 1", "theirs")
    world.git("switch", "--quiet", "main")
    world.git("branch", "--quiet", "-D", "theirs")
    world.git("branch", "--quiet", "-D", "--remotes", "origin/theirs")
    person("prevention.test-tag --ref theirs", 1)
    assert world.github.runs[0].head_sha == world.git("rev-parse", "theirs", at=world.remote)
    assert "'nowhere' names no commit" in person.refused("prevention.test-tag --ref nowhere")


@pytest.mark.thorough
def test_a_tag_on_which_no_workflow_runs_is_deleted_too_and_that_is_reported(
    world: World, person: Person
) -> None:
    edit(world, 'tags: ["v*", "chart-v*"]', 'tags: ["release-*"]')
    output = person("prevention.test-tag", 3, {"WAIT_TIMEOUT": "1"}).stderr
    assert f"let publish-helm.yml run on push of {TAG}" in output
    assert tags(world) == []


@pytest.mark.thorough
def test_commits_of_the_default_branch_that_the_tagged_commit_lacks_are_reported(
    world: World, person: Person
) -> None:
    for message in ("feat: one", "feat: two"):
        world.git("commit", "--quiet", "--allow-empty", "--message", message)
    world.git("push", "--quiet", "origin", "main")
    lacking = "HEAD lacks 2 commits of main at origin; to catch up: git pull"
    world.git("reset", "--quiet", "--hard", "HEAD~2")
    assert lacking in notes_of(person("--dry prevention.test-tag").stdout)
    assert "lacks" not in person("--dry prevention.test-tag --ref origin/main").stdout
    world.git("pull", "--quiet")
    assert "lacks" not in person("--dry prevention.test-tag").stderr


@pytest.mark.thorough
def test_a_test_tag_never_publishes_the_version_that_stands_in_chart_yaml(
    podinfo: World, person: Person
) -> None:
    podinfo.release("6.14.0", "6.13.0")
    old, new = 'helm push "podinfo-$GITHUB_REF_NAME.tgz"', "helm push podinfo-*.tgz"
    podinfo.commit("ci: push what was packaged", {RELEASE_WORKFLOW: (old, new)})
    podinfo.git("push", "--quiet")
    chart = f"{PODINFO}/Chart.yaml"
    assert person.refused("prevention.test-tag", 1).endswith(
        f"release.yml takes the version from {chart}: the run of 999.0.0-test would package "
        "6.14.0, and may publish it: on a branch, write `version: 999.0.0-test` there, push it, "
        "and add --ref BRANCH; nothing was changed"
    )
    assert person.refused("--dry prevention.test-tag", 1)
    published = podinfo.registry.snapshot()["stefanprodan/charts/podinfo"]
    podinfo.git("switch", "--quiet", "--create", "trial")
    edit_of_version = ("\nversion: 6.14.0", "\nversion: 999.0.0-test")
    podinfo.commit("test: another version", {chart: edit_of_version})
    podinfo.git("push", "--quiet", "origin", "trial")
    podinfo.git("switch", "--quiet", "master")
    remove = "invoke prevention.test-tag --ref trial --clean"
    assert f"to remove it: {remove}" in person("prevention.test-tag --ref trial").stderr
    tags_now = podinfo.registry.snapshot()["stefanprodan/charts/podinfo"]
    test_digest = tags_now.pop("999.0.0-test")
    assert test_digest and tags_now == published
    person(remove.removeprefix("invoke "))
    assert podinfo.registry.snapshot()["stefanprodan/charts/podinfo"] == published


@pytest.mark.thorough
def test_a_dry_run_of_test_tag_makes_no_tag_until_it_is_pasted(
    world: World, person: Person
) -> None:
    needs_tag = f"run: git ls-remote --exit-code {world.remote} refs/tags/{TAG}"
    edit(world, 'run: helm lint "$CHART"', needs_tag)
    plan = person("--dry prevention.test-tag").stdout
    assert tags(world) == [] and world.github.runs == []
    assert "to remove what it publishes" in notes_of(plan)
    for number in (1, 2):  # again, the earlier run on the same tag has ended already
        pasted = world.run("sh", "-c", plan)
        assert pasted.returncode == 0, plan + pasted.stderr
        assert len(world.github.runs) == number
        run = world.github.runs[0]
        assert (run.head_branch, run.status, run.conclusion) == (TAG, "completed", "success")
        assert tags(world) == []
    assert "999.0.0-test" in world.registry.tags(PUBLISHED)


@pytest.mark.thorough
def test_a_pasted_test_tag_is_deleted_when_its_run_fails_and_when_none_starts(
    world: World, person: Person
) -> None:
    edit(world, 'run: helm lint "$CHART"', "run: exit 1")
    plan = person("--dry prevention.test-tag").stdout
    failed = world.run("sh", "-c", plan)
    assert (failed.returncode, tags(world)) == (1, [])
    assert f"the run on {TAG}: failure" in failed.stdout
    world.github.actions.disabled = True
    plan = person("--dry prevention.test-tag", env={"WAIT_TIMEOUT": "1"}).stdout
    silent = world.run("sh", "-c", plan)
    assert (silent.returncode, tags(world)) == (1, [])
    assert f"for the run on {TAG} to end; it did not happen" in silent.stderr


# prevention.monitor


@pytest.mark.thorough
def test_the_newest_releases_are_watched_with_their_run_chart_and_versions(
    world: World, person: Person
) -> None:
    assert "has no release yet" in person.refused("prevention.monitor")
    happen(world, SCENARIOS["publish"].happen)
    found = json.loads(person("prevention.monitor --json", 1).stdout)
    output = {release["name"]: release for release in found["releases"]}
    assert outcomes(output) == {"v1.7.0": "failed", "v1.6.1": "passed"}
    assert (
        "is not published" in output["v1.7.0"]["evidence"]
        and "run 1: success" in output["v1.6.1"]["evidence"]
    )
    assert world.registry.tags(PUBLISHED)["1.6.1"] in output["v1.6.1"]["evidence"]
    person("rollback.revert --pr 42 --merge publish.all")
    assert "v1.6.1" not in person("prevention.monitor --releases 1", 1).stdout


@pytest.mark.thorough
@pytest.mark.parametrize("releases", ["abc", "0", "11", "-1", "1.5", "''"])
def test_how_many_releases_are_monitored_is_a_number_from_1_to_10(
    world: World, person: Person, releases: str
) -> None:
    assert world.folder.is_dir()
    assert "is not a number from 1 to 10: for example --releases 3" in person.refused(
        f"prevention.monitor --releases={releases}"
    )


@pytest.mark.thorough
def test_a_release_whose_workflow_was_run_again_by_hand_passes_and_stays_so_when_another_comes(
    broken: World, person: Person
) -> None:
    person("recover --pr 42")
    output = json.loads(person("prevention.monitor --json", 1).stdout)["releases"][0]
    assert output["outcome"] == "failed" and output["next"] == "invoke when.check"
    broken.github.actions.dispatch(WORKFLOW, "main", {"chart_version": "1.7.0"})
    assert broken.github.settle() == "success"
    assert (
        f"run {broken.github.runs[0].id}: success"
        in json.loads(person("prevention.monitor --json").stdout)["releases"][0]["evidence"]
    )
    person("when.check")
    good = json.loads(person("publish.good --json").stdout)
    assert good["good"] == "v1.7.0" and good["releases"][0]["next"] == ""
    broken.git("pull", "--quiet")
    broken.release("1.7.1", "1.7.0")
    assert outcomes(
        {
            one["name"]: one
            for one in json.loads(person("prevention.monitor --json").stdout)["releases"]
        }
    ) == dict.fromkeys(("v1.7.1", "v1.7.0", "v1.6.1"), "passed")


@pytest.mark.thorough
def test_the_advice_leads_nobody_to_a_check_that_is_clear(world: World, person: Person) -> None:
    world.github.actions.disabled = True
    world.release("1.6.1", "1.6.0")
    (young,) = json.loads(person("prevention.monitor --json").stdout)["releases"]
    assert (young["outcome"], young["next"]) == ("unverified", "wait for the run")
    assert "invoke when.check" in person("prevention.monitor", 1, {"WAIT_TIMEOUT": "0"}).stdout
    world.github.actions.disabled = False
    world.release("1.6.2", "1.6.1")
    person("when.check")
    output = person("prevention.monitor", 1)
    assert (
        "v1.6.2 is newer: nothing to do" in output.stdout
        and "when.check" not in output.stdout + output.stderr
    )


@pytest.mark.thorough
def test_watching_is_bounded_and_shows_what_changes(world: World, person: Person) -> None:
    world.release("1.6.1", "1.6.0")
    begun = time.monotonic()
    output = person(
        "prevention.monitor --watch", env={"WAIT_TIMEOUT": "2", "POLL_INTERVAL": "0.5"}
    ).stdout
    assert time.monotonic() - begun < 10
    assert output.count("v1.6.1") == 1


@pytest.mark.thorough
def test_watching_prints_the_next_command_once_at_its_end(broken: World, person: Person) -> None:
    output = person(
        "prevention.monitor --watch", 1, env={"WAIT_TIMEOUT": "1", "POLL_INTERVAL": "0.3"}
    ).stdout.splitlines()
    assert broken
    assert [line for line in output if "→" in line] == ["→ next, for v1.7.0:"]
    assert output[-1] == "  invoke when.check"


@pytest.mark.thorough
@pytest.mark.parametrize("ends", [True, False])
def test_watching_outlives_a_service_that_fails_for_a_while_and_says_so(
    world: World, person: Person, ends: bool
) -> None:
    world.release("1.6.1", "1.6.0")
    answer, failed = world.github.server.answer, list[str]()
    world.registry.requests.clear()

    def failing(request: Request) -> Reply:
        if not world.registry.requests or (
            ends and len(failed) == 7
        ):  # the first look ends at the registry
            return answer(request)
        failed.append(request.path)
        return Reply(502, {"message": "Bad Gateway"})

    world.github.server.answer = failing
    tables = person(
        "prevention.monitor --watch --releases 1",
        env={"WAIT_TIMEOUT": "9", "POLL_INTERVAL": "0.2"},
    ).stdout
    assert "502" in tables and "v1.6.1" in tables.partition("502")[0]
    last_table = tables.rpartition("The newest releases")[2]
    assert "v1.6.1" in last_table
    assert ("the last check" in last_table) != ends


@pytest.mark.thorough
def test_the_files_of_the_chart_are_what_is_tagged(
    world: World, person: Person, tmp_path: Path
) -> None:
    world.commit("feat: two", {f"{CHART}/values.yaml": ("replicas: 1", "replicas: 2")})
    person("prevention.test-tag")
    pulled = world.run(
        "helm",
        "pull",
        world.reference,
        "--version",
        "999.0.0-test",
        "--plain-http",
        "--untar",
        "-d",
        str(tmp_path),
    )
    assert (
        pulled.returncode == 0
        and "replicas: 2" in (tmp_path / "threek8s" / "values.yaml").read_text()
    )
