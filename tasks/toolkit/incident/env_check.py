"""Check that git ignores the file of settings before it is read: it may hold a token."""

from __future__ import annotations

from pathlib import Path

from ..clients.git.tracking import tracking_of
from ..clients.process import ProcessRunner
from ..core.errors import Refused
from ..core.shell import quote


def check_env_file(runner: ProcessRunner, file: Path) -> list[str]:
    """Return a warning if git does not ignore `file`. Raises Refused if git tracks it.

    Whoever can push to the repository would decide where the token goes. One that is no regular
    file, such as a pipe, is in no repository. Raises ServiceError if git cannot tell.
    """
    if not file.is_file():
        return []
    file = file.resolve()
    tracking = tracking_of(runner, file, untracked=True)
    name = quote(file.name)
    folder = quote(str(file.parent))
    if tracking.tracked:
        what = f"git tracks {file}: whoever can push decides where your token goes"
        untrack = f"git -C {folder} rm --cached {name}"
        raise Refused(what, f"`{untrack}`, commit that, and revoke a token that was in it")
    if tracking.unignored:
        fix = f"echo {name} >> {quote(str(file.parent / '.gitignore'))}"
        return [f"git does not ignore {file}, so `git add` would commit its token: {fix}"]
    return []
