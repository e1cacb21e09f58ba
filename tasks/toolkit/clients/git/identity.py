"""Whose name the commits and tags of a job have: a runner of GitHub Actions has none by itself."""

from __future__ import annotations

from pathlib import Path

from ..process import ProcessRunner
from .cli import local_git

NAME = "github-actions[bot]"
EMAIL = f"41898282+{NAME}@users.noreply.github.com"
VARIABLES = {
    "GIT_AUTHOR_NAME": NAME,
    "GIT_AUTHOR_EMAIL": EMAIL,
    "GIT_COMMITTER_NAME": NAME,
    "GIT_COMMITTER_EMAIL": EMAIL,
}


def identify_job(runner: ProcessRunner, folder: Path) -> None:
    """Let git be the bot of Actions in a job that has set no name of its own."""
    if runner.environ.get("GITHUB_ACTIONS") != "true":
        return
    if not local_git(runner, folder).text("config", "user.email", check=False):
        runner.environ = {**VARIABLES, **runner.environ}
