"""Which changes may have caused the trouble, and which is the likeliest."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import CHART, WORKFLOW, World
from tasks.toolkit.clients.git.landings import Landing
from tasks.toolkit.diagnosis.change import Change, Position, likeliest
from tasks.toolkit.diagnosis.changes import Changes, is_revert
from tasks.toolkit.diagnosis.failure import Failure
from tasks.toolkit.diagnosis.trouble import find_trouble
from tasks.toolkit.incident.project import Project

from .staging import VALUES, add_release, merge_pull, publish
from .values import run

LINT_FAILED = Failure(run(7, "v1.7.0", "failure"), is_about_chart=True)
LOGIN_FAILED = Failure(run(7, "v1.7.0", "failure"), is_about_chart=False)
FIRED = [
    (["publish"], None, {"workflow": 0, "versions": 1, "chart": 1, "log": 2}),
    (["publish"], LOGIN_FAILED, {"workflow": 0, "versions": 1, "chart": 1, "log": 2}),
    (["publish", "users"], LINT_FAILED, {"workflow": 0, "versions": 0, "chart": 0, "log": 1}),
    (["versions", "users"], None, {"workflow": 0, "versions": 0, "chart": 1, "log": 2}),
    (["users"], None, {"chart": 0, "versions": 0, "workflow": 1, "log": 2}),
]


@pytest.mark.parametrize(("fired", "failure", "expected"), FIRED)
def test_the_likeliest_change_depends_on_what_fired(
    fired: list[str], failure: Failure | None, expected: dict[str, int]
) -> None:
    order = likeliest(fired, failure)
    landing = Landing("c", ("p",), "feat: x", ())
    ranks = {}
    for kind in expected:
        ranks[kind] = Change(landing, Position.WITHIN, {kind: ("file",)}, order).rank
    assert ranks == expected


def test_of_a_change_the_likeliest_kind_of_files_decides() -> None:
    files = {"chart": ("values.yaml",), "workflow": ("a.yml", "b.yml")}
    landing = Landing("c", ("p",), "feat: x", ())
    of_run = Change(landing, Position.WITHIN, files, likeliest(["publish"], None))
    assert of_run.decisive_files == ["a.yml", "b.yml"]
    of_users = Change(landing, Position.WITHIN, files, likeliest(["users"], None))
    assert of_users.decisive_files == ["values.yaml"]


SUBJECTS = [
    ('Revert "feat: x"', True),
    ('fix: revert "feat: x"', True),
    ("fix(ci)!: revert the path", True),
    ("feat: x\n\nThis reverts commit " + "a" * 40 + ".", True),
    ("feat: reverted lists", False),
    ("docs: how to revert a release", False),
]


@pytest.mark.parametrize(("message", "expected"), SUBJECTS)
def test_a_revert_says_so_in_its_title_or_its_message(message: str, expected: bool) -> None:
    assert is_revert(Landing("c", ("p",), message, ())) is expected


def candidates(
    world: World, project: Project, *fired: str, named: set[str] | None = None
) -> list[tuple[str, Position, int]]:
    """Return title, position and rank of the changes that may have caused what fired."""
    trouble = find_trouble(project, project.releases.newest()[0], fired)
    tip = world.git("rev-parse", "origin/main")
    changes = Changes(project, trouble, tip, named or set())
    found = changes.candidates(likeliest(fired, None))
    return [(change.landing.subject, change.position, change.rank) for change in found]


def edit(number: int) -> dict[str, tuple[str, str]]:
    return {VALUES: (f"replicas: {number}", f"replicas: {number + 1}")}


@pytest.fixture
def staged(world: World) -> World:
    """Give a sandbox in which the workflow, the chart and others changed since a good release."""
    add_release(world, "1.6.1", "1.6.0", hours=6)
    publish(world, "1.6.1")
    merge_pull(world, 41, "feat: two replicas", edit(1), hours=5)
    name = {WORKFLOW: ("name: Publish Helm Chart", "name: Publish the chart")}
    merge_pull(world, 42, "ci: a name", name, hours=5)
    readme = {"README.md": ("# threek8s", "# Threek8s")}
    merge_pull(world, 43, "docs: a title", readme, hours=5)
    add_release(world, "1.7.0", "1.6.1", hours=4, conclusion="failure")
    world.commit("feat: three replicas", edit(2))
    add_release(world, "1.7.1", "1.7.0", hours=3, conclusion="failure")
    world.commit("feat: four replicas", edit(3))
    world.git("push", "--quiet", "origin", "main")
    return world


@pytest.mark.thorough
def test_changes_of_the_first_bad_release_come_first_and_releases_and_documents_are_none(
    staged: World, project: Project
) -> None:
    (staged.clone / CHART / "NOTES.md").write_text("# Of the chart\n")
    staged.commit("docs: the chart")
    staged.git("push", "--quiet", "origin", "main")
    within, after, later = Position
    assert candidates(staged, project, "publish") == [
        ("ci: a name (#42)", within, 0),
        ("feat: two replicas (#41)", within, 1),
        ("feat: three replicas", after, 1),
        ("feat: four replicas", later, 1),
    ]
    named = candidates(staged, project, "publish", named={"README.md"})
    assert named[2] == ("docs: a title (#43)", within, 2)


@pytest.mark.thorough
def test_a_workflow_that_calls_belongs_to_the_workflow(staged: World, project: Project) -> None:
    caller = staged.clone / ".github" / "workflows" / "release.yml"
    uses = f"on: push\njobs:\n  publish:\n    uses: ./{WORKFLOW}\n"
    caller.write_text(uses)
    (caller.parent / "other.yml").write_text(uses.replace(f"./{WORKFLOW}", "./other.yml"))
    staged.commit("ci: call it")
    add_release(staged, "1.7.2", "1.7.1", hours=2, conclusion="failure")
    assert ("ci: call it", Position.AFTER, 0) in candidates(staged, project, "publish")


RELEASES = [
    ("version: 1.7.0\nappVersion: 1.7.0", True),
    ("version: 1.7.0\nappVersion: 1.6.1", True),  # as if nobody bumped it
    ("version: 1.7.0\nappVersion: 1.5.0", False),
    ("version: 1.9.0\nappVersion: 1.9.0", False),  # of no release
]


@pytest.mark.parametrize(("versions", "is_release"), RELEASES)
@pytest.mark.thorough
def test_what_only_sets_the_version_of_a_release_is_no_candidate(
    world: World, project: Project, versions: str, is_release: bool
) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=6)
    publish(world, "1.6.1")
    old = "version: 1.6.1\nappVersion: 1.6.1"
    world.commit("chore: versions", {f"{CHART}/Chart.yaml": (old, versions)})
    if versions.startswith("version: 1.7.0"):
        world.git("tag", "v1.7.0")
        world.git("push", "--quiet", "origin", "main", "v1.7.0")
        world.github.actions.disabled = True
        world.github.create_release("v1.7.0", "v1.7.0", "")
    else:
        add_release(world, "2.0.0", "1.9.0", hours=1, conclusion="failure")
    found = candidates(world, project, "publish")
    expected = [] if is_release else [("chore: versions", Position.WITHIN, 1)]
    assert found == expected


@pytest.mark.thorough
def test_a_release_that_also_changes_the_chart_is_a_candidate(
    world: World, project: Project
) -> None:
    add_release(world, "1.6.1", "1.6.0", hours=6)
    publish(world, "1.6.1")
    file = world.clone / VALUES
    file.write_text(file.read_text().replace("replicas: 1", "replicas: 2"))
    add_release(world, "1.7.0", "1.6.1", hours=1, conclusion="failure")
    title = "chore(main): release 1.7.0"
    assert candidates(world, project, "publish") == [(title, Position.WITHIN, 1)]


@pytest.mark.thorough
def test_a_revert_is_a_candidate_only_if_what_it_reverts_was_sound(
    world: World, project: Project
) -> None:
    merge_pull(world, 41, "fix: two replicas", edit(1), hours=7)
    add_release(world, "1.6.1", "1.6.0", hours=6)
    publish(world, "1.6.1")
    name = {WORKFLOW: ("name: Publish Helm Chart", "name: Publish the chart")}
    merge_pull(world, 42, "ci: a name", name, hours=5)
    for number in (41, 42):
        world.github.merge(world.github.revert(number).number)
        world.git("pull", "--quiet")
    add_release(world, "1.7.0", "1.6.1", hours=4, conclusion="failure")
    found = candidates(world, project, "publish")
    assert found == [
        ("ci: a name (#42)", Position.WITHIN, 0),  # what became of it is another question
        ('Revert "fix: two replicas"', Position.WITHIN, 1),
    ]
