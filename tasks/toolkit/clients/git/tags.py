"""Tags, in the clone and at origin."""

from __future__ import annotations

import re
import textwrap

from ...core.errors import RecipeError, ServiceError
from ...core.versions import version_of_tag
from ..program import Program
from .cli import object_at_origin


class Tags:
    """The tags of a clone and of its origin."""

    def __init__(self, git: Program, remote: Program) -> None:
        self._git = git
        self._remote = remote

    def fetch(self) -> None:
        """Fetch new tags from origin; those that the clone has stay as they are."""
        self._remote.read("fetch", "--quiet", "--tags", "origin", check=False)

    def tag_of_version(self, version: str) -> str:
        """Return the tag at origin that names a version, or nothing.

        v1.7.0 is preferred to others such as chart-v1.7.0.
        """
        matching = [tag for tag in self._objects_at_origin() if version_of_tag(tag) == version]
        preferred = f"v{version}"
        if preferred in matching:
            return preferred
        return min(matching, default="")

    def origin_and_local(self, tag: str) -> tuple[str, str]:
        """Return the commits that a tag names at origin and here; nothing where it is missing.

        A tag that moved at origin stays as it is here: the user may want it.
        """
        ref = f"refs/tags/{tag}"
        local = self._resolve(f"{ref}^{{commit}}")
        if not object_at_origin(self._remote, ref):
            return "", local
        self._fetch_unnamed(ref)
        at_origin = self._git.read("rev-parse", "--verify", "FETCH_HEAD^{commit}").stdout.strip()
        return at_origin, local

    def messages(self, tag: str) -> dict[str, str]:
        """Return the message of a tag `here` and at `origin`, where it exists.

        The message of a tag without annotation is empty.
        """
        ref = f"refs/tags/{tag}"
        messages = {}
        if self._resolve(ref):
            messages["here"] = self._message(ref)
        if object_at_origin(self._remote, ref):
            self._fetch_unnamed(ref)
            messages["origin"] = self._message("FETCH_HEAD")
        return messages

    def with_message(self, message: str, pattern: str) -> set[str]:
        """Return the annotated tags, here and at origin, that match `pattern` and say `message`."""
        subjects = self._local_subjects()
        objects = self._objects_at_origin()
        annotated = {(tag, name) for tag, name in objects.items() if f"{tag}^{{}}" in objects}
        unknown = annotated - subjects.keys()
        new = [(tag, name) for tag, name in unknown if re.fullmatch(pattern, tag)]
        if new:
            refs = "".join(f"refs/tags/{tag}\n" for tag, _ in new)
            self._fetch_unnamed("--stdin", stdin=refs)
        for tag, name in new:
            subjects[tag, name] = self._message(name)
        found = {tag for (tag, _), subject in subjects.items() if subject == message}
        return {tag for tag in found if re.fullmatch(pattern, tag)}

    def create(
        self,
        tag: str,
        commit: str,
        message: str,
    ) -> bool:
        """Create an annotated tag and push it; return False if that was only planned."""
        self._git.change("tag", "--annotate", "--no-sign", f"--message={message}", tag, commit)
        return self._remote.change("push", "--quiet", "origin", f"refs/tags/{tag}") is not None

    def delete(self, tag: str) -> list[str]:
        """Delete a tag and return where it was: `here`, `at origin`; nothing if only planned.

        Raises ServiceError if the tag is still at origin.
        """
        places = []
        local = self._git.change("tag", "--delete", tag, check=False)
        if local and local.status == 0:
            places.append("here")
        if self._delete_at_origin(tag):
            places.append("at origin")
        return places

    def _delete_at_origin(self, tag: str) -> bool:
        """Delete a tag at origin; return whether it was there."""
        ref = f"refs/tags/{tag}"
        advice = f"to delete it by hand: git push origin --delete {ref}"
        try:
            # Asked first, since git also reports success for a tag that was never there.
            existed = object_at_origin(self._remote, ref)
            push = self._remote.change("push", "--quiet", "origin", "--delete", ref, check=False)
            if push is None:
                return False
            remaining = object_at_origin(self._remote, ref)
        except RecipeError as error:
            raise ServiceError(f"{tag} may still be at origin ({error.what})", advice) from error
        if remaining:
            raise ServiceError(f"{tag} is still at origin ({_reason(push.stderr)})", advice)
        return bool(existed)

    def _fetch_unnamed(self, *refs: str, stdin: str = "") -> None:
        """Fetch tags from origin without naming them in the clone."""
        self._remote.read("fetch", "--quiet", "--no-tags", "origin", *refs, stdin=stdin)

    def _objects_at_origin(self) -> dict[str, str]:
        """Return the objects of the tags at origin; `tag^{}` is what an annotated tag names."""
        listed = self._remote.read("ls-remote", "--tags", "origin").stdout
        pairs = [line.split("\trefs/tags/") for line in listed.split("\n") if line]
        return {tag: name for name, tag in pairs}

    def _local_subjects(self) -> dict[tuple[str, str], str]:
        """Return the subjects of the annotated tags here, by tag and object."""
        form = "--format=%(objecttype) %(objectname) %(refname:strip=2) %(subject)"
        listed = self._git.read("for-each-ref", form, "refs/tags").stdout
        tags = [line.split(" ", 3) for line in listed.split("\n") if line]
        return {(tag, name): subject for kind, name, tag, subject in tags if kind == "tag"}

    def _resolve(self, name: str) -> str:
        return self._git.read("rev-parse", "--verify", "--quiet", name, check=False).stdout.strip()

    def _message(self, name: str) -> str:
        if self._git.read("cat-file", "-t", name).stdout.strip() != "tag":
            return ""
        return self._git.read("cat-file", "-p", name).stdout.partition("\n\n")[2].strip()


def _reason(stderr: str) -> str:
    """Return why the remote rejected a push."""
    marks = ("remote:", " ! ", "fatal:")
    lines = [line.removeprefix("remote:") for line in stderr.splitlines() if line.startswith(marks)]
    reasons = [line.strip() for line in lines if line.strip()]
    return textwrap.shorten(", ".join(reasons) or "git gave no reason", 300)
