"""Tags, here and at origin. `git.Git` builds on it."""

from __future__ import annotations

import textwrap
from pathlib import Path

from .command import Program
from .errors import RecipeError, ServiceError


class Tags:
    """git in the clone `folder`."""

    folder: Path
    _git: Program
    _remote: Program

    def fetch_tags(self) -> None:
        """Fetch the tags from origin; those that the clone has stay as they are."""
        self._remote.read("fetch", "--quiet", "--tags", "origin", check=False)

    def remote_object(self, ref: str) -> str:
        """Return the object that a ref, whole, names at origin: a commit, or an annotated tag; nothing when there is none."""
        return self._remote.read("ls-remote", "origin", ref).stdout.split("\t")[0]

    def tagged(self, tag: str) -> dict[str, str]:
        """Return the message of an annotated tag, where it is: `here`, at `origin`; of a tag without annotation, nothing."""
        found = {}
        if self._git.read("rev-parse", "--verify", "--quiet", f"refs/tags/{tag}", check=False).status == 0:
            found["here"] = self._message(f"refs/tags/{tag}")
        if self.remote_object(f"refs/tags/{tag}"):
            self._remote.read("fetch", "--quiet", "--no-tags", "origin", f"refs/tags/{tag}")
            found["origin"] = self._message("FETCH_HEAD")
        return found

    def _message(self, name: str) -> str:
        annotated = self._git.read("cat-file", "-t", name).stdout.strip() == "tag"
        return self._git.read("cat-file", "-p", name).stdout.partition("\n\n")[2].strip() if annotated else ""

    def make_tag(self, tag: str, commit: str, message: str) -> None:
        """Make an annotated tag of a commit, and push it."""
        self._git.change("tag", "--annotate", "--no-sign", f"--message={message}", tag, commit)
        self._remote.change("push", "--quiet", "origin", f"refs/tags/{tag}")

    def delete_tag(self, tag: str) -> list[str]:
        """Delete a tag, and return where it was, `here` or `at origin`; of a dry run nothing. Raises ServiceError if it stays there."""
        name, by_hand = f"refs/tags/{tag}", f"to delete it by hand: git push origin --delete refs/tags/{tag}"
        here = self._git.change("tag", "--delete", tag, check=False)
        try:
            there = self._remote.change("push", "--quiet", "origin", "--delete", name, check=False)
            stays = not self._git.commands.dry and self.remote_object(name)
        except RecipeError as error:
            raise ServiceError(f"{tag} is perhaps still at origin ({error.what})", by_hand) from error
        if stays:
            raise ServiceError(f"{tag} is still at origin ({_reason(there.stderr)})", by_hand)
        return [where for where, done in {"here": here, "at origin": there}.items() if done.status == 0 and not self._git.commands.dry]


def _reason(said: str) -> str:
    """Return what the remote said, of what `git push` did."""
    lines = [line.removeprefix("remote:").strip() for line in said.splitlines() if line.startswith(("remote:", " ! ", "fatal:"))]
    return textwrap.shorten(", ".join(filter(None, lines)) or "git did not say why", 300)
