"""The repository of a rehearsal has what a release works with, and shares nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tasks.sandbox.errors import BadOption
from tasks.sandbox.rehearsal.plan import Plan
from tasks.sandbox.rehearsal.remote import make_remote

WORKFLOW = "steps: [{run: git checkout origin/pages-2 index.yaml}]\n"


def git(folder: Path, *args: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a"]
    argv = ["git", "-C", str(folder), *identity, *args]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone of a repository with the branches main, pages, pages-2, gh-pages and old."""
    origin = tmp_path / "origin"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(origin))
    file = origin / ".github/workflows/release.yml"
    file.parent.mkdir(parents=True)
    file.write_text(WORKFLOW)
    git(origin, "add", "--all")
    git(origin, "commit", "--quiet", "--message=first")
    for branch in ("pages", "pages-2", "gh-pages", "old"):
        git(origin, "branch", branch)
    git(tmp_path, "clone", "--quiet", str(origin), "clone")
    return tmp_path / "clone"


def plan_for(clone: Path) -> Plan:
    commit = git(clone, "rev-parse", "HEAD")
    return Plan(
        clone, "o/x", "main", commit, "release.yml", "push", "refs/heads/main", "v1", "1.0.0"
    )


def test_branches_that_workflows_name_are_there_and_no_others(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "remote").mkdir()
    refs = make_remote(plan_for(clone), tmp_path / "remote").refs()
    assert set(refs) == {"refs/heads/main", "refs/heads/pages-2", "refs/heads/gh-pages"}


def test_a_clone_without_all_objects_is_refused_in_words(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "remote").mkdir()
    blob = git(clone, "rev-parse", "HEAD:.github/workflows/release.yml")
    plan = plan_for(clone)
    (clone / "other").write_text("other")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message=second")
    other = git(clone, "rev-parse", "HEAD:other")
    for name in (blob, other):
        (clone / ".git/objects" / name[:2] / name[2:]).unlink()
    with pytest.raises(BadOption, match="lacks objects"):
        make_remote(plan, tmp_path / "remote")
