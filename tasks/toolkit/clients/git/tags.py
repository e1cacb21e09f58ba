"""Tags, here and at origin. `git.Git` builds on it."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from ...core.errors import RecipeError, ServiceError
from ...core.versions import version_of_tag
from ..process import Program


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
        found = (
            line.split("\t")
            for line in self._remote.read("ls-remote", "origin", ref).stdout.splitlines()
        )
        return next(
            (made for made, name in found if name == ref), ""
        )  # to ls-remote it is a pattern

    def tag_of(self, version: str) -> str:
        """Return the tag at origin that names a version, v1.7.0 before others such as chart-v1.7.0; nothing when there is none."""
        said = self._remote.read("ls-remote", "--refs", "--tags", "origin").stdout
        tags = [line.partition("\trefs/tags/")[2] for line in said.splitlines()]
        return min(
            (tag for tag in tags if version_of_tag(tag) == version),
            key=lambda tag: (tag != f"v{version}", tag),
            default="",
        )

    def ends(self, tag: str) -> tuple[str, str]:
        """Return the commit that a tag names at origin, and the one that it names here; nothing for where there is none.

        A tag that was moved at origin stays where it was in a clone, which its person may want; so theirs is fetched under no name.
        """
        here = self._git.read(
            "rev-parse", "--verify", "--quiet", f"refs/tags/{tag}^{{commit}}", check=False
        ).stdout.strip()
        if not self.remote_object(f"refs/tags/{tag}"):
            return "", here
        self._remote.read("fetch", "--quiet", "--no-tags", "origin", f"refs/tags/{tag}")
        return self._git.read("rev-parse", "--verify", "FETCH_HEAD^{commit}").stdout.strip(), here

    def tagged(self, tag: str) -> dict[str, str]:
        """Return the message of an annotated tag, where it is: `here`, at `origin`; of a tag without annotation, nothing."""
        found = {}
        if (
            self._git.read(
                "rev-parse", "--verify", "--quiet", f"refs/tags/{tag}", check=False
            ).status
            == 0
        ):
            found["here"] = self._message(f"refs/tags/{tag}")
        if self.remote_object(f"refs/tags/{tag}"):
            self._remote.read("fetch", "--quiet", "--no-tags", "origin", f"refs/tags/{tag}")
            found["origin"] = self._message("FETCH_HEAD")
        return found

    def tags_saying(self, message: str, pattern: str) -> set[str]:
        """Return the annotated tags, here and at origin, whose name fits `pattern` and whose message is that one line."""
        said = self._git.read(
            "for-each-ref",
            "--format=%(objecttype) %(objectname) %(refname:strip=2) %(subject)",
            "refs/tags",
        ).stdout
        lines = [line.split(" ", 3) for line in said.splitlines()]
        here = {
            (name, tag): subject
            for kind, tag, name, subject in lines
            if kind == "tag" and re.fullmatch(pattern, name)
        }
        listed = self._remote.read("ls-remote", "--tags", "origin").stdout.replace(
            "\trefs/tags/", " "
        )
        there = {name: tag for tag, name in (line.split(" ", 1) for line in listed.splitlines())}
        # What an annotated tag leads to is listed too, with a mark.
        new = {
            (name, tag)
            for name, tag in there.items()
            if f"{name}^{{}}" in there and re.fullmatch(pattern, name)
        } - here.keys()
        if new:
            refs = "".join(f"refs/tags/{name}\n" for name, _ in new)
            self._remote.read("fetch", "--quiet", "--no-tags", "--stdin", "origin", stdin=refs)
        return {name for (name, _), said in here.items() if said == message} | {
            name for name, tag in new if self._message(tag) == message
        }

    def _message(self, name: str) -> str:
        annotated = self._git.read("cat-file", "-t", name).stdout.strip() == "tag"
        return (
            self._git.read("cat-file", "-p", name).stdout.partition("\n\n")[2].strip()
            if annotated
            else ""
        )

    def make_tag(self, tag: str, commit: str, message: str) -> None:
        """Make an annotated tag of a commit, and push it."""
        self._git.change("tag", "--annotate", "--no-sign", f"--message={message}", tag, commit)
        self._remote.change("push", "--quiet", "origin", f"refs/tags/{tag}")

    def delete_tag(self, tag: str) -> list[str]:
        """Delete a tag, and return where it was, `here` or `at origin`; of a dry run nothing. Raises ServiceError if it stays there."""
        name, dry = f"refs/tags/{tag}", self._git.commands.dry
        by_hand = f"to delete it by hand: git push origin --delete {name}"
        here = self._git.change("tag", "--delete", tag, check=False)
        try:
            was = (
                "" if dry else self.remote_object(name)
            )  # git deletes with success what is not there
            there = self._remote.change("push", "--quiet", "origin", "--delete", name, check=False)
            stays = "" if dry else self.remote_object(name)
        except RecipeError as error:
            raise ServiceError(
                f"{tag} is perhaps still at origin ({error.what})", by_hand
            ) from error
        if stays:
            raise ServiceError(f"{tag} is still at origin ({_reason(there.stderr)})", by_hand)
        return ["here"] * (here.status == 0 and not dry) + ["at origin"] * bool(was)


def _reason(said: str) -> str:
    """Return what the remote said, of what `git push` did."""
    lines = [
        line.removeprefix("remote:").strip()
        for line in said.splitlines()
        if line.startswith(("remote:", " ! ", "fatal:"))
    ]
    return textwrap.shorten(", ".join(filter(None, lines)) or "git did not say why", 300)
