"""Check that the clone's origin is the repository that GITHUB_REPOSITORY names, not a fork.

What GitHub merges and releases never arrives in a fork.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from ..clients.git.repository import Repository
from ..clients.github.client import GitHub
from ..core.errors import Refused
from ..core.settings import Settings


def ensure_own_origin(git: Repository, github: GitHub, settings: Settings) -> None:
    """Refuse an origin that is another repository than the one that is set.

    A URL that is not one of GitHub, such as a mirror's, proves nothing. A repository that was
    renamed has two names. Raises Refused, ServiceError.
    """
    wanted = settings.github_repository
    if not wanted:  # it is taken from origin
        return
    host = urlsplit(settings.github_server_url).hostname or ""
    for name in sorted(git.origin.repositories(host)):
        if name.lower() == wanted.lower():
            continue
        if github.current_name(name) != github.current_name(wanted):
            url = f"{settings.github_server_url}/{wanted}.git"
            advice = f"set it to {name}; or `git remote set-url origin {url}`; or set REPO_DIR"
            raise Refused(f"GITHUB_REPOSITORY is {wanted}, but origin is {name}", advice)
