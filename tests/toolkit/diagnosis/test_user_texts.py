"""Which files are written for users, and what of them counts."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import CHART, World
from tasks.toolkit.core.recipes_files import MARK
from tasks.toolkit.diagnosis.user_texts import is_for_users, read_documents, read_notes
from tasks.toolkit.incident.project import Project

FOR_USERS = [
    "README.md",
    "README",
    "readme.txt",
    "RELEASING.md",
    ".github/README.md",
    "charts/x/README.md.gotmpl",
    "charts/x/templates/NOTES.txt",
    "charts/x/values.yaml",
    "charts/x/values-production.yml",
    "docs/a/b.mdx",
    "docs/guide.rst",
    "docs/guide.adoc",
    "docs/changing.md",
]
NOT_FOR_USERS = [
    "CHANGELOG.md",
    "docs/CHANGELOG-1.0.md",
    "HISTORY.rst",
    "release-notes.md",
    "docs/changelogs/1.0.md",
    "node_modules/x/README.md",
    "a/vendor/x/README.md",
    ".github/workflows/README.md",
    ".github/workflows/release.yml",
    "charts/x/Chart.yaml",
    "main.go",
    "docs/logo.png",
]


@pytest.mark.parametrize("path", FOR_USERS)
def test_documents_notes_and_values_are_for_users(path: str) -> None:
    assert is_for_users(path)


@pytest.mark.parametrize("path", NOT_FOR_USERS)
def test_history_code_and_what_others_wrote_are_not(path: str) -> None:
    assert not is_for_users(path)


def test_documents_are_those_of_the_commit_the_top_ones_first(
    world: World,
    project: Project,
) -> None:
    (world.clone / "docs").mkdir()
    (world.clone / "docs" / "a.md").write_text("a\n")
    (world.clone / "docs" / "huge.md").write_text("a" * (1 << 20) + "a")
    (world.clone / "docs" / "binary.md").write_bytes(b"\0\xff\n")
    for copy in (world.clone, world.clone / "rollback"):
        mark = copy / MARK  # of the recipes
        mark.parent.mkdir(parents=True)
        mark.write_text("")
        (mark.parent / "README.md").write_text("of the sandbox\n")
    (world.clone / "rollback" / "README.md").write_text("of the recipes\n")
    values = world.clone / CHART / "values.yaml"
    values.write_text("image: a\n  # comment\nb: c # too\n")
    world.commit("docs: more")
    (world.clone / "docs" / "a.md").write_text("not committed\n")
    texts = read_documents(project, world.git("rev-parse", "HEAD"))
    assert list(texts) == [
        "README.md",
        "docs/a.md",
        "docs/binary.md",
        f"{CHART}/values.yaml",
        f"{CHART}/templates/NOTES.txt",
    ]
    assert texts["docs/a.md"] == "a\n"
    assert texts[f"{CHART}/values.yaml"] == "\n  # comment\nb: c # too\n"


def test_the_notes_are_those_of_the_newest_release(world: World, project: Project) -> None:
    assert read_notes(project) == ({}, "")
    for version in ("1.6.0", "1.7.0"):
        world.git("tag", f"v{version}")
        world.git("push", "--quiet", "origin", f"v{version}")
        world.github.create_release(f"v{version}", f"v{version}", f"New in {version}\n")
    assert read_notes(project) == ({"notes of v1.7.0": "New in 1.7.0\n"}, "")


@pytest.mark.thorough
def test_a_tag_without_a_release_has_no_notes(world: World, project: Project) -> None:
    world.git("tag", "v1.6.0")
    world.git("push", "--quiet", "origin", "v1.6.0")
    assert read_notes(project) == ({"notes of v1.6.0": ""}, "")
