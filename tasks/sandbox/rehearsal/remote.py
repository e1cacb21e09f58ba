"""The repository of a rehearsal: the commits of the person's clone, and the release's own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ..github.repository import Repository
from .plan import Plan


def make_remote(plan: Plan, folder: Path) -> Repository:
    """Return a bare repository with the commit to release at the default branch, and all tags.

    It shares nothing with the clone: no configuration, no hooks, no objects. Raises
    CalledProcessError if git cannot read the commit.
    """
    branch = f"refs/heads/{plan.default_branch}"
    _git(folder, "init", "--quiet", "--bare", f"--initial-branch={plan.default_branch}")
    refs = [f"{plan.commit}:{branch}", "refs/tags/*:refs/tags/*"]
    _git(folder, "fetch", "--quiet", "--no-tags", "--update-shallow", str(plan.clone), *refs)
    repository = Repository(folder, plan.slug)
    repository.git("config", "http.receivepack", "true")
    if plan.edits:
        released = _commit(repository, plan, folder)
        repository.git("update-ref", branch, released)
    if plan.ref.startswith("refs/tags/"):
        repository.git("update-ref", plan.ref, branch)
    return repository


def own_actions(repository: Repository, commit: str) -> dict[str, str]:
    """Return the texts of the repository's own actions at a commit by path."""
    texts = {}
    for path in repository.git("ls-tree", "-r", "--name-only", commit).splitlines():
        if path.rpartition("/")[2] in ("action.yml", "action.yaml"):
            texts[path] = repository.git("show", f"{commit}:{path}")
    return texts


def _git(folder: Path, *args: str) -> None:
    subprocess.run(["git", "-C", str(folder), *args], check=True, capture_output=True, text=True)


def _commit(repository: Repository, plan: Plan, folder: Path) -> str:
    """Make the release's own commit, and return it."""
    env = {"GIT_INDEX_FILE": str(folder / "rehearsal.index")}
    repository.git("read-tree", plan.commit, env=env)
    for path, text in plan.edits.items():
        file = folder / "rehearsal.blob"
        file.write_text(text, newline="")
        blob = repository.git("hash-object", "-w", "--no-filters", str(file))
        entry = f"{_mode(repository, plan.commit, path)},{blob},{path}"
        repository.git("update-index", "--add", "--cacheinfo", entry, env=env)
    tree = repository.git("write-tree", env=env)
    return repository.commit_tree(tree, plan.message, plan.commit)


def _mode(repository: Repository, commit: str, path: str) -> str:
    listed = repository.git("ls-tree", commit, "--", path)
    return listed.split()[0] if listed else "100644"
