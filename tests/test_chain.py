"""The main job as README says it: one chain, three invocations, or a dry run pasted into a shell come to the same world."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import PUSH_TO, WORKFLOW, World

from .conftest import Person

CHAIN = "rollback.revert --pr 42 --merge publish.all verify.all"
PUBLISHED = f"{PUSH_TO}/threek8s"


def recovered(world: World) -> None:
    """Assert that there is exactly one revert, merged, and exactly one new version, of what the revert left."""
    pulls = {number: (pull.state, pull.head) for number, pull in world.github.pulls.items()}
    assert pulls == {
        42: ("MERGED", "move-registry-path"),
        43: ("MERGED", "revert-42-move-registry-path"),
    }
    assert f"PUSH_TO: oci://{world.registry.host}/{PUSH_TO}" in world.git(
        "show", f"main:{WORKFLOW}", at=world.remote
    )
    assert sorted(world.registry.tags(PUBLISHED)) == ["1.6.1", "1.7.0"]
    assert world.git("worktree", "list").count("\n") == 0
    assert world.git("status", "--porcelain") == ""


def test_one_chain_recovers_and_the_same_again_finds_everything_done(
    broken: World, person: Person
) -> None:
    told = person(CHAIN)
    recovered(broken)
    assert broken.registry.tags(PUBLISHED)["1.7.0"] in told.stdout
    after = broken.snapshot()
    again = person(CHAIN)
    assert "is reverted already by #43" in again.stderr
    assert "published already with the same content" in again.stderr
    assert broken.snapshot() == after


@pytest.mark.thorough
def test_three_invocations_with_explicit_options_come_to_the_same_and_each_again_makes_nothing_new(
    broken: World, person: Person
) -> None:
    for line in ("rollback.revert --pr 42 --merge", "publish.all --ref origin/main", "verify.all"):
        person(line)
        after = broken.snapshot()
        person(line)
        assert broken.snapshot() == after
    recovered(broken)


def test_a_dry_run_changes_nothing_and_its_commands_pasted_into_a_shell_do_the_job(
    broken: World, person: Person
) -> None:
    before = broken.snapshot()
    plan = person(f"--dry {CHAIN}").stdout
    assert broken.snapshot() == before
    assert broken.token not in plan
    broken.github.required_checks = []  # a plan does not wait
    pasted = broken.run("sh", "-ec", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    recovered(broken)
    assert "verified" not in plan
