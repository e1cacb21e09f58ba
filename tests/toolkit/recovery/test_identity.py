"""Which pull request is merged as the revert: not a stranger's, and not one that does more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.github.faults import BAD_GATEWAY
from tasks.sandbox.github.records import Pull
from tasks.sandbox.server import Reply, Request
from tasks.sandbox.world import CHART, World
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.bad_change import fetch, find_commit, find_merged_pull
from tasks.toolkit.recovery.identity import CheckedRevert
from tasks.toolkit.recovery.landed_revert import was_reverted
from tasks.toolkit.recovery.merge import merge_revert
from tasks.toolkit.recovery.revert import Wishes, revert_by_pull

from .conftest import make_log, make_project

VALUES = f"{CHART}/values.yaml"
CHART_FILE = f"{CHART}/Chart.yaml"
ONE_TO_TWO = {VALUES: ("replicas: 1", "replicas: 2")}
TWO_TO_ONE = {VALUES: ("replicas: 2", "replicas: 1")}
EXTRA = {CHART_FILE: ("description: ", "description: evil, ")}


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Give a maintainer's shell that keeps its incidents out of the clone."""
    return environ | {"STATE_DIR": str(tmp_path / "state")}


@pytest.fixture(autouse=True)
def merged(world: World) -> World:
    """Give a world where PR #42, which is merged, set the replicas to two by a merge commit."""
    world.merge_method = "merge"
    world.merge_pull("two-replicas", "feat: two replicas", ONE_TO_TWO, 42)
    return world


def revert(
    project: Project,
    log: IncidentLog,
    accepted: str = "",
    *,
    merge: bool = True,
) -> CheckedRevert | None:
    """Revert #42 as `rollback.revert` does."""
    bad = find_merged_pull(project, "42")
    found = revert_by_pull(project, log, bad, Wishes(accepted=accepted))
    if merge:
        merge_revert(project, log, found, bad)
    return found


def is_reverted(project: Project, log: IncidentLog, sha: str, accepted: str = "") -> bool:
    """Return whether a commit on main reverts another."""
    bad = find_commit(project, sha)
    tip, revision = fetch(project, bad)
    return was_reverted(project, log, bad, tip, revision, accepted)


def offer(
    world: World,
    branch: str,
    edits: dict[str, tuple[str, str]],
    fork: str = "",
    author: str = "",
    body: str = "",
) -> Pull:
    """Open a pull request from a branch with `edits` of main, in a fork or not."""
    world.git("switch", "--quiet", "--create", f"offer-{branch}", "main")
    world.commit("fix: go back", edits)
    ref = f"refs/forks/{fork}/{branch}" if fork else f"refs/heads/{branch}"
    world.git("push", "--quiet", "origin", f"HEAD:{ref}")
    world.git("switch", "--quiet", "main")
    return world.github.open_pull(branch, "main", "Revert it", body, author=author, fork=fork)


def push_to_revert(world: World) -> None:
    """Push another commit to the branch of our revert, as somebody else."""
    world.git("fetch", "--quiet", "origin", "revert-42-two-replicas")
    world.git("switch", "--quiet", "--detach", "FETCH_HEAD")
    world.commit("evil", EXTRA)
    world.git("push", "--quiet", "origin", "HEAD:revert-42-two-replicas")
    world.git("switch", "--quiet", "main")


def on_main(world: World, path: str = VALUES) -> str:
    return world.git("show", f"main:{path}", at=world.remote)


LOOK_ALIKES = [
    ({"fork": "mallory"}, "it comes from a fork, by mallory"),
    pytest.param(
        {"author": "former"},
        "former may not write to stianfro/threek8s",
        marks=pytest.mark.thorough,
    ),
]


@pytest.mark.parametrize(("whose", "reason"), LOOK_ALIKES)
def test_a_strangers_pull_request_is_left_alone_and_ours_is_opened_beside_it(
    world: World,
    project: Project,
    log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
    whose: dict[str, str],
    reason: str,
) -> None:
    stranger = offer(world, "revert-42-x", TWO_TO_ONE | EXTRA, **whose)
    for _ in range(2):
        found = revert(project, log)
        assert found and found.pull.number == 44
    assert f'#43 is not used as the revert of #42 "feat: two replicas": {reason}' in (
        capsys.readouterr().err
    )
    assert (stranger.state, world.github.pulls[44].state) == ("OPEN", "MERGED")
    assert "replicas: 1" in on_main(world)
    assert "evil" not in on_main(world, CHART_FILE)


