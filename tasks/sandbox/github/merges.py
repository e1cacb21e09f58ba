"""Merge and revert pull requests in git, as GitHub does.

https://docs.github.com/en/pull-requests/collaborating-with-pull-requests
"""

from __future__ import annotations

from typing import Any

from .records import Pull, Refusal, now
from .repository import Repository


def merge(repository: Repository, pull: Pull, method: str) -> None:
    """Merge a pull request by `merge`, `squash` or `rebase`. Raises Refusal for conflicts."""
    branch = f"refs/heads/{pull.base}"
    tip = repository.refs()[branch]
    merged = METHODS[method](repository, pull, tip)
    repository.git("update-ref", branch, merged, tip)
    pull.base_sha = tip
    pull.merge_sha = merged
    pull.merged_at = now()
    pull.state = "MERGED"


def _merge(repository: Repository, pull: Pull, tip: str) -> str:
    tree = _merged_tree(repository, pull, tip)
    subject = f"Merge pull request #{pull.number} from {repository.owner}/{pull.head}"
    message = f"{subject}\n\n{pull.title}"
    return repository.commit_tree(tree, message, tip, pull.head_sha)


def _squash(repository: Repository, pull: Pull, tip: str) -> str:
    tree = _merged_tree(repository, pull, tip)
    message = f"{pull.title} (#{pull.number})"
    return repository.commit_tree(tree, message, tip)


def _rebase(repository: Repository, pull: Pull, tip: str) -> str:
    added = f"{tip}..{pull.head_sha}"
    commits = repository.git("rev-list", "--reverse", "--no-merges", added)
    for commit in commits.split():
        tree = repository.merge_trees(f"{commit}^", tip, commit)
        message = repository.git("log", "-1", "--format=%B", commit)
        tip = repository.commit_tree(tree, message, tip)
    return tip


def _merged_tree(repository: Repository, pull: Pull, tip: str) -> str:
    base = repository.git("merge-base", tip, pull.head_sha)
    return repository.merge_trees(base, tip, pull.head_sha)


METHODS = {"merge": _merge, "squash": _squash, "rebase": _rebase}


def merge_state(repository: Repository, pull: Pull, blocked: bool) -> str:
    """Return GitHub's mergeStateStatus of a pull request, which its base may block."""
    if pull.state != "OPEN":
        return "UNKNOWN"
    try:
        _merged_tree(repository, pull, pull.base)
    except Refusal:
        return "DIRTY"
    if pull.is_draft:
        return "DRAFT"
    if blocked:
        return "BLOCKED"
    if all(map(pull.succeeded, pull.checks)):
        return "CLEAN"
    return "UNSTABLE"


def revert(repository: Repository, pull: Pull) -> str:
    """Make a branch that reverts a merged pull request, and return its name.

    Raises Refusal if there are conflicts, or nothing to revert.
    """
    refusal = Refusal("Was unable to revert PR.")
    if not pull.merge_sha:
        raise refusal
    try:
        tree = repository.merge_trees(pull.merge_sha, pull.base, pull.base_sha)
    except Refusal:
        raise refusal from None
    if tree == repository.git("rev-parse", f"{pull.base}^{{tree}}"):
        raise refusal
    subject = repository.subject(pull.merge_sha)
    message = f'Revert "{subject}"\n\nThis reverts commit {pull.merge_sha}.'
    commit = repository.commit_tree(tree, message, pull.base)
    branch = f"revert-{pull.number}-{pull.head}"
    while f"refs/heads/{branch}" in repository.refs():
        branch += "-1"
    repository.git("branch", branch, commit)
    return branch


def changed_files(repository: Repository, pull: Pull, **_options: int) -> list[dict[str, Any]]:
    """Return the fields of a PullRequestChangedFile for each file that a pull request changes."""
    revisions = [f"{pull.base}...{pull.head_sha}"]
    if pull.merge_sha:
        revisions = [pull.base_sha, pull.merge_sha]
    files = []
    for line in repository.git("diff", "--numstat", *revisions).splitlines():
        additions, deletions, path = line.split("\t")
        file = {
            "path": path,
            "changeType": "MODIFIED",
            "additions": int(additions),
            "deletions": int(deletions),
        }
        files.append(file)
    return files
