"""Environments of a repository, whose reviewers approve jobs, and what runs have kept."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import RecipeError
from .gh import Gh

NO_ARTIFACT = ("no artifact matches", "no valid artifacts found")


class Environments:
    """The environments of the repository of `gh`."""

    def __init__(self, gh: Gh) -> None:
        self._gh = gh

    def has_reviewers(self, name: str) -> bool | None:
        """Return whether people approve the jobs of an environment; None if nobody may tell.

        https://docs.github.com/en/rest/deployments/environments
        """
        try:
            answer = self._gh.ask("api", f"repos/{self._gh.slug}/environments/{name}")
        except RecipeError as error:
            return False if "HTTP 404" in error.what else None
        rules = answer.get("protection_rules") or []
        return any(rule.get("type") == "required_reviewers" for rule in rules)


def download_artifact(gh: Gh, run: int, name: str, folder: Path) -> bool:
    """Put the files of a run's artifact into a folder; return False if there is none."""
    argv = ["run", "download", str(run), "--repo", gh.slug, "--name", name, "--dir", str(folder)]
    try:
        gh.program.read(*argv)
    except RecipeError as error:
        if any(text in error.what for text in NO_ARTIFACT):
            return False
        raise
    return True