@pytest.mark.thorough
def test_the_text_of_a_fork_makes_no_revert(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    text = f"Reverts {world.github.slug}#42"
    stranger = offer(world, "topic", TWO_TO_ONE | EXTRA, fork="mallory", body=text)
    with pytest.raises(Refused, match="#43 is not used as the revert"):
        revert(project, log, "43")
    revert(project, log)
    assert stranger.state == "OPEN"
    assert log.facts.revert == 44


@pytest.mark.thorough
@pytest.mark.parametrize("author", ["colleague", "github-actions[bot]"])
def test_the_revert_of_somebody_who_may_write_is_used(
    world: World,
    project: Project,
    log: IncidentLog,
    author: str,
) -> None:
    world.github.collaborators["colleague"] = "write"
    offer(world, "revert-42-x", TWO_TO_ONE, author=author)
    revert(project, log)
    assert sorted(world.github.pulls) == [42, 43]
    assert log.facts.compared == "exact"
    assert log.facts.good_commit == world.github.pulls[43].merge_sha


@pytest.mark.thorough
def test_a_revert_that_does_more_is_refused_until_it_is_named(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    offer(world, "revert-42-x", TWO_TO_ONE | EXTRA)
    before = world.snapshot()
    with pytest.raises(Refused) as refusal:
        revert(project, log)
    text = str(refusal.value)
    assert "#43 is open, but not exactly the revert" in text
    assert f"differs from what git reverts in {CHART_FILE}: " in text
    assert "add --accept 43" in text
    command = text.split("`")[1]
    assert "evil" in world.git(*command.split()[1:])
    with pytest.raises(BadInput, match="--accept 44 is not a revert of #42"):
        revert(project, log, "44")
    assert world.snapshot() == before
    revert(project, log, "43")
    assert "evil" in on_main(world, CHART_FILE)
    assert log.facts.compared == "accepted"
    found = revert(project, log)  # it need not be named again
    assert found and found.pull.number == 43
    assert sorted(world.github.pulls) == [42, 43]


@pytest.mark.thorough
def test_an_exact_revert_goes_before_one_that_does_more(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    world.github.revert(42)
    offer(world, "revert-42-y", TWO_TO_ONE | EXTRA)
    revert(project, log)
    assert world.github.pulls[43].state == "MERGED"
    assert world.github.pulls[44].state == "OPEN"


@pytest.mark.thorough
def test_a_revert_whose_conflict_was_resolved_by_hand_is_merged_only_when_it_is_named(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    world.commit("feat: three", {VALUES: ("replicas: 2", "replicas: 3")})
    world.git("push", "--quiet", "origin", "main")
    offer(world, "revert-42-x", {VALUES: ("replicas: 3", "replicas: 1")})
    with pytest.raises(Refused, match=f"resolved by hand.*it changes {VALUES}: `git diff "):
        revert(project, log)
    assert "replicas: 3" in on_main(world)
    revert(project, log, "43")
    assert "replicas: 1" in on_main(world)


@pytest.mark.thorough
def test_a_revert_that_is_behind_its_branch_is_merged_and_the_others_are_named(
    world: World,
    project: Project,
    log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.github.revert(42)
    world.commit("feat: a description", EXTRA)
    world.git("push", "--quiet", "origin", "main")
    revert(project, log)
    assert "replicas: 1" in on_main(world)
    revert(project, log)
    assert 'merged before #43, and published with it: "' in capsys.readouterr().err


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_pull_request_of_several_commits_is_compared_as_a_whole(
    world: World,
    project: Project,
    log: IncidentLog,
    method: str,
) -> None:
    world.git("switch", "--quiet", "--create", "two-commits")
    world.commit("feat: one more", {VALUES: ("replicas: 2", "replicas: 3")})
    world.commit("feat: a description", EXTRA)
    world.git("push", "--quiet", "origin", "two-commits")
    world.git("switch", "--quiet", "main")
    number = world.github.open_pull("two-commits", "main", "feat: both").number
    world.github.merge(number, method)
    bad = find_merged_pull(project, str(number))
    found = revert_by_pull(project, log, bad, Wishes())
    assert found and found.compared == "exact"
    merge_revert(project, log, found, bad)
    assert "replicas: 2" in on_main(world)
    assert "evil" not in on_main(world, CHART_FILE)


@pytest.mark.thorough
def test_a_head_that_moves_after_it_was_compared_is_not_merged(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    bad = find_merged_pull(project, "42")
    found = revert(project, log, merge=False)
    push_to_revert(world)
    with pytest.raises(Refused, match=r"somebody pushed to #43|Head branch was modified"):
        merge_revert(project, log, found, bad)
    with pytest.raises(Refused, match="differs from what git reverts"):
        revert(project, log)
    assert "replicas: 2" in on_main(world)


@pytest.mark.thorough
def test_what_somebody_else_merged_after_it_was_compared_is_compared_again(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    bad = find_merged_pull(project, "42")
    found = revert(project, log, merge=False)
    push_to_revert(world)
    world.github.merge(43)
    with pytest.raises(Refused, match="#43 is merged, but not exactly the revert"):
        merge_revert(project, log, found, bad)
    assert not log.facts.good_commit


@pytest.mark.thorough
def test_a_merged_look_alike_that_changed_something_else_is_no_revert(
    world: World,
    project: Project,
    log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    offer(world, "revert-42-x", EXTRA, fork="mallory")
    world.github.merge(43)
    revert(project, log)
    assert 'merged, but #42 "feat: two replicas" is on main' in capsys.readouterr().err
    assert world.github.pulls[44].state == "MERGED"
    assert "replicas: 1" in on_main(world)


@pytest.mark.thorough
def test_nothing_is_published_from_a_merged_revert_that_did_more_unless_it_is_named(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    offer(world, "revert-42-x", TWO_TO_ONE | EXTRA)
    world.github.merge(43)
    with pytest.raises(Refused, match=r"#43 is merged, but .* add --accept 43"):
        revert(project, log)
    assert not log.facts.good_commit
    revert(project, log, "43")
    assert log.facts.good_commit == world.github.pulls[43].merge_sha


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["reverted by a push", "pushed over"])
def test_a_merged_revert_that_was_undone_later_is_no_revert(
    world: World,
    project: Project,
    log: IncidentLog,
    how: str,
) -> None:
    revert(project, log)
    if how == "pushed over":
        world.git("push", "--quiet", "--force", "origin", "main")
    else:
        world.git("pull", "--quiet")
        world.commit("feat: two again", ONE_TO_TWO)
        world.git("push", "--quiet", "origin", "main")
    revert(project, log)
    assert world.github.pulls[44].state == "MERGED"
    assert "replicas: 1" in on_main(world)


@pytest.mark.thorough
def test_a_strangers_revert_of_our_revert_hides_it_by_name_only(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    revert(project, log)
    offer(world, "revert-43-x", EXTRA, fork="mallory")
    world.github.merge(44)
    found = revert(project, log)
    assert found and found.pull.number == 43


@pytest.mark.thorough
def test_a_fault_while_it_is_opened_makes_no_merged_stranger_the_revert(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    offer(world, "revert-42-x", EXTRA, fork="mallory")
    world.github.merge(43)
    answer = world.github.server.answer

    def failing(request: Request) -> Reply:
        if b"revertPullRequest" in request.body and not failed:
            failed.append(request.path)
            return BAD_GATEWAY
        return answer(request)

    failed: list[str] = []
    world.github.server.answer = failing
    revert(project, log)
    assert failed
    assert log.facts.revert == 44
    assert "replicas: 1" in on_main(world)


@pytest.mark.thorough
def test_what_is_pushed_after_it_was_shown_is_not_accepted(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    shown = offer(world, "revert-42-x", TWO_TO_ONE | EXTRA)
    with pytest.raises(Refused) as refused:
        revert(project, log)
    accepted = f"43@{shown.head_sha[:12]}"
    assert f"add --accept {accepted}" in str(refused.value)
    world.git("switch", "--quiet", "offer-revert-42-x")
    world.commit("fix: more", {CHART_FILE: ("evil", "worse")})
    world.git("push", "--quiet", "origin", "HEAD:revert-42-x")
    world.git("switch", "--quiet", "main")
    with pytest.raises(Refused, match="#43 is open, but not exactly the revert"):
        revert(project, log, accepted)
    assert shown.state == "OPEN"


@pytest.mark.thorough
def test_a_later_commit_that_says_it_reverts_hides_no_revert(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    bad = world.git("rev-parse", "main^2")
    good = world.commit(f"fix: x\n\nThis reverts commit {bad}.", TWO_TO_ONE)
    world.commit(f"docs: y\n\nThis reverts commit {bad}.", EXTRA)
    world.git("push", "--quiet", "origin", "main")
    assert is_reverted(project, log, bad)
    assert log.facts.good_commit == good


@pytest.mark.thorough
def test_a_shallow_clone_gets_its_history_first(
    world: World,
    environ: dict[str, str],
    tmp_path: Path,
) -> None:
    shallow = tmp_path / "shallow"
    world.git("clone", "--quiet", "--depth=1", f"file://{world.remote}", str(shallow))
    settings = {"REPO_DIR": str(shallow), "GITHUB_REPOSITORY": world.github.slug}
    project = make_project(environ | settings, tmp_path)
    revert(project, make_log(project))
    assert world.github.pulls[43].state == "MERGED"


@pytest.mark.thorough
def test_a_commit_that_only_says_it_reverts_another_is_not_believed(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    bad = world.git("rev-parse", "main^2")
    world.commit(f"docs: x\n\nThis reverts commit {bad}.", EXTRA)
    world.git("push", "--quiet", "origin", "main")
    assert not is_reverted(project, log, bad)


@pytest.mark.thorough
def test_a_commit_that_reverts_and_does_more_is_used_only_when_it_is_named(
    world: World,
    project: Project,
    log: IncidentLog,
) -> None:
    bad = world.git("rev-parse", "main^2")
    good = world.commit(f"fix: x\n\nThis reverts commit {bad}.", TWO_TO_ONE | EXTRA)
    world.git("push", "--quiet", "origin", "main")
    with pytest.raises(Refused, match=f"add --accept {good[:12]}"):
        is_reverted(project, log, bad)
    assert is_reverted(project, log, bad, good[:12])
    assert log.facts.good_commit == good


@pytest.mark.thorough
def test_a_branch_with_other_contents_is_not_used_for_the_revert_of_a_commit(
    world: World,
    project: Project,
    log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = world.git("rev-parse", "main^2")
    branch = f"revert-{bad[:12]}"
    world.git("switch", "--quiet", "--detach", "main")
    world.commit("evil", TWO_TO_ONE | EXTRA)
    world.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
    world.git("switch", "--quiet", "main")
    offer(world, branch, TWO_TO_ONE | EXTRA, fork="mallory")
    found = revert_by_pull(project, log, find_commit(project, bad), Wishes())
    assert found and (found.pull.head, found.pull.number) == (f"{branch}-2", 44)
    err = capsys.readouterr().err
    assert f"{branch} at origin is not used: it differs from what git reverts in {CHART}" in err
    assert "#43 is not used as the revert" in err


@pytest.mark.thorough
@pytest.mark.parametrize("drops", [False, True])
def test_a_merge_queue_is_used_and_its_answer_is_believed(
    world: World,
    project: Project,
    log: IncidentLog,
    drops: bool,
) -> None:
    queue = world.github.merge_queue
    queue.enabled = True
    queue.seconds = 0.2
    world.github.required_checks = ["lint"]
    world.github.check_seconds = 0.1
    if drops:
        queue.drops = frozenset([43])
        with pytest.raises(Refused, match="the merge queue gave #43 back"):
            revert(project, log)
        assert "replicas: 2" in on_main(world)
        return
    revert(project, log)
    assert "replicas: 1" in on_main(world)
    assert log.facts.good_commit == world.github.pulls[43].merge_sha


@pytest.mark.thorough
def test_what_the_queue_merges_first_is_named(
    world: World,
    project: Project,
    log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    queue = world.github.merge_queue
    queue.enabled = True
    bad = find_merged_pull(project, "42")
    found = revert(project, log, merge=False)
    world.commit("feat: a description", EXTRA)
    world.git("push", "--quiet", "origin", "main")
    merge_revert(project, log, found, bad)
    assert "feat: a description" in capsys.readouterr().err
    assert log.facts.compared == "exact"


@pytest.mark.thorough
def test_the_plan_of_a_new_revert_packages_all_of_its_commits(
    dry_project: Project,
    world: World,
) -> None:
    world.git("switch", "--quiet", "--create", "two-commits")
    world.commit("feat: one more", {VALUES: ("replicas: 2", "replicas: 3")})
    last = world.commit("feat: a description", EXTRA)
    world.git("push", "--quiet", "origin", "two-commits")
    world.git("switch", "--quiet", "main")
    number = world.github.open_pull("two-commits", "main", "feat: both").number
    world.github.merge(number, "rebase")
    log = make_log(dry_project)
    bad = find_merged_pull(dry_project, str(number))
    assert last != bad.commit
    found = revert_by_pull(dry_project, log, bad, Wishes())
    merge_revert(dry_project, log, found, bad)
    assert log.facts.planned_revert.endswith(f"..{bad.commit}")
