"""What GitHub repeats in its REST answers: users, repositories, commits, and their addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from .records import json_value
from .repository import Repository

Json = dict[str, Any]
API = "https://api.github.com"
CREATED = "2020-01-01T00:00:00Z"  # when all was made whose time of creation nobody reads
USER_PATHS = {
    "events": "events{/privacy}",
    "followers": "followers",
    "following": "following{/other_user}",
    "gists": "gists{/gist_id}",
    "organizations": "orgs",
    "received_events": "received_events",
    "repos": "repos",
    "starred": "starred{/owner}{/repo}",
    "subscriptions": "subscriptions",
}
REPOSITORY_LISTS = (
    *("contributors", "deployments", "downloads", "events", "forks", "hooks", "languages"),
    *("merges", "stargazers", "subscribers", "subscription", "tags", "teams"),
)
REPOSITORY_PATHS = {
    "archive": "{archive_format}{/ref}",
    "assignees": "assignees{/user}",
    "blobs": "git/blobs{/sha}",
    "branches": "branches{/branch}",
    "collaborators": "collaborators{/collaborator}",
    "comments": "comments{/number}",
    "commits": "commits{/sha}",
    "compare": "compare/{base}...{head}",
    "contents": "contents/{+path}",
    "git_commits": "git/commits{/sha}",
    "git_refs": "git/refs{/sha}",
    "git_tags": "git/tags{/sha}",
    "issue_comment": "issues/comments{/number}",
    "issue_events": "issues/events{/number}",
    "issues": "issues{/number}",
    "keys": "keys{/key_id}",
    "labels": "labels{/name}",
    "milestones": "milestones{/number}",
    "notifications": "notifications{?since,all,participating}",
    "pulls": "pulls{/number}",
    "releases": "releases{/id}",
    "statuses": "statuses/{sha}",
    "trees": "git/trees{/sha}",
    **{name: name for name in REPOSITORY_LISTS},
}


def number_of(name: str) -> int:
    """Return a number that stays the same for a name."""
    return crc32(name.encode())


def show_user(login: str) -> Json:
    """Return a user as other answers hold it."""
    url = f"{API}/users/{login}"
    return {
        "login": login,
        "id": number_of(login),
        "node_id": f"U_{login}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{number_of(login)}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"https://github.com/{login}",
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
        **{f"{name}_url": f"{url}/{path}" for name, path in USER_PATHS.items()},
    }


def show_repository(repository: Repository) -> Json:
    """Return a repository as other answers hold it."""
    url = repository.api_url
    return {
        "id": number_of(repository.slug),
        "node_id": "R_1",
        "name": repository.name,
        "full_name": repository.slug,
        "owner": show_user(repository.owner),
        "private": False,
        "fork": False,
        "description": None,
        "url": url,
        "html_url": repository.url,
        **{f"{name}_url": f"{url}/{path}" for name, path in REPOSITORY_PATHS.items()},
    }


def show_commit(repository: Repository, commit: str) -> Json:
    """Return a commit as other answers hold it."""
    columns = "%T%n%ct%n%an%n%ae%n%cn%n%ce%n%B"
    lines = repository.git("log", "-1", f"--format={columns}", commit).split("\n", 6)
    tree, seconds, author, author_email, committer, committer_email, message = lines
    return {
        "id": commit,
        "tree_id": tree,
        "message": message,
        "timestamp": json_value(datetime.fromtimestamp(int(seconds), UTC)),
        "author": {"name": author, "email": author_email},
        "committer": {"name": committer, "email": committer_email},
    }
