"""The repository of a rehearsal: the commits of the person's clone, and the release's own."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from ..errors import BadOption
from ..github.repository import Repository
from .plan import Plan

OF_ORIGIN = "refs/remotes/origin/"
FILES = ".github/"
PAGES = "gh-pages "  # chart-releaser's branch, which no file needs to name
SETTINGS = {  # steps may push, but neither fill the disk nor leave a process behind
    "http.receivepack": "true",
    "receive.maxInputSize": "128m",
    "receive.autogc": "false",
    "gc.auto": "0",
    "core.hooksPath": "/dev/null",
}


def make_remote(plan: Plan, folder: Path) -> Repository:
    """Return a bare repository with the commit to release at the default branch, and all tags.

    It has the branches of origin, too, that files in .github name. It shares nothing with the
    clone: no configuration, no hooks, no objects. Raises BadOption if the clone is incomplete.
    """
    branch = f"refs/heads/{plan.default_branch}"
    _git(folder, "init", "--quiet", "--bare", f"--initial-branch={plan.default_branch}")
    refs = [f"{plan.commit}:{branch}", "refs/tags/*:refs/tags/*"]
    fetch = ["fetch", "--quiet", "--no-tags", "--update-shallow", str(plan.clone)]
    try:
        refs += [f"{OF_ORIGIN}{name}:refs/heads/{name}" for name in _named_branches(plan)]
        _git(folder, *fetch, *refs)
    except subprocess.CalledProcessError as error:
        raise BadOption(_describe_failure(plan, error)) from error
    repository = Repository(folder, plan.slug)
    for name, value in SETTINGS.items():
        repository.git("config", name, value)
    if plan.edits:
        released = _commit(repository, plan, folder)
        repository.git("update-ref", branch, released)
    if plan.ref.startswith("refs/tags/"):
        repository.git("update-ref", plan.ref, branch)
    return repository


def _describe_failure(plan: Plan, error: subprocess.CalledProcessError) -> str:
    """Return why the clone could not be copied, which is most likely a partial clone."""
    lines = str(error.stderr).strip().splitlines()
    why = lines[0] if lines else "git said nothing"
    return f"{plan.clone} lacks objects of its commits ({why}): make a complete clone, git clone"


def _named_branches(plan: Plan) -> list[str]:
    """Return the branches of origin, as the clone has them, that a release may work with."""
    clone = plan.clone
    texts = [PAGES]
    paths = _git(clone, "ls-tree", "-r", "--name-only", plan.commit, FILES)
    for path in paths.splitlines():
        text = _git(clone, "show", f"{plan.commit}:{path}")
        texts.append(text)
    words = "\n".join(texts)
    listed = _git(clone, "for-each-ref", "--format=%(refname)", OF_ORIGIN)
    found = []
    for line in listed.splitlines():
        name = line.removeprefix(OF_ORIGIN)
        is_other = name not in (plan.default_branch, "HEAD")
        if is_other and _is_word_in(name, words):
            found.append(name)
    return found


def _is_word_in(name: str, text: str) -> bool:
    pattern = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
    return re.search(pattern, text) is not None


def own_actions(repository: Repository, commit: str) -> dict[str, str]:
    """Return the texts of the repository's own actions at a commit by path."""
    texts = {}
    for path in repository.git("ls-tree", "-r", "--name-only", commit).splitlines():
        if path.rpartition("/")[2] in ("action.yml", "action.yaml"):
            texts[path] = repository.git("show", f"{commit}:{path}")
    return texts


def _git(folder: Path, *args: str) -> str:
    argv = ["git", "-C", str(folder), *args]
    return subprocess.run(argv, check=True, capture_output=True, text=True, errors="replace").stdout


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
