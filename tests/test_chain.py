"""The main job: one chain, three invocations and a pasted dry run lead to the same result."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import PUSH_TO, WORKFLOW, World

from .conftest import Person

CHAIN = "rollback.revert --pr 42 --merge publish.all verify.all"
PUBLISHED = f"{PUSH_TO}/threek8s"


def assert_recovered(world: World) -> None:
    """Assert that there is exactly one revert, merged, and exactly one new version."""
    pulls = {number: (pull.state, pull.head) for number, pull in world.github.pulls.items()}
    assert pulls == {
        42: ("MERGED", "move-registry-path"),
        43: ("MERGED", "revert-42-move-registry-path"),
    }
    workflow = world.git("show", f"main:{WORKFLOW}", at=world.remote)
    assert f"PUSH_TO: oci://{world.registry.host}/{PUSH_TO}" in workflow
    assert sorted(world.registry.tags(PUBLISHED)) == ["1.6.1", "1.7.0"]
    assert world.git("worktree", "list").count("\n") == 0
    assert world.git("status", "--porcelain") == ""


def test_one_chain_recovers_and_repeating_it_changes_nothing(broken: World, person: Person) -> None:
    output = person(CHAIN).stdout
    assert_recovered(broken)
    assert broken.registry.tags(PUBLISHED)["1.7.0"] in output
    after = broken.snapshot()
    again = person(CHAIN)
    assert "is already reverted by #43" in again.stderr
    assert "already published with the same content" in again.stderr
    assert broken.snapshot() == after


@pytest.mark.usefixtures("broken")
@pytest.mark.thorough
def test_each_recipe_of_a_chain_runs_as_often_as_it_is_typed(person: Person) -> None:
    output = person("contact.status publish.check when.check publish.check", code=1).stdout
    assert output.count("may push to") == 1  # when.check has fired, which ends the chain
    assert "fired" in output
    twice = person("publish.check publish.check").stdout
    assert twice.count("may push to") == 2


@pytest.mark.thorough
def test_three_invocations_lead_to_the_same_and_each_is_safe_to_repeat(
    broken: World, person: Person
) -> None:
    for line in ("rollback.revert --pr 42 --merge", "publish.all --ref origin/main", "verify.all"):
        person(line)
        after = broken.snapshot()
        person(line)
        assert broken.snapshot() == after
    assert_recovered(broken)


def test_a_dry_run_changes_nothing_and_its_commands_recover_when_pasted(
    broken: World, person: Person
) -> None:
    before = broken.snapshot()
    plan = person(f"--dry {CHAIN}").stdout
    assert broken.snapshot() == before
    assert broken.token not in plan
    broken.github.required_checks = []  # a plan does not wait
    pasted = broken.run("sh", "-ec", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert_recovered(broken)
    assert "verified" not in plan
