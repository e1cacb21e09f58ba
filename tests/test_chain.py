"""The main job: one chain, three invocations and a pasted dry run lead to the same result."""

from __future__ import annotations

import os
import pty
import shlex
import shutil
import subprocess
import threading

import pytest

from tasks.sandbox.world import PUSH_TO, WORKFLOW, World

from .conftest import PROJECT, Person
from .toolkit.console.conftest import read_all

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
    assert plan.splitlines()[1] == "# plan: 1 PR, 1 merge, 1 push"
    pasted = broken.run("sh", "-ec", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert_recovered(broken)
    assert "verified" not in plan


def on_terminal_of(world: World, argv: list[str], typed: str = "") -> str:
    """Run a program on a terminal, type into it, and return what appears until it ends."""
    terminal, stream = pty.openpty()
    running = subprocess.Popen(
        argv,
        cwd=PROJECT,
        env=world.env,
        stdin=stream,
        stdout=stream,
        stderr=stream,
        start_new_session=True,
    )
    os.close(stream)
    typing = threading.Thread(target=os.write, args=(terminal, typed.encode()))
    typing.start()
    shown = read_all(terminal).decode()
    typing.join()
    os.close(terminal)
    assert running.wait() == 0, shown
    return shown.replace("\r\n", "\n")


@pytest.mark.parametrize("shell", ["bash --norc --noprofile -i", "zsh -f -i", "dash -i"])
@pytest.mark.thorough
def test_a_plan_recovers_when_it_is_pasted_from_a_terminal_into_a_shell(
    broken: World, shell: str
) -> None:
    argv = shlex.split(shell)
    if not shutil.which(argv[0]):
        pytest.skip(f"{argv[0]} is not installed")
    plan = on_terminal_of(broken, ["invoke", "--dry", *CHAIN.split()])
    assert plan.startswith("(sh -e ")
    assert plan.endswith("END_OF_PLAN\n)\n")
    assert max(map(len, plan.splitlines())) < 80
    typed = plan.rstrip() + "; exit\n"  # gh reads what is typed ahead
    on_terminal_of(broken, argv, typed)
    assert_recovered(broken)
