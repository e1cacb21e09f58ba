"""Tags, here and at origin. `git.Git` builds on it."""

from __future__ import annotations

from pathlib import Path

from .command import Program


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

    def delete_tag(self, tag: str) -> None:
        """Delete a tag at origin and here; where it is gone already is no error."""
        self._remote.change("push", "--quiet", "origin", "--delete", f"refs/tags/{tag}", check=False)
        self._git.change("tag", "--delete", tag, check=False)
