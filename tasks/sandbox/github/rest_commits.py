"""Commits and branches in the REST API: https://docs.github.com/en/rest/commits."""

from __future__ import annotations

import subprocess

from .records import Pull, Refusal, is_older, json_value
from .rest import Json, Routes
from .rest_objects import show_user
from .state import State


def _list_pulls(github: State, commit: str) -> list[Json]:
    """List the merged pull requests that brought a commit to the default branch."""
    git = github.repository.git
    try:
        git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}")
    except subprocess.CalledProcessError:
        raise Refusal(f"No commit found for SHA: {commit}") from None
    found = []
    for pull in github.pulls.values():
        if not pull.merged_at or not is_older(pull.merged_at, github.lag):
            continue
        brought = git("rev-list", f"{pull.base_sha}..{pull.merge_sha}").split()
        if commit in brought:
            found.append(_show_pull(github, pull))
    return found


def _show_pull(github: State, pull: Pull) -> Json:
    repository = github.repository
    state = "open" if pull.state == "OPEN" else "closed"
    return {
        "number": pull.number,
        "title": pull.title,
        "body": pull.body,
        "state": state,
        "draft": pull.is_draft,
        "user": show_user(pull.author),
        "html_url": f"{repository.url}/pull/{pull.number}",
        "created_at": json_value(pull.created_at),
        "merged_at": json_value(pull.merged_at),
        "merge_commit_sha": pull.merge_sha,
    }


def _get_branch(github: State, branch: str) -> Json:
    repository = github.repository
    url = f"{repository.api_url}/branches/{branch}"
    commit = repository.refs()[f"refs/heads/{branch}"]
    names = github.required_checks
    required = {
        "enforcement_level": "non_admins" if names else "off",
        "contexts": names,
        "checks": [{"context": name, "app_id": None} for name in names],
    }
    return {
        "name": branch,
        "commit": {"sha": commit, "url": f"{repository.api_url}/commits/{commit}"},
        "protected": bool(names),
        "protection": {"enabled": bool(names), "required_status_checks": required},
        "protection_url": f"{url}/protection",
    }


COMMIT_ROUTES: Routes = {
    "GET REPO/branches/(?P<branch>.+)": _get_branch,
    "GET REPO/rules/branches/.+": lambda *_: [],  # the branch is protected in the older way
    "GET REPO/commits/(?P<commit>[0-9a-f]{40})/pulls": _list_pulls,
}
