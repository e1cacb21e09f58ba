"""Merge and revert pull requests in git, as GitHub does.

https://docs.github.com/en/pull-requests/collaborating-with-pull-requests
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .records import Pull, Refusal, now
from .repository import Repository


def head_ref(pull: Pull) -> str:
    """Return the ref of the head of a pull request."""
    if pull.fork:
        return f"refs/forks/{pull.fork}/{pull.head}"
    return f"refs/heads/{pull.head}"


def ensure_openable(repository: Repository, pull: Pull, others: Iterable[Pull]) -> None:
    """Raise Refusal unless a pull request has commits, and is not open already."""
    refs = repository.refs()
    tip = refs.get(head_ref(pull))
    base = refs.get(f"refs/heads/{pull.base}")
    if not tip or not base or not repository.git("rev-list", f"{base}..{tip}"):
        raise Refusal(f"No commits between {pull.base} and {pull.head}")
    for other in others:
        is_same = (other.fork, other.head, other.base) == (pull.fork, pull.head, pull.base)
        if is_same and other.state == "OPEN":
            owner = pull.fork or repository.owner
            raise Refusal(f"A pull request already exists for {owner}:{pull.head}.")


def follow(repository: Repository, pull: Pull, refs: Mapping[str, str]) -> None:
    """Take a new tip of the head, which can be fetched as refs/pull/N/head."""
    before = pull.head_sha
    pull.follow(refs.get(head_ref(pull)))
    if pull.head_sha != before:
        repository.git("update-ref", f"refs/pull/{pull.number}/head", pull.head_sha)


def merge(repository: Repository, pull: Pull, method: str, headline: str = "") -> None:
    """Merge a pull request by `merge`, `squash` or `rebase`. Raises Refusal for conflicts.

    The `headline` is the subject of the commit, unless there are several.
    """
    branch = f"refs/heads/{pull.base}"
    tip = repository.refs()[branch]
    merged = METHODS[method](repository, pull, tip, headline)
    repository.git("update-ref", branch, merged, tip)
    pull.base_sha = tip
    pull.merge_sha = merged
    pull.merged_at = now()
    pull.state = "MERGED"


def _merge(repository: Repository, pull: Pull, tip: str, headline: str) -> str:
    tree = _merged_tree(repository, pull, tip)
    default = f"Merge pull request #{pull.number} from {repository.owner}/{pull.head}"
    subject = headline or default
    message = f"{subject}\n\n{pull.title}"
    return repository.commit_tree(tree, message, tip, pull.head_sha)


def _squash(repository: Repository, pull: Pull, tip: str, headline: str) -> str:
    """Squash as GitHub's setting "pull request title, or commit title for one commit" has it."""
    tree = _merged_tree(repository, pull, tip)
    commits = repository.git("rev-list", f"{tip}..{pull.head_sha}").split()
    title, body = pull.title, ""
    if len(commits) == 1:
        title, _, body = repository.git("log", "-1", "--format=%B", *commits).partition("\n\n")
    subject = headline or f"{title} (#{pull.number})"
    return repository.commit_tree(tree, f"{subject}\n\n{body}".strip(), tip)


def _rebase(repository: Repository, pull: Pull, tip: str, _: str) -> str:
    added = f"{tip}..{pull.head_sha}"
    commits = repository.git("rev-list", "--reverse", "--no-merges", added)
    for commit in commits.split():
        tree = repository.merge_trees(f"{commit}^", tip, commit)
        message = repository.git("log", "-1", "--format=%B", commit)
        tip = repository.commit_tree(tree, message, tip, author_of=commit)
    return tip


def _merged_tree(repository: Repository, pull: Pull, tip: str) -> str:
    base = repository.git("merge-base", tip, pull.head_sha)
    return repository.merge_trees(base, tip, pull.head_sha)


CHANGE_TYPES = {
    "A": "ADDED",
    "C": "COPIED",
    "D": "DELETED",
    "M": "MODIFIED",
    "R": "RENAMED",
    "T": "CHANGED",
}
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
    diff = ("diff", "--find-renames", "-z")
    types = _change_types(repository.git(*diff, "--name-status", *revisions))
    words = iter(repository.git(*diff, "--numstat", *revisions).split("\0")[:-1])
    files = []
    for word in words:
        additions, deletions, path = word.split("\t")
        if not path:  # renamed: the old and the new path follow
            next(words)
            path = next(words)
        file = {
            "path": path,
            "changeType": types[path],
            "additions": int(additions.replace("-", "0")),  # of a binary file: "-"
            "deletions": int(deletions.replace("-", "0")),
        }
        files.append(file)
    return files


def _change_types(name_status: str) -> dict[str, str]:
    """Return how files changed by their paths, from git's output of statuses and paths."""
    words = iter(name_status.split("\0")[:-1])
    types = {}
    for status in words:
        path = next(words)
        if status[0] in "CR":  # then the new path follows
            path = next(words)
        types[path] = CHANGE_TYPES[status[0]]
    return types
